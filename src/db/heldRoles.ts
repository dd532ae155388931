/**
 * The roles of an access in one text, which triggers keep beside the row (the migration of `held_roles` says how): what an
 * access holds is read far more often than anything else of its assignments, and accesses hold few different sets of roles.
 */
import { hasEnded } from '../auth/expiry.ts'

/** A row of an access that its roles were read with. */
export interface HoldingRow {
  /** The ids of the roles that are assigned, on whatever resource, each with the last end of its assignments. Null: none. */
  readonly heldRoles: string | null
  /** The version of the catalogue in the same snapshot, in decimal digits. */
  readonly catalogueVersion: string
}

/** Between the ids of a set. No id has it, nor the mark: ids are printable. */
export const betweenIds = '\u0001'
/** Before the end of an assignment, in milliseconds since the epoch. */
const endMark = '\u0002'

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
