/** Why and when a token stops: one rule, in code and in SQL. It is decided at each instant, and no job writes it down. */
import { Prisma } from '../db/generated/prisma/client.ts'
import { isOver } from './expiry.ts'

/** Every status, in the order of precedence: the first that applies is the token's. */
export const tokenStatuses = ['REVOKED', 'EXPIRED', 'DEACTIVATED', 'ACTIVE'] as const

export type TokenStatus = (typeof tokenStatuses)[number]

/** What a token can be stopped by, in the order of precedence, and the status that it has then. */
const statusOfStop = {
  REVOKED: 'REVOKED',
  EXPIRED: 'EXPIRED',
  USER_EXPIRED: 'EXPIRED',
  UNUSED: 'EXPIRED',
  DEACTIVATED: 'DEACTIVATED',
} as const satisfies Record<string, TokenStatus>

export type TokenStop = keyof typeof statusOfStop

/** What the status of a token depends on. */
export interface TokenState {
  readonly revokedAt: Date | null
  readonly expiresAt: Date
  /** When it was last used, or else issued or switched off or on: the latest of them. */
  readonly idleSince: Date
  readonly deactivated: boolean
}

/** What the status of tokens is told by. */
export interface TokenTime {
  readonly now: Date
  /** Tokens that have been unused since then have stopped; null: none stops by that. */
  readonly idleBefore: Date | null
}

/** The instant as tokens have it that stop when they are unused for so many seconds; null: they never do by that. */
export function tokenTime(now: Date, idleLifetime: number | null): TokenTime {
  return { now, idleBefore: idleLifetime === null ? null : new Date(now.getTime() - idleLifetime * 1_000) }
}

/** Whether the token has been unused for too long. */
export function isUnused({ idleSince }: Pick<TokenState, 'idleSince'>, { idleBefore }: TokenTime): boolean {
  return idleBefore !== null && idleSince <= idleBefore
}

/** The same as a condition; `idleBefore` is of that type, and null as there. */
export function isUnusedSql(idleSince: Prisma.Sql, idleBefore: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${idleBefore} IS NOT NULL AND ${idleSince} <= ${idleBefore})`
}

/** What the token is stopped by at the instant; null where it works. With its user's last day, its time is over as well. */
export function stopOf(
  token: TokenState,
  user: { readonly expiresAt: Date | null },
  time: TokenTime,
): TokenStop | null {
  const { revokedAt, expiresAt, deactivated } = token
  const { now } = time
  if (revokedAt !== null) return 'REVOKED'
  if (expiresAt <= now) return 'EXPIRED'
  if (isOver(user.expiresAt, now)) return 'USER_EXPIRED'
  if (isUnused(token, time)) return 'UNUSED'
  return deactivated ? 'DEACTIVATED' : null
}

/** The token's status at the instant. */
export function statusOf(token: TokenState, user: { readonly expiresAt: Date | null }, time: TokenTime): TokenStatus {
  const stop = stopOf(token, user, time)
  return stop === null ? 'ACTIVE' : statusOfStop[stop]
}

/** When it stops by not being used, where nobody uses it from now on; null: it does not by that. */
export function idleEndOf({ idleSince }: Pick<TokenState, 'idleSince'>, idleLifetime: number | null): Date | null {
  return idleLifetime === null ? null : new Date(idleSince.getTime() + idleLifetime * 1_000)
}

/** When its time is over, or it stops by not being used: what comes first. */
export function endOfToken(token: Pick<TokenState, 'expiresAt' | 'idleSince'>, idleLifetime: number | null): Date {
  const idleEnd = idleEndOf(token, idleLifetime)
  return idleEnd !== null && idleEnd < token.expiresAt ? idleEnd : token.expiresAt
}

/** The columns of `TokenState`, and whether the token's user is over, as conditions of a statement. */
export interface TokenColumns {
  readonly revokedAt: Prisma.Sql
  readonly expiresAt: Prisma.Sql
  readonly idleSince: Prisma.Sql
  readonly deactivated: Prisma.Sql
  readonly userIsOver: Prisma.Sql
}

/** `endOfToken` in SQL. */
export function endOfTokenSql(
  { expiresAt, idleSince }: Pick<TokenColumns, 'expiresAt' | 'idleSince'>,
  idleLifetime: number | null,
): Prisma.Sql {
  if (idleLifetime === null) return expiresAt
  return Prisma.sql`least(${expiresAt}, ${idleSince} + ${idleLifetime}::integer * interval '1 second')`
}

/** `statusOf` as a condition: the token has one of the statuses at the instant. */
export function hasStatus(
  statuses: readonly TokenStatus[],
  columns: TokenColumns,
  { now, idleBefore }: TokenTime,
): Prisma.Sql {
  const { revokedAt, expiresAt, idleSince, deactivated, userIsOver } = columns
  const [revoked, expired, off, active] = tokenStatuses.map((status) => statuses.includes(status))
  const isUnrevoked = Prisma.sql`${revokedAt} IS NULL`
  // Where it can't be so, nothing is said of it.
  const isIdle = idleBefore && isUnusedSql(idleSince, Prisma.sql`${idleBefore}::timestamptz`)
  const isOver =
    isIdle === null ? Prisma.sql`${expiresAt} <= ${now}` : Prisma.sql`(${expiresAt} <= ${now} OR ${isIdle})`
  const isLeft = Prisma.sql`${isUnrevoked} AND NOT ${isOver} AND NOT ${userIsOver}`
  // What needs no look at the token's user is not said of it.
  const parts: Prisma.Sql[] = []
  if (revoked) parts.push(Prisma.sql`${revokedAt} IS NOT NULL`)
  if (expired && off && active) parts.push(isUnrevoked)
  else {
    if (expired) parts.push(Prisma.sql`${isUnrevoked} AND (${isOver} OR ${userIsOver})`)
    if (off && active) parts.push(isLeft)
    else if (off) parts.push(Prisma.sql`${isLeft} AND ${deactivated}`)
    else if (active) parts.push(Prisma.sql`${isLeft} AND NOT ${deactivated}`)
  }
  return parts.length === 0 ? Prisma.sql`FALSE` : Prisma.sql`(${Prisma.join(parts, ' OR ')})`
}
