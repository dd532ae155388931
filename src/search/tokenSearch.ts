/** Which tokens a search finds. */
import { isOverSql } from '../auth/expiry.ts'
import { hasStatus, type TokenStatus } from '../auth/token.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { tokens, users } from '../db/tables.ts'
import { integerIdOf, uuidOf } from '../ids.ts'
import { all, containsText, given, idList, inRange, type TimeRange } from './condition.ts'
import type { SearchRules } from './rules.ts'

export interface TokenSearch {
  readonly text?: string | null | undefined
  readonly ids?: readonly string[] | null | undefined
  readonly userId?: string | null | undefined
  readonly accessId?: string | null | undefined
  readonly status?: readonly TokenStatus[] | null | undefined
  readonly expiresAt?: TimeRange | null | undefined
  readonly lastUsedAt?: TimeRange | null | undefined
}

/** The condition on a row of `tokens`. Throws BAD_USER_INPUT where the search has a value that is not allowed. */
export function tokensMatching(search: TokenSearch | null | undefined, { now, mostRows }: SearchRules): Prisma.Sql {
  if (!search) return Prisma.sql`TRUE`
  const column = tokens.column
  return all([
    given(search.text, (text) => containsText('search.text', text, [column('name')])),
    given(
      search.ids,
      (ids) => Prisma.sql`${tokens.id} = ANY(${idList('search.ids', ids, integerIdOf, mostRows)}::integer[])`,
    ),
    given(
      search.userId,
      (userId) => Prisma.sql`EXISTS (
        SELECT FROM accesses WHERE accesses.id = ${column('accessId')}
        AND accesses.user_id = ${uuidOf('search.userId', userId)}::uuid)`,
    ),
    given(
      search.accessId,
      (accessId) => Prisma.sql`${column('accessId')} = ${integerIdOf('search.accessId', accessId)}`,
    ),
    given(search.status, (statuses) => isOneOf(statuses, now)),
    given(search.expiresAt, (range) => inRange('search.expiresAt', range, column('expiresAt'))),
    given(search.lastUsedAt, (range) => inRange('search.lastUsedAt', range, column('lastUsedAt'))),
  ])
}

/** The token has one of the statuses. */
function isOneOf(statuses: readonly TokenStatus[], now: Date): Prisma.Sql {
  const columns = {
    revokedAt: tokens.column('revokedAt'),
    expiresAt: tokens.column('expiresAt'),
    deactivated: tokens.column('deactivated'),
    userIsOver: Prisma.sql`EXISTS (
      SELECT FROM accesses JOIN users ON users.id = accesses.user_id
      WHERE accesses.id = ${tokens.column('accessId')} AND ${isOverSql(users.column('expiresAt'), now)})`,
  }
  return hasStatus(statuses, columns, now)
}
