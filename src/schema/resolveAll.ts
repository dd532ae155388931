/**
 * Fields that say how they are resolved for many parents at once, beside how they are for one. Both give the same; the
 * first spares a promise for each parent. It stands in `extensions.resolveAll`.
 */
import type { GraphQLField, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../context.ts'
import { type Catalogue, emptyCatalogue } from '../db/catalogue.ts'
import { type HoldingRow, heldSet } from '../db/heldRoles.ts'
import type { OneLink } from '../links/link.ts'
import { must } from './must.ts'

/** The values of a field, one for each parent, in their order. */
export type ResolveAll<From, Value> = (
  parents: readonly From[],
  args: never,
  context: Context,
  info: ResolvedField,
) => readonly Value[] | Promise<readonly Value[]>

/** What it is told of the field. */
export type ResolvedField = Pick<GraphQLResolveInfo, 'fieldNodes' | 'path'>

/** How the field is resolved for many parents at once; undefined where it says nothing of it. */
export function resolvesAll({ extensions }: GraphQLField<unknown, unknown>): ResolveAll<unknown, unknown> | undefined {
  return extensions.resolveAll as ResolveAll<unknown, unknown> | undefined
}

/** The options of a field that is made of the roles that an access holds: of the set of those that have not ended. */
export function fromHeldRoles<Value>(make: (set: string, catalogue: Catalogue) => Value) {
  const resolveAll: ResolveAll<HoldingRow, Value> = (accesses, _, { loaders, now }) => {
    const held = accesses.map(({ heldRoles }) => heldRoles)
    const madeOf = (catalogue: Catalogue) => held.map((roles) => make(heldSet(roles, now), catalogue))
    // The catalogue is looked at where something leads to it only.
    const leading = accesses.filter((_access, index) => held[index] !== null)
    if (leading.length === 0) return madeOf(emptyCatalogue)
    const catalogue = loaders.catalogueOf(leading)
    return catalogue instanceof Promise ? catalogue.then(madeOf) : madeOf(catalogue)
  }
  return {
    extensions: { resolveAll },
    reads: [{ model: 'Access', members: ['heldRoles'] }],
    resolve: async (access: object, args: object, context: Context, info: GraphQLResolveInfo): Promise<Value> => {
      const [value] = await resolveAll([access as HoldingRow], args as never, context, info)
      return value as Value
    },
  }
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
