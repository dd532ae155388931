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
    given(search.endsAt, (range) => endsIn(range, tokenIdleLifetime)),
    given(search.lastUsedAt, (range) => inRange('search.lastUsedAt', range, column('lastUsedAt'))),
  ])
}

/** By its end or by not being used, what comes first: each along its index. Throws BAD_USER_INPUT as `inRange` does. */
function endsIn({ from, to }: TimeRange, idleLifetime: number | null): Prisma.Sql {
  const [expiresAt, idleSince] = [tokens.column('expiresAt'), tokens.column('idleSince')]
  const expires = inRange('search.endsAt', { from, to }, expiresAt)
  if (idleLifetime === null) return expires
  const earlier = (instant: Date | null | undefined) => instant && new Date(instant.getTime() - idleLifetime * 1_000)
  const idles = inRange('search.endsAt', { from: earlier(from), to: earlier(to) }, idleSince)
  const notBefore = all([
    inRange('search.endsAt', { from }, expiresAt),
    inRange('search.endsAt', { from: earlier(from) }, idleSince),
  ])
  if (!to) return notBefore
  return Prisma.sql`(${all([expires, notBefore])} OR ${all([idles, notBefore])})`
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
