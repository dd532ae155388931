/** What a token's status is: one rule, in code and in SQL. */
import { Prisma } from '../db/generated/prisma/client.ts'
import { isOver } from './expiry.ts'

/** Every status, in the order of precedence: the first that applies is the token's. */
export const tokenStatuses = ['REVOKED', 'EXPIRED', 'DEACTIVATED', 'ACTIVE'] as const

export type TokenStatus = (typeof tokenStatuses)[number]

/** What the status of a token depends on. */
export interface TokenState {
  readonly revokedAt: Date | null
  readonly expiresAt: Date
  readonly deactivated: boolean
}

/** The token's status at the instant. With its user's last day, the token's time is over as well. */
export function statusOf(
  { revokedAt, expiresAt, deactivated }: TokenState,
  user: { readonly expiresAt: Date | null },
  now: Date,
): TokenStatus {
  if (revokedAt !== null) return 'REVOKED'
  if (expiresAt <= now || isOver(user.expiresAt, now)) return 'EXPIRED'
  return deactivated ? 'DEACTIVATED' : 'ACTIVE'
}

/** The columns of `TokenState`, and whether the token's user is over, as conditions of a statement. */
export interface TokenColumns {
  readonly revokedAt: Prisma.Sql
  readonly expiresAt: Prisma.Sql
  readonly deactivated: Prisma.Sql
  readonly userIsOver: Prisma.Sql
}

/** `statusOf` as a condition: the token has one of the statuses at the instant. */
export function hasStatus(statuses: readonly TokenStatus[], columns: TokenColumns, now: Date): Prisma.Sql {
  const { revokedAt, expiresAt, deactivated, userIsOver } = columns
  const [revoked, expired, off, active] = tokenStatuses.map((status) => statuses.includes(status))
  const isUnrevoked = Prisma.sql`${revokedAt} IS NULL`
  const isLeft = Prisma.sql`${isUnrevoked} AND ${expiresAt} > ${now} AND NOT ${userIsOver}`
  // What needs no look at the token's user is not said of it.
  const parts: Prisma.Sql[] = []
  if (revoked) parts.push(Prisma.sql`${revokedAt} IS NOT NULL`)
  if (expired && off && active) parts.push(isUnrevoked)
  else {
    if (expired) parts.push(Prisma.sql`${isUnrevoked} AND (${expiresAt} <= ${now} OR ${userIsOver})`)
    if (off && active) parts.push(isLeft)
    else if (off) parts.push(Prisma.sql`${isLeft} AND ${deactivated}`)
    else if (active) parts.push(Prisma.sql`${isLeft} AND NOT ${deactivated}`)
  }
  return parts.length === 0 ? Prisma.sql`FALSE` : Prisma.sql`(${Prisma.join(parts, ' OR ')})`
}
