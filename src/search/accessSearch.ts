/** Which accesses a search finds. */
import { type AccessType, Prisma } from '../db/generated/prisma/client.ts'
import { accesses } from '../db/tables.ts'
import { integerIdOf, nameIdOf, uuidOf } from '../ids.ts'
import { all, containsText, given, idList, inRange, ofCustomer, type TimeRange } from './condition.ts'
import type { SearchRules } from './rules.ts'

export interface AccessSearch {
  readonly text?: string | null | undefined
  readonly ids?: readonly string[] | null | undefined
  readonly userId?: string | null | undefined
  readonly customerId?: number | null | undefined
  readonly types?: readonly AccessType[] | null | undefined
  readonly roleId?: string | null | undefined
  readonly permissionId?: string | null | undefined
  readonly twoFaEnabled?: boolean | null | undefined
  readonly createdAt?: TimeRange | null | undefined
  readonly lastLoginAt?: TimeRange | null | undefined
}

/** The condition on a row of `accesses`. Throws BAD_USER_INPUT where the search has a value that is not allowed. */
export function accessesMatching(search: AccessSearch | null | undefined, { mostRows }: SearchRules): Prisma.Sql {
  if (!search) return Prisma.sql`TRUE`
  const column = accesses.column
  return all([
    given(search.text, (text) => containsText('search.text', text, [column('name'), column('ssoId')])),
    given(
      search.ids,
      (ids) => Prisma.sql`${accesses.id} = ANY(${idList('search.ids', ids, integerIdOf, mostRows)}::integer[])`,
    ),
    given(search.userId, (userId) => Prisma.sql`${column('userId')} = ${uuidOf('search.userId', userId)}::uuid`),
    given(search.customerId, (customerId) => ofCustomer(customerId, column('organizationId'))),
    given(search.types, (types) => hasType(types)),
    given(
      search.roleId,
      (roleId) => Prisma.sql`EXISTS (
        SELECT FROM role_assignments
        WHERE role_assignments.access_id = accesses.id AND role_assignments.role_id = ${nameIdOf('search.roleId', roleId)})`,
    ),
    given(
      search.permissionId,
      (permissionId) => Prisma.sql`EXISTS (
        SELECT FROM role_assignments JOIN role_permissions ON role_permissions.role_id = role_assignments.role_id
        WHERE role_assignments.access_id = accesses.id
        AND role_permissions.permission_id = ${nameIdOf('search.permissionId', permissionId)})`,
    ),
    given(search.twoFaEnabled, (enabled) => Prisma.sql`${column('twoFaEnabled')} = ${enabled}`),
    given(search.createdAt, (range) => inRange('search.createdAt', range, column('createdAt'))),
    given(search.lastLoginAt, (range) => inRange('search.lastLoginAt', range, column('lastLoginAt'))),
  ])
}

/** The access has one of the types. */
export function hasType(types: readonly AccessType[]): Prisma.Sql {
  return Prisma.sql`${accesses.column('type')} = ANY(${[...types]}::access_type[])`
}
