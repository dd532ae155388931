/** How the database ends API tokens for good, whoever asks for it: what is written, and what the trail has of it. */
import type { AuditEvent } from './db/audit.ts'
import type { Kind } from './db/changeStatement.ts'
import { Prisma } from './db/generated/prisma/client.ts'
import { tokens } from './db/tables.ts'

const { name, id, column } = tokens

/** What a token may be like. */
export const tokenStates = ['revoked', 'deactivated', 'active'] as const

/** What the token is like that a statement joins. */
export const stateOfToken = Prisma.sql`
  CASE WHEN ${column('revokedAt')} IS NOT NULL THEN 'revoked' WHEN ${column('deactivated')} THEN 'deactivated' ELSE 'active' END`

/** The token whose secret a job has the hash of. */
export const tokenBySecret = Prisma.sql`${column('secretHash')} = job."secretHash"`

/** Ends the tokens of `granted`, and returns their rows. */
export const revokingTokens = Prisma.sql`
  UPDATE ${name} SET revoked_at = at, updated_by = author, updated_at = at
  FROM granted WHERE ${id} = "changedId" RETURNING place, ${name} AS changed`

/** The event of it. */
export function revocation(now: Date): AuditEvent {
  return { action: 'token.revoke', targetType: 'Token', before: { revokedAt: null }, after: { revokedAt: now } }
}

/** What is said of a token that is not there. */
export const missingToken = 'there is no such token'

/** A token of whatever organization, for who holds its secret: it is shown to nobody. */
export const revokedByHolder: Kind = Object.freeze({
  merges: true,
  oncePerTarget: true,
  takesAway: true,
  columns: Prisma.sql`"secretHash" bytea`,
  joined: Prisma.sql`JOIN ${name} ON ${tokenBySecret}`,
  lock: Prisma.sql`FOR UPDATE OF ${name}`,
  targetId: id,
  organization: column('organizationId'),
  standing: stateOfToken,
  held: Prisma.sql`NULL::text`,
  answered: null,
  changedId: Prisma.sql`"targetId"`,
  write: revokingTokens,
  writeBeside: [],
  outcome: Prisma.sql`'{}'::jsonb`,
})
