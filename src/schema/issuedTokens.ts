/** How the database issues tokens: what the decision on one is made on, and what is written. */
import { concernsAllRoles, concernsRoles } from '../auth/allowedScopes.ts'
import { type AssignmentColumns, type Held, type Subject, stillHeld } from '../auth/decide.ts'
import { isOverOn } from '../auth/expiry.ts'
import type { TokenHolder } from '../auth/issuing.ts'
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { AccessType, Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments, users } from '../db/tables.ts'
import type { TokenRequest } from './tokenRequest.ts'
import { isOwn, ofAnybody, others } from './whoseTokens.ts'

const expired = ' expired'

/** Everything that the holder of a token may be like, as the statement tells it. */
export const holderStandings: readonly string[] = Object.values(AccessType)
  .flatMap((type) => [type, type + expired])
  .flatMap(ofAnybody)

/** What a standing says. */
export function holderOf(standing: string): TokenHolder & { readonly isOwn: boolean } {
  return {
    isProfile: standing.startsWith(AccessType.PROFILE),
    isExpired: standing.includes(expired),
    isOwn: isOwn(standing),
  }
}

/** What is held, as far as a request for a token is concerned with it. */
export interface TokenHoldings {
  readonly caller: Subject
  /** By the access that the token is for; empty where the request asks for none of all its roles. */
  readonly holder: readonly Held[]
}

/** What a statement says is held at the instant by the caller with this access, and by the holder. */
export function tokenHoldings(
  { assignments, callerIsOver }: HeldText,
  { callerAccess, holderId, asksAll }: Concerns & { readonly callerAccess: number | null },
  now: Date,
): TokenHoldings {
  const heldOf = (id: number | null) =>
    stillHeld(
      assignments.flatMap(([accessId, ...assignment]) => (accessId === id ? [assignment] : [])),
      now,
    )
  return {
    caller: { held: heldOf(callerAccess), userIsOver: callerIsOver, token: null },
    holder: asksAll ? heldOf(holderId) : [],
  }
}

/** Nothing: what the decision on a request that is concerned with no roles is made on. */
export const noHoldings: TokenHoldings = Object.freeze({
  caller: { held: [], userIsOver: false, token: null },
  holder: [],
})

/** What a statement says is held, as JSON. */
export interface HeldText {
  readonly assignments: readonly (readonly [accessId: number, ...assignment: AssignmentColumns])[]
  /** Whether the time of the caller's user is over. */
  readonly callerIsOver: boolean
  /** The version of the catalogue, which says what roles permit. */
  readonly version: number
}

/** Which holdings a request is concerned with, as columns of its job. */
export interface Concerns {
  readonly holderId: number
  readonly asksRoles: boolean
  readonly asksAll: boolean
}

/** Which holdings the request is concerned with. */
export function concernsOf({ accessId, allowedScopes }: Pick<TokenRequest, 'accessId' | 'allowedScopes'>): Concerns {
  return {
    holderId: accessId,
    asksRoles: concernsRoles(allowedScopes),
    asksAll: concernsAllRoles(allowedScopes),
  }
}

/**
 * What is held, of the access that the statement joins and by the caller, who holds roles in the organization of its access
 * only: seeing others is not holding a role in them.
 */
export const heldRights = (() => {
  const { name, column } = roleAssignments
  const organization = accesses.column('organizationId')
  const holder = Prisma.sql`CASE WHEN job."asksAll" THEN ${accesses.id} END`
  return Prisma.sql`
    CASE WHEN job."asksRoles" THEN json_build_object(
      'assignments', (
        SELECT coalesce(json_agg(json_build_array(${column('accessId')}, ${column('roleId')}, ${column('resourceType')},
          ${column('resourceId')}, ${column('validUntil')}) ORDER BY ${column('id')}), '[]')
        FROM ${name} WHERE ${column('organizationId')} = ${organization}
          AND ${column('accessId')} = ANY(ARRAY[caller_access.id, ${holder}])),
      'callerIsOver', ${isOverOn(Prisma.sql`caller_user.expires_at`, Prisma.sql`job.today`)},
      'version', (SELECT version FROM catalogue_version))::text END`
})()

const isExpired = isOverOn(users.column('expiresAt'), Prisma.sql`job.today`)

/** The standing of the holder of a token: of the access and the user that the statement joins. */
export const holderStanding = Prisma.sql`
  ${accesses.column('type')}::text || CASE WHEN ${isExpired} THEN ${Prisma.raw(`'${expired}'`)} ELSE '' END || ${others}`

/** What is remembered of a new token: a secret only where it is sealed. */
export const issuedOutcome = Prisma.sql`
  jsonb_strip_nulls(jsonb_build_object('tokenId', "changedId", 'sealedSecret', "sealedSecret"))`

/** Tokens of accesses, each made by a job. */
export const issuedTokens: Kind = Object.freeze({
  merges: true,
  oncePerTarget: false,
  takesAway: false,
  columns: Prisma.sql`
    "holderId" integer, today date, "asksRoles" boolean, "asksAll" boolean,
    name text, "secretHash" bytea, hint text, scope text[], "allowedScopes" jsonb, "expiresAt" timestamptz,
    "onlyOperations" text[], "sealedSecret" text`,
  joined: Prisma.sql`
    JOIN ${accesses.name} ON ${accesses.id} = job."holderId" AND ${isVisibleTo(job, accesses.column('organizationId'))}
    JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}
      AND ${users.column('organizationId')} = ${accesses.column('organizationId')}`,
  // As the foreign key of the token does: the access is there until the token is.
  lock: Prisma.sql`FOR KEY SHARE OF ${accesses.name}`,
  targetId: accesses.id,
  organization: accesses.column('organizationId'),
  standing: holderStanding,
  held: heldRights,
  answered: null,
  changedId: Prisma.sql`nextval('tokens_id_seq')::integer`,
  write: Prisma.sql`
    INSERT INTO tokens (id, organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes,
      created_at, created_by, updated_at, updated_by, expires_at, only_operations)
    SELECT "changedId", "targetOrganization", "targetId", name, "secretHash", hint, scope, "allowedScopes",
      at, author, at, author, "expiresAt", "onlyOperations"
    FROM granted`,
  writeBeside: [],
  outcome: issuedOutcome,
})
