/** Which users a search finds. */
import { isOverSql } from '../auth/expiry.ts'
import { type AccessType, type Language, Prisma } from '../db/generated/prisma/client.ts'
import { users } from '../db/tables.ts'
import { nameIdOf, uuidOf } from '../ids.ts'
import { all, containsText, given, idList, inRange, ofCustomer, searchText, type TimeRange } from './condition.ts'
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
export function usersMatching(search: UserSearch | null | undefined, { now, mostRows }: SearchRules): Prisma.Sql {
  if (!search) return Prisma.sql`TRUE`
  const column = users.column
  const ownAccess = Prisma.sql`accesses.organization_id = users.organization_id AND accesses.user_id = users.id`
  return all([
    given(search.text, (text) =>
      containsText('search.text', text, [column('firstname'), column('lastname'), column('email'), column('phone')]),
    ),
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
    given(
      search.roleId,
      (roleId) => Prisma.sql`EXISTS (
        SELECT FROM accesses JOIN role_assignments ON role_assignments.access_id = accesses.id
        WHERE ${ownAccess} AND role_assignments.role_id = ${nameIdOf('search.roleId', roleId)})`,
    ),
    given(
      search.permissionId,
      (permissionId) => Prisma.sql`EXISTS (
        SELECT FROM accesses JOIN role_assignments ON role_assignments.access_id = accesses.id
        JOIN role_permissions ON role_permissions.role_id = role_assignments.role_id
        WHERE ${ownAccess} AND role_permissions.permission_id = ${nameIdOf('search.permissionId', permissionId)})`,
    ),
    given(
      search.accessType,
      (type) => Prisma.sql`EXISTS (SELECT FROM accesses WHERE ${ownAccess} AND accesses.type = ${type}::access_type)`,
    ),
    given(search.createdAt, (range) => inRange('search.createdAt', range, column('createdAt'))),
    given(search.lastLoginAt, (range) =>
      inRange(
        'search.lastLoginAt',
        range,
        Prisma.sql`(SELECT max(accesses.last_login_at) FROM accesses WHERE ${ownAccess})`,
      ),
    ),
  ])
}
