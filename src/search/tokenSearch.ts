/** Which tokens a search finds, and what a token's status is: the one rule, in SQL and in code. */
import { Prisma, type Token } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { integerIdOf, uuidOf } from '../ids.ts'
import { all, containsText, given, idList, inRange, type TimeRange } from './condition.ts'
import type { SearchRules } from './rules.ts'

/** Every status, in the order of precedence: the first that applies is the token's. */
export const tokenStatuses = ['REVOKED', 'EXPIRED', 'DEACTIVATED', 'ACTIVE'] as const

export type TokenStatus = (typeof tokenStatuses)[number]

export interface TokenSearch {
  readonly text?: string | null | undefined
  readonly ids?: readonly string[] | null | undefined
  readonly userId?: string | null | undefined
  readonly accessId?: string | null | undefined
  readonly status?: readonly TokenStatus[] | null | undefined
  readonly expiresAt?: TimeRange | null | undefined
  readonly lastUsedAt?: TimeRange | null | undefined
}

/** The token's status at the instant. */
export function statusOf(token: Pick<Token, 'revokedAt' | 'expiresAt' | 'deactivated'>, now: Date): TokenStatus {
  if (token.revokedAt !== null) return 'REVOKED'
  if (token.expiresAt <= now) return 'EXPIRED'
  return token.deactivated ? 'DEACTIVATED' : 'ACTIVE'
}

/** The condition on a row of `tokens`. Throws BAD_USER_INPUT where the search has a value that is not allowed. */
export function tokensMatching(search: TokenSearch | null | undefined, { clock, mostRows }: SearchRules): Prisma.Sql {
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
    given(search.status, (statuses) => hasStatus(statuses, clock())),
    given(search.expiresAt, (range) => inRange('search.expiresAt', range, column('expiresAt'))),
    given(search.lastUsedAt, (range) => inRange('search.lastUsedAt', range, column('lastUsedAt'))),
  ])
}

/** `statusOf` as a condition. */
function hasStatus(statuses: readonly TokenStatus[], now: Date): Prisma.Sql {
  const column = tokens.column
  return Prisma.sql`CASE
    WHEN ${column('revokedAt')} IS NOT NULL THEN 'REVOKED'
    WHEN ${column('expiresAt')} <= ${now} THEN 'EXPIRED'
    WHEN ${column('deactivated')} THEN 'DEACTIVATED'
    ELSE 'ACTIVE' END = ANY(${[...statuses]}::text[])`
}
