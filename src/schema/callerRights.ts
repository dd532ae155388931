/** What a caller may give: what its access holds, less what the API token that it came with leaves out. */

import type { RightsScopes } from '../auth/allowedScopes.ts'
import { type AssignmentColumns, stillHeld } from '../auth/decide.ts'
import { lastsAsLong } from '../auth/expiry.ts'
import type { Issuer } from '../auth/issuing.ts'
import type { Context } from '../context.ts'
import { job } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'

/**
 * What the caller holds in the organization, as text, for jobs with `today`: as it is once it is the turn of the change. It holds
 * roles in the organization of its access only: seeing others is not holding a role in them.
 */
export function callerRights(organization: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`rights_of(${organization}, caller_access.id, ${job}."tokenId", ${job}.today)`
}

/** What the statement says of it, as JSON. */
export interface RightsText {
  readonly assignments: readonly AssignmentColumns[]
  /** Whether the time of the caller's user is over. */
  readonly isOver: boolean
  /** What the caller's API token allows in the organization; null where it allows nothing, and where there is none. */
  readonly token: RightsScopes | null
  /** The version of the catalogue, which says what roles permit. */
  readonly version: number
}

/** The caller as who gives something until an instant (null: for good), which may not outlast what lets it. */
export function giverOf(
  { assignments, isOver, token }: RightsText,
  { principal, now }: Pick<Context, 'principal' | 'now'>,
  until: Date | null = now,
): Issuer {
  const lasting = assignments.filter(([, , , end]) => lastsAsLong(end === null ? null : new Date(end), until))
  return {
    scopes: principal.scopes,
    subject: {
      held: stillHeld(lasting, now),
      userIsOver: isOver,
      token: principal.tokenId === null ? null : { status: 'ACTIVE', rights: token },
    },
  }
}
