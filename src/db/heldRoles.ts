/**
 * The roles of an access in one text, which the database writes beside the row: what an access holds is read far more often
 * than anything else of its assignments, and accesses hold few different sets of roles.
 */
import { hasEnded } from '../auth/expiry.ts'
import { Prisma } from './generated/prisma/client.ts'

/** A row of an access that its roles were read with. */
export interface HoldingRow {
  /** The ids of the roles that are assigned, on whatever resource, each with the end of its assignment. Null: none. */
  readonly heldRoles: string | null
  /** The version of the catalogue in the same snapshot, in decimal digits. */
  readonly catalogueVersion: string
}

/** Between the ids of a set. No id has it, nor the mark: ids are printable. */
export const betweenIds = '\u0001'
/** Before the end of an assignment, in milliseconds since the epoch. */
const endMark = '\u0002'

/** The text of the row of `accesses` that stands in the statement. */
export const heldRolesSql = Prisma.sql`(
  SELECT string_agg(role_id || coalesce(E'\\x02' || (extract(epoch FROM valid_until) * 1000)::bigint, ''), E'\\x01')
  FROM role_assignments
  WHERE role_assignments.access_id = accesses.id AND role_assignments.organization_id = accesses.organization_id
)`

/** The ids of those that have not ended at the instant, in the same form: without ends, and empty where there are none. */
export function heldSet(heldRoles: string | null, now: Date): string {
  if (heldRoles === null) return ''
  if (!heldRoles.includes(endMark)) return heldRoles
  return heldRoles
    .split(betweenIds)
    .map((each) => each.split(endMark))
    .filter(([, end]) => !hasEnded(end === undefined ? null : new Date(Number(end)), now))
    .map(([id]) => id)
    .join(betweenIds)
}
