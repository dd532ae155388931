/** Which tokens a search finds. */
import { isOverSql } from '../auth/expiry.ts'
import { hasStatus, type TokenStatus, type TokenTime } from '../auth/token.ts'
import { all, anything } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { everyAccess, searchTextOf, tokens, users } from '../db/tables.ts'
import { integerIdOf, uuidOf } from '../ids.ts'
import { containsText, given, idList, inRange, type TimeRange } from './condition.ts'
import type { SearchRules } from './rules.ts'

export interface TokenSearch {
  readonly text?: string | null | undefined
  readonly ids?: readonly string[] | null | undefined
  readonly userId?: string | null | undefined
  readonly accessId?: string | null | undefined
  readonly status?: readonly TokenStatus[] | null | undefined
  readonly expiresAt?: TimeRange | null | undefined
  readonly endsAt?: TimeRange | null | undefined
  readonly lastUsedAt?: TimeRange | null | undefined
}

/** The condition on a row of `tokens`. Throws BAD_USER_INPUT where the search has a value that is not allowed. */
export function tokensMatching(
  search: TokenSearch | null | undefined,
  { tokenTime, tokenIdleLifetime, mostRows, counted }: SearchRules,
): Prisma.Sql {
  if (!search) return anything
  const column = tokens.column
  return all([
    given(search.text, (text) => containsText('search.text', text, searchTextOf(tokens), counted)),
    given(
      search.ids,
      (ids) => Prisma.sql`${tokens.id} = ANY(${idList('search.ids', ids, integerIdOf, mostRows)}::integer[])`,
    ),
    given(
      search.userId,
      (userId) => Prisma.sql`EXISTS (
        SELECT FROM ${everyAccess.name} WHERE accesses.id = ${column('accessId')}
        AND accesses.user_id = ${uuidOf('search.userId', userId)}::uuid)`,
    ),
    given(
      search.accessId,
      (accessId) => Prisma.sql`${column('accessId')} = ${integerIdOf('search.accessId', accessId)}`,
    ),
    given(search.status, (statuses) => isOneOf(statuses, tokenTime, counted)),
    given(search.expiresAt, (range) => inRange('search.expiresAt', range, column('expiresAt'))),
    given(search.endsAt, (range) => endsIn(range, tokenIdleLifetime, endsNotBefore(search.status, tokenTime))),
    given(search.lastUsedAt, (range) => inRange('search.lastUsedAt', range, column('lastUsedAt'))),
  ])
}

/**
 * By its end or by not being used, what comes first: each along its index. `since` is when all that is looked for ends at the
 * earliest, where the rest of the search says so. Each alternative has both bounds of its index and nothing of the other, so that
 * the planner knows how little lies between them: what both had, it would take out. Throws BAD_USER_INPUT as `inRange` does.
 */
function endsIn({ from, to }: TimeRange, idleLifetime: number | null, since: Date | undefined): Prisma.Sql {
  const within = (column: Prisma.Sql, lifetime: number, end?: Date | null) => {
    const begun = (instant: Date | null | undefined) => instant && new Date(instant.getTime() - lifetime * 1_000)
    const range = inRange('search.endsAt', { from: begun(from), to: begun(end) }, column)
    return all([range, inRange('search.endsAt', { from: begun(since) }, column)])
  }
  const [expiresAt, idleSince] = [tokens.column('expiresAt'), tokens.column('idleSince')]
  if (idleLifetime === null) return within(expiresAt, 0, to)
  const notBefore = all([within(expiresAt, 0), within(idleSince, idleLifetime)])
  if (!to) return notBefore
  return all([Prisma.sql`(${within(expiresAt, 0, to)} OR ${within(idleSince, idleLifetime, to)})`, notBefore])
}

/** When what has one of the statuses ends at the earliest; undefined: at any time. */
function endsNotBefore(statuses: TokenSearch['status'], { now }: TokenTime): Date | undefined {
  return statuses?.every((status) => status === 'ACTIVE' || status === 'DEACTIVATED') ? now : undefined
}

/** The token has one of the statuses. */
function isOneOf(statuses: readonly TokenStatus[], time: TokenTime, counted = false): Prisma.Sql {
  const columns = {
    revokedAt: tokens.column('revokedAt'),
    expiresAt: tokens.column('expiresAt'),
    idleSince: tokens.column('idleSince'),
    deactivated: tokens.column('deactivated'),
    userIsOver: counted ? isOfUserThatIsOver(time.now) : userOfItIsOver(time.now),
  }
  return hasStatus(statuses, columns, time)
}

/** The token's user is over: for counting, where all that are over are best found first. */
function isOfUserThatIsOver(now: Date): Prisma.Sql {
  return Prisma.sql`${tokens.column('accessId')} IN (
    SELECT accesses.id FROM users JOIN accesses ON accesses.user_id = users.id
    WHERE ${isOverSql(users.column('expiresAt'), now)})`
}

/** The same for a page, which few users are looked at for: the planner keeps a sub-select of one value as it is. */
function userOfItIsOver(now: Date): Prisma.Sql {
  return Prisma.sql`(
    SELECT ${isOverSql(users.column('expiresAt'), now)} FROM accesses JOIN users ON users.id = accesses.user_id
    WHERE accesses.id = ${tokens.column('accessId')})`
}
