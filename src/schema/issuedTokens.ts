/** How the database issues tokens: what the decision on one is made on, and what is written. */
import { concernsAllRoles, concernsRoles, type HeldRole } from '../auth/allowedScopes.ts'
import { isOverOn } from '../auth/expiry.ts'
import type { TokenHolder } from '../auth/issuing.ts'
import { formatResource, type ResourceType, resourceOf } from '../auth/resource.ts'
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { AccessType, Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments, users } from '../db/tables.ts'
import type { TokenRequest } from './tokenRequest.ts'

const expired = ' expired'

/** Everything that the holder of a token may be like, as the statement tells it. */
export const holderStandings: readonly string[] = Object.values(AccessType).flatMap((type) => [type, type + expired])

/** What a standing says. */
export function holderOf(standing: string): TokenHolder {
  return { isProfile: standing.startsWith(AccessType.PROFILE), isExpired: standing.endsWith(expired) }
}

/** What is held, as far as a request for a token is concerned with it. */
export interface TokenHoldings {
  /** By the caller. */
  readonly issuer: readonly HeldRole[]
  /** By the access that the token is for; empty where the request asks for none of all its roles. */
  readonly subject: readonly HeldRole[]
}

/** What a statement says is held by the caller with this access, and by the holder. `permissionsOf` says what roles permit. */
export function tokenHoldings(
  { assignments }: HeldText,
  { callerAccess, holderId, asksAll }: Concerns & { readonly callerAccess: number | null },
  permissionsOf: (role: string) => readonly string[],
): TokenHoldings {
  const rolesOf = (accessId: number | null) =>
    assignments.flatMap(([holder, roleId, resourceType, resourceId]) => {
      if (holder !== accessId) return []
      const resource = resourceOf({ resourceType, resourceId })
      return [{ roleId, resource: resource && formatResource(resource), permissions: permissionsOf(roleId) }]
    })
  return { issuer: rolesOf(callerAccess), subject: asksAll ? rolesOf(holderId) : [] }
}

/** What a statement says is held, as JSON. */
export interface HeldText {
  readonly assignments: readonly (readonly [
    accessId: number,
    role: string,
    resourceType: ResourceType | null,
    resourceId: string | null,
  ])[]
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

/** A caller holds roles in the organization of its access only: seeing others is not holding a role in them. */
const held = (() => {
  const { name, column } = roleAssignments
  const organization = accesses.column('organizationId')
  const subject = Prisma.sql`CASE WHEN job."asksAll" THEN ${accesses.id} END`
  return Prisma.sql`
    CASE WHEN job."asksRoles" THEN json_build_object(
      'assignments', (
        SELECT coalesce(json_agg(json_build_array(${column('accessId')}, ${column('roleId')}, ${column('resourceType')},
          ${column('resourceId')}) ORDER BY ${column('id')}), '[]')
        FROM ${name} WHERE ${column('organizationId')} = ${organization}
          AND ${column('accessId')} = ANY(ARRAY[caller_access.id, ${subject}])),
      'version', (SELECT version FROM catalogue_version))::text END`
})()

const isExpired = isOverOn(users.column('expiresAt'), Prisma.sql`job.today`)

/** Tokens of accesses, each made by a job. */
export const issuedTokens: Kind = Object.freeze({
  merges: true,
  columns: Prisma.sql`
    "holderId" integer, today date, "asksRoles" boolean, "asksAll" boolean,
    name text, "secretHash" bytea, hint text, scope text[], "allowedScopes" jsonb, "expiresAt" timestamptz`,
  joined: Prisma.sql`
    JOIN ${accesses.name} ON ${accesses.id} = job."holderId" AND ${isVisibleTo(job, accesses.column('organizationId'))}
    JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}
      AND ${users.column('organizationId')} = ${accesses.column('organizationId')}`,
  // As the foreign key of the token does: the access is there until the token is.
  lock: Prisma.sql`FOR KEY SHARE OF ${accesses.name}`,
  targetId: accesses.id,
  organization: accesses.column('organizationId'),
  standing: Prisma.sql`
    ${accesses.column('type')}::text || CASE WHEN ${isExpired} THEN ${Prisma.raw(`'${expired}'`)} ELSE '' END`,
  held,
  answered: null,
  changedId: Prisma.sql`nextval('tokens_id_seq')::integer`,
  write: Prisma.sql`
    INSERT INTO tokens (id, organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes,
      created_at, created_by, updated_at, updated_by, expires_at)
    SELECT "changedId", "targetOrganization", "targetId", name, "secretHash", hint, scope, "allowedScopes",
      at, author, at, author, "expiresAt"
    FROM granted`,
  outcome: Prisma.sql`jsonb_build_object('tokenId', "changedId")`,
})
