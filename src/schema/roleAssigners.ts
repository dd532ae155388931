/**
 * What a change leaves of the accesses that may assign roles, as a part of its statement: it is found where nobody else can
 * change that any more, whatever the statement saw before it had to wait. The migration says what counts.
 */
import { job } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { GuardRailHit } from '../failures.ts'

/** Whether an access is left that may assign roles: to the organization, and to the caller the one that it came with. */
export const assignersLeft = ['stays', 'last', 'own'] as const
export type AssignersLeft = (typeof assignersLeft)[number]

/** What kinds that ask for it add to their jobs, beside `today`: the permission by which an access may assign roles. */
export const assignersColumns = Prisma.sql`"assignPermission" text`

/** What goes: one of an assignment, all that an access holds, and all that a user's accesses do; ids in SQL. */
type Going = { readonly assignment: Prisma.Sql } | { readonly access: Prisma.Sql } | { readonly user: Prisma.Sql }

const nothing = Prisma.sql`NULL`

/**
 * What is left in the organization once that counts no more, an `AssignersLeft`: at once, or from an instant on, in SQL, where
 * infinity is never. Changes of who holds roles in an organization wait for each other here, so it stands in statements
 * with one job only.
 */
export function assignersAfter(organization: Prisma.Sql, going: Going, from = nothing): Prisma.Sql {
  const { assignment, access, user } = { assignment: nothing, access: nothing, user: nothing, ...going }
  return Prisma.sql`
    role_assigners_after(${job}."assignPermission", ${job}.at, ${job}.today, caller_access.id, ${organization},
      ${assignment}::integer, ${access}::integer, ${user}::uuid, ${from}::timestamptz)`
}

/** The same of every organization once the role, an id in SQL, has that permission no more. */
export function assignersWithout(role: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    role_assigners_without(${job}."assignPermission", ${job}.at, ${job}.today, caller_access.id, ${role})`
}

/** What makes the failure of a change that leaves no such access; null where it leaves one. */
export function withoutAssigners(left: AssignersLeft): (() => GuardRailHit) | null {
  switch (left) {
    case 'stays':
      return null
    case 'last':
      return () => new GuardRailHit('LAST_ROLE_ASSIGNER')
    case 'own':
      return () => new GuardRailHit('OWN_ROLE_ASSIGNER')
  }
}
