/** Whose a token is, or the access that one is for: as a part of the text that says what a row is like. */
import { Prisma } from '../db/generated/prisma/client.ts'
import { users } from '../db/tables.ts'

const other = ' other'

/** What stands at the end of a standing: nothing where the user that the statement joins is the caller's. */
export const others = Prisma.sql`
  CASE WHEN caller_user.id = ${users.id} THEN '' ELSE ${Prisma.raw(`'${other}'`)} END`

/** What the standing says of the caller's own, and of what others have. */
export function ofAnybody(standing: string): readonly string[] {
  return [standing, standing + other]
}

export function isOwn(standing: string): boolean {
  return !standing.endsWith(other)
}

/** The standing without that. */
export function withoutWhose(standing: string): string {
  return isOwn(standing) ? standing : standing.slice(0, -other.length)
}
