/**
 * Fields that say how they are resolved for many parents at once, beside how they are for one. Both give the same; the
 * first spares a promise for each parent. It stands in `extensions.resolveAll`.
 */
import type { GraphQLField } from 'graphql'
import { hasEnded } from '../auth/expiry.ts'
import type { Context } from '../context.ts'
import { type Catalogue, emptyCatalogue } from '../db/catalogue.ts'
import type { Access, RoleAssignment } from '../db/generated/prisma/client.ts'
import { assignmentsOfAccess } from '../links/graph.ts'
import type { OneLink } from '../links/link.ts'
import { must } from './must.ts'

/** The values of a field, one for each parent, in their order. */
export type ResolveAll<From, Value> = (
  parents: readonly From[],
  args: never,
  context: Context,
) => Promise<readonly Value[]>

/** How the field is resolved for many parents at once; undefined where it says nothing of it. */
export function resolvesAll({ extensions }: GraphQLField<unknown, unknown>): ResolveAll<unknown, unknown> | undefined {
  return extensions.resolveAll as ResolveAll<unknown, unknown> | undefined
}

/** The options of a field that is made of the roles that an access holds: what has ended is not among the assignments. */
export function fromAssignments<Value>(make: (assignments: readonly RoleAssignment[], catalogue: Catalogue) => Value) {
  const resolveAll: ResolveAll<Access, Value> = async (accesses, _, { loaders, now }) => {
    const lists = (await loaders.lists(assignmentsOfAccess, accesses)).map((all) => validAt(now, all))
    // The catalogue is looked at where something leads to it only.
    const catalogue = lists.some(isFilled) ? await loaders.catalogue() : emptyCatalogue
    return lists.map((assignments) => make(assignments, catalogue))
  }
  return {
    extensions: { link: assignmentsOfAccess, resolveAll },
    resolve: async (access: Access, _: object, { loaders, now }: Context): Promise<Value> => {
      const assignments = validAt(now, await loaders.list(assignmentsOfAccess, access))
      return make(assignments, isFilled(assignments) ? await loaders.catalogue() : emptyCatalogue)
    },
  }
}

/** The same list where none has ended, as is nearly always so. */
function validAt(now: Date, assignments: readonly RoleAssignment[]): readonly RoleAssignment[] {
  const ended = ({ validUntil }: RoleAssignment) => hasEnded(validUntil, now)
  return assignments.some(ended) ? assignments.filter((assignment) => !ended(assignment)) : assignments
}

function isFilled(list: readonly unknown[]): boolean {
  return list.length > 0
}

/** The options of a field that is made of the row that a link leads to, which a foreign key guarantees. */
export function fromRow<From extends object, To extends object, Value>(
  link: OneLink<From, To>,
  make: (row: To) => Value,
) {
  const resolveAll: ResolveAll<From, Value> = async (parents, _, { loaders }) =>
    (await loaders.ones(link, parents)).map((row) => make(must(row, link.name)))
  return {
    extensions: { link, resolveAll },
    resolve: async (parent: object, _: object, { loaders }: Context): Promise<Value> =>
      make(must(await loaders.one(link, parent as From), link.name)),
  }
}
