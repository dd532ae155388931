/** What the database knows of a caller: the one look-up behind a credential that is not remembered. */
import type { FoundCaller, FoundToken } from '../auth/authenticate.ts'
import type { ClaimedIdentity } from '../auth/principal.ts'
import { byteaText } from './bytea.ts'
import { Prisma } from './generated/prisma/client.ts'
import type { Read } from './read.ts'
import { everything } from './rowSecurity.ts'
import { accesses, everyAccess, everyUser, organizations, tokens, users } from './tables.ts'

/** Organizations and their versions in the same snapshot, as JSON: versions as texts, which hold any number. */
function versionsOf(organizationIds: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(
    SELECT json_agg(json_build_array(seen.id, coalesce(known.version, 0)::text))
    FROM (SELECT DISTINCT unnest(ARRAY[${organizationIds}]) AS id) AS seen
    LEFT JOIN organization_versions AS known ON known.organization_id = seen.id
    WHERE seen.id IS NOT NULL)`
}

/** The number of the first transaction that had not ended in that snapshot, as text. */
const asOf = Prisma.sql`pg_snapshot_xmin(pg_current_snapshot())::text AS "asOf"`

/** What is known of whom a JWT names. Nothing is decided here. */
export async function findCaller(
  read: Read,
  { organization, userId, accessId, tokenId, allOrganizations }: ClaimedIdentity,
): Promise<FoundCaller> {
  const { id, customerId } = organization
  const named = [
    ...(id === null ? [] : [Prisma.sql`${organizations.id} = ${id}::uuid`]),
    ...(customerId === null ? [] : [Prisma.sql`${organizations.column('customerId')} = ${customerId}`]),
  ]
  const isNamed = named.length === 0 ? Prisma.sql`FALSE` : Prisma.join(named, ' AND ')
  const within = (column: Prisma.Sql) => Prisma.sql`(${allOrganizations} OR ${column} = ${organizations.id})`
  const [found] = await read<FoundCaller>(
    Prisma.sql`
    SELECT ${organizations.id} AS "organizationId", ${users.id} AS "userId", ${users.column('expiresAt')} AS "lastDay",
      EXISTS (SELECT FROM removed_users WHERE removed_users.id = ${userId}::uuid) AS "wasRemoved",
      owner.id AS "accessUserId", owner.expires_at AS "accessLastDay",
      ${tokens.column('organizationId')} AS "tokenOrganizationId",
      ${tokens.column('expiresAt')} AS "tokenExpiresAt", ${tokens.column('idleSince')} AS "tokenIdleSince", ${tokens.column('revokedAt')} AS "tokenRevokedAt",
      ${tokens.column('deactivated')} AS "tokenDeactivated", ${tokens.column('scope')} AS "tokenScope",
      ${tokens.column('onlyOperations')} AS "tokenOnlyOperations",
      ${versionsOf(
        Prisma.sql`${organizations.id}, ${users.column('organizationId')}, ${accesses.column('organizationId')}, ${tokens.column('organizationId')}`,
      )} AS versions, ${asOf}
    FROM (SELECT) AS one
    LEFT JOIN ${organizations.name} ON ${isNamed}
    LEFT JOIN ${users.name} ON ${users.id} = ${userId}::uuid AND ${within(users.column('organizationId'))}
    LEFT JOIN ${accesses.name} ON ${accesses.id} = ${accessId}::integer AND ${within(accesses.column('organizationId'))}
    LEFT JOIN ${users.name} AS owner ON owner.id = ${accesses.column('userId')}
    LEFT JOIN ${tokens.name} ON ${tokens.id} = ${tokenId}::integer AND ${within(tokens.column('organizationId'))}`,
    everything,
  )
  return found as FoundCaller
}

/** The API token with this secret, by its hash; undefined where there is none. */
export async function findToken(read: Read, secretHash: Uint8Array): Promise<FoundToken | undefined> {
  const { column } = tokens
  const [found] = await read<FoundToken>(
    Prisma.sql`
    SELECT ${tokens.id}, ${column('organizationId')} AS "organizationId", ${column('accessId')} AS "accessId",
      ${column('scope')}, ${column('onlyOperations')} AS "onlyOperations", ${column('expiresAt')} AS "expiresAt",
      ${column('idleSince')} AS "idleSince",
      ${column('revokedAt')} AS "revokedAt", ${column('deactivated')}, ${column('lastUsedAt')} AS "lastUsedAt",
      ${users.id} AS "userId", ${users.column('expiresAt')} AS "lastDay",
      ${versionsOf(column('organizationId'))} AS versions, ${asOf}
    FROM ${tokens.name}
    JOIN ${everyAccess.name} ON ${accesses.id} = ${column('accessId')}
    JOIN ${everyUser.name} ON ${users.id} = ${accesses.column('userId')}
    WHERE ${column('secretHash')} = ${byteaText(secretHash)}::bytea`,
    everything,
  )
  return found
}
