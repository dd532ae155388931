/** Which accesses a search finds. */
import { isValidSql } from '../auth/expiry.ts'
import { all, anything } from '../db/conditions.ts'
import { type AccessType, Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments, searchTextOf } from '../db/tables.ts'
import { integerIdOf, nameIdOf, uuidOf } from '../ids.ts'
import { containsText, given, idList, inRange, isOneOf, ofCustomer, type TimeRange } from './condition.ts'
import { RolesHolding } from './rolesHolding.ts'
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
export function accessesMatching(
  search: AccessSearch | null | undefined,
  { mostRows, counted, now }: SearchRules,
): Prisma.Sql {
  if (!search) return anything
  const column = accesses.column
  return all([
    given(search.text, (text) => containsText('search.text', text, searchTextOf(accesses), counted)),
    given(
      search.ids,
      (ids) => Prisma.sql`${accesses.id} = ANY(${idList('search.ids', ids, integerIdOf, mostRows)}::integer[])`,
    ),
    given(search.userId, (userId) => Prisma.sql`${column('userId')} = ${uuidOf('search.userId', userId)}::uuid`),
    given(search.customerId, (customerId) => ofCustomer(customerId, column('organizationId'))),
    given(search.types, (types) => hasType(types)),
    given(search.roleId, (roleId) => holds(Prisma.sql`= ${nameIdOf('search.roleId', roleId)}`, now)),
    given(search.permissionId, (permissionId) =>
      holds(Prisma.sql`= ANY(${new RolesHolding(nameIdOf('search.permissionId', permissionId))}::text[])`, now),
    ),
    given(search.twoFaEnabled, (enabled) => Prisma.sql`${column('twoFaEnabled')} = ${enabled}`),
    given(search.createdAt, (range) => inRange('search.createdAt', range, column('createdAt'))),
    given(search.lastLoginAt, (range) => inRange('search.lastLoginAt', range, column('lastLoginAt'))),
  ])
}

/** The access has one of the types. */
export function hasType(types: readonly AccessType[]): Prisma.Sql {
  return isOneOf(accesses.column('type'), types, accesses.typeOf('type'))
}

/** The access holds a role whose id is as said. */
function holds(role: Prisma.Sql, now: Date): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT FROM role_assignments
    WHERE role_assignments.organization_id = accesses.organization_id AND role_assignments.access_id = accesses.id
    AND role_assignments.role_id ${role} AND ${isValidSql(roleAssignments.column('validUntil'), now)})`
}
