/**
 * When the time of something is over: a user's after the last day, in UTC, on which the user works, an assignment's at the
 * instant until which it is valid. Two rules, each in code and in SQL.
 */
import { Prisma } from '../db/generated/prisma/client.ts'

/** Whether the last day is over; null is no end. */
export function isOver(lastDay: Date | null, now: Date): boolean {
  return lastDay !== null && lastDay.toISOString().slice(0, 10) < dayOf(now)
}

/** The instant from which a user is over whose last day it is, in milliseconds since the epoch; infinity where it has none. */
export function endOf(lastDay: Date | null): number {
  return lastDay === null ? Number.POSITIVE_INFINITY : lastDay.getTime() + day
}

const day = 24 * 60 * 60 * 1_000

/** `isOver` as a condition on a column. False, and not unknown, where there is no end. */
export function isOverSql(lastDay: Prisma.Sql, now: Date): Prisma.Sql {
  return isOverOn(lastDay, Prisma.sql`${dayOf(now)}::date`)
}

/** The same for a day that stands in a column, too: that which `dayOf` gives. */
export function isOverOn(lastDay: Prisma.Sql, today: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${lastDay} IS NOT NULL AND ${lastDay} < ${today})`
}

/** The day of the instant in UTC, `yyyy-mm-dd`. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 'yyyy-mm-dd'.length)
}

/** Whether an assignment counts no more; null is no end. */
export function hasEnded(validUntil: Date | null, now: Date): boolean {
  return validUntil !== null && validUntil <= now
}

/** Whether it counts for as long as another one, at least; null is no end. */
export function lastsAsLong(validUntil: Date | null, until: Date | null): boolean {
  return validUntil === null || (until !== null && validUntil >= until)
}

/** That it still counts, as a condition on a column. */
export function isValidSql(validUntil: Prisma.Sql, now: Date): Prisma.Sql {
  return Prisma.sql`(${validUntil} IS NULL OR ${validUntil} > ${now})`
}
