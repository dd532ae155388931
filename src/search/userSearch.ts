/** Which users a search finds. */
import { isOverSql, isValidSql } from '../auth/expiry.ts'
import { all, anything, isAnything } from '../db/conditions.ts'
import { type AccessType, type Language, Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments, searchTextOf, users } from '../db/tables.ts'
import { nameIdOf, uuidOf } from '../ids.ts'
import { containsText, given, idList, inRange, ofCustomer, searchText, type TimeRange } from './condition.ts'
import { RolesHolding } from './rolesHolding.ts'
import type { SearchRules } from './rules.ts'

export interface UserSearch {
  readonly text?: string | null | undefined
  readonly ids?: readonly string[] | null | undefined
  readonly email?: string | null | undefined
  readonly customerId?: number | null | undefined
  readonly language?: Language | null | undefined
  readonly expired?: boolean | null | undefined
  readonly roleId?: string | null | undefined
  readonly permissionId?: string | null | undefined
  readonly accessType?: AccessType | null | undefined
  readonly createdAt?: TimeRange | null | undefined
  readonly lastLoginAt?: TimeRange | null | undefined
}

/** The condition on a row of `users`. Throws BAD_USER_INPUT where the search has a value that is not allowed. */
export function usersMatching(
  search: UserSearch | null | undefined,
  { now, mostRows, counted }: SearchRules,
): Prisma.Sql {
  if (!search) return anything
  const column = users.column
  return all([
    given(search.text, (text) => containsText('search.text', text, searchTextOf(users), counted)),
    given(search.ids, (ids) => Prisma.sql`${users.id} = ANY(${idList('search.ids', ids, uuidOf, mostRows)}::uuid[])`),
    // The parameter has the database's collation by itself, the column its own.
    given(
      search.email,
      (email) =>
        Prisma.sql`lower(${column('email')}) = lower(${searchText('search.email', email)}::text COLLATE "und-x-icu")`,
    ),
    given(search.customerId, (customerId) => ofCustomer(customerId, column('organizationId'))),
    given(search.language, (language) => Prisma.sql`${column('language')} = ${language}::language`),
    given(search.expired, (expired) => {
      const isExpired = isOverSql(column('expiresAt'), now)
      return expired ? isExpired : Prisma.sql`NOT ${isExpired}`
    }),
    given(search.roleId, (roleId) => holds(Prisma.sql`= ${nameIdOf('search.roleId', roleId)}`, now)),
    given(search.permissionId, (permissionId) =>
      holds(Prisma.sql`= ANY(${new RolesHolding(nameIdOf('search.permissionId', permissionId))}::text[])`, now),
    ),
    given(search.accessType, (type) => hasAccess(Prisma.sql`${accesses.column('type')} = ${type}::access_type`)),
    given(search.createdAt, (range) => inRange('search.createdAt', range, column('createdAt'))),
    given(search.lastLoginAt, (range) => lastLoginIn('search.lastLoginAt', range)),
  ])
}

/** The user has an access that meets the condition. */
function hasAccess(condition: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT FROM accesses WHERE ${isOwnAccess} AND ${condition})`
}

const isOwnAccess = Prisma.sql`accesses.organization_id = users.organization_id AND accesses.user_id = users.id`

/** Some access of the user holds a role whose id is as said. */
function holds(role: Prisma.Sql, now: Date): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT FROM accesses JOIN role_assignments ON role_assignments.access_id = accesses.id
      AND role_assignments.organization_id = accesses.organization_id
    WHERE ${isOwnAccess} AND role_assignments.role_id ${role}
      AND ${isValidSql(roleAssignments.column('validUntil'), now)})`
}

/** The latest login over all accesses is in the range: one is, and none is later. Throws as `inRange` does. */
function lastLoginIn(argument: string, range: TimeRange): Prisma.Sql {
  const login = accesses.column('lastLoginAt')
  const isWithin = inRange(argument, range, login)
  if (isAnything(isWithin)) return anything
  const { to } = range
  return all([hasAccess(isWithin), given(to, (end) => Prisma.sql`NOT ${hasAccess(Prisma.sql`${login} >= ${end}`)}`)])
}
