/**
 * Whether the lines fit each other and the database: each id once, everything that is referred to is there, what can't be
 * changed stays. Each check is one statement over all staged lines.
 */
import type pg from 'pg'
import { isGiven, type Kind, stagedIn } from './kind.ts'
import {
  accessKind,
  identityProviderKind,
  kinds,
  organizationKind,
  permissionKind,
  roleAssignmentKind,
  roleKind,
  tokenKind,
  userKind,
} from './kinds.ts'

/** A line that does not fit, and with which other line. */
export interface Misfit {
  readonly file: number
  readonly line: number
  readonly message: string
  readonly otherFile: number | null
  readonly otherLine: number | null
}

/** Misfits that are fetched at once. */
const batch = 1_000

/** Tells of each line that does not fit, however many there are; in the order of the checks. */
export async function checkStaged(client: pg.Client, prune: boolean, tell: (misfit: Misfit) => void): Promise<void> {
  for (const check of checks(prune)) {
    await client.query(`DECLARE misfits NO SCROLL CURSOR FOR ${check}`)
    for (;;) {
      const { rows } = await client.query<Misfit>(`FETCH ${batch} FROM misfits`)
      for (const row of rows) tell(row)
      if (rows.length < batch) break
    }
    await client.query('CLOSE misfits')
  }
}

/** The organizations in which `--prune` takes away what the file does not have. */
export const prunedOrganizations = `SELECT id FROM ${stagedIn(organizationKind)}`

function checks(prune: boolean): readonly string[] {
  return [
    ...kinds.map(repeated),
    repeatedBy(organizationKind, ['customer_id'], 'customer_id: expected each customer number once'),
    repeatedBy(tokenKind, ['secret_hash'], 'secret_sha256: expected each secret once'),
    repeatedBy(tokenKind, ['rotated_from'], 'rotated_from: expected at most one token in the place of another'),
    ...organizationChecks,
    unknownCustomer(identityProviderKind),
    unknownCustomer(userKind),
    otherCustomer(identityProviderKind),
    otherCustomer(userKind),
    unknownPermissions,
    ...userChecks(prune),
    unknown(accessKind, 'user_id', userKind, prune),
    fixed(accessKind, 'user_id', 'user_id', 'a user keeps their accesses'),
    fixed(accessKind, 'type', 'access_type', 'an access keeps its type'),
    unknown(roleAssignmentKind, 'access_id', accessKind, prune),
    unknown(roleAssignmentKind, 'role_id', roleKind, false),
    unknown(tokenKind, 'access_id', accessKind, prune),
    fixed(tokenKind, 'access_id', 'access_id', 'a token keeps its access'),
    fixed(tokenKind, 'secret_hash', 'secret_sha256', 'a token keeps its secret', false),
    ...tokenChecks,
  ]
}

const misfit = (message: string, other = 'NULL::integer AS "otherFile", NULL::integer AS "otherLine"') =>
  `SELECT s.file, s.line, ${message} AS message, ${other}`

const other = 'other.file AS "otherFile", other.line AS "otherLine"'

/** Lines whose columns are those of an earlier line. */
function repeatedBy(kind: Kind, columns: readonly string[], message: string): string {
  const list = columns.join(', ')
  const [first, ...others] = columns
  const same = [
    `s.${first} = other.${first}`,
    ...others.map((column) => `s.${column} IS NOT DISTINCT FROM other.${column}`),
  ]
  return `${misfit(`'${message}'`, other)}
    FROM (SELECT min(n) AS first, ${list} FROM ${stagedIn(kind)} WHERE ${first} IS NOT NULL GROUP BY ${list} HAVING count(*) > 1) AS again
    JOIN ${stagedIn(kind)} AS other ON other.n = again.first
    JOIN ${stagedIn(kind)} AS s ON ${same.join(' AND ')} AND s.n > other.n`
}

function repeated(kind: Kind): string {
  return repeatedBy(kind, kind.key, `expected each ${kind.noun} once`)
}

/** What exists when all lines are there: with `--prune`, what the file does not have goes away. */
function isThere(kind: Kind, id: string, prune: boolean): string {
  const stays = prune ? `AND kept.organization_id NOT IN (${prunedOrganizations})` : ''
  return `(EXISTS (SELECT FROM ${stagedIn(kind)} AS staged WHERE staged.id = ${id})
    OR EXISTS (SELECT FROM ${kind.table} AS kept WHERE kept.id = ${id} ${stays})
    OR EXISTS (SELECT FROM import_broken AS broken WHERE broken.kind = '${kind.type}' AND broken.id = ${id}::text))`
}

function unknown(kind: Kind, column: string, to: Kind, prune: boolean): string {
  const where = prune ? 'in the file (--prune takes away what is not in it)' : 'in the file or the database'
  return `${misfit(`format('${column}: expected ${article(to)} ${where}, received %s', to_json(s.${column}))`)}
    FROM ${stagedIn(kind)} AS s WHERE NOT ${isThere(to, `s.${column}`, prune)}`
}

function article({ noun }: Kind): string {
  return `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`
}

const organizationChecks = [
  `${misfit("format('customer_id: expected %s, which the organization has: it stays', stored.customer_id)")}
    FROM import_organizations AS s JOIN organizations AS stored ON stored.id = s.id AND stored.customer_id <> s.customer_id`,
  `${misfit("format('customer_id: expected the number of no other organization, received that of %s', stored.id)")}
    FROM import_organizations AS s JOIN organizations AS stored ON stored.customer_id = s.customer_id AND stored.id <> s.id`,
]

function unknownCustomer(kind: Kind): string {
  return `${misfit("format('customer_id: expected that of an organization in the file or the database, received %s', s.customer_id)")}
    FROM ${stagedIn(kind)} AS s
    WHERE NOT EXISTS (SELECT FROM import_organizations AS staged WHERE staged.customer_id = s.customer_id)
      AND NOT EXISTS (SELECT FROM organizations AS stored WHERE stored.customer_id = s.customer_id)
      AND NOT EXISTS (SELECT FROM import_broken WHERE kind = 'organization')`
}

function otherCustomer(kind: Kind): string {
  const message = `format('customer_id: expected %s, to which the ${kind.noun} belongs: it stays', organization.customer_id)`
  return `${misfit(message)}
    FROM ${stagedIn(kind)} AS s JOIN ${everyOf(kind)} AS stored ON stored.id = s.id
    JOIN organizations AS organization ON organization.id = stored.organization_id
    WHERE organization.customer_id <> s.customer_id`
}

function fixed(kind: Kind, column: string, member: string, rule: string, shown = true): string {
  const message = shown
    ? `format('${member}: expected %s, as it is: ${rule}', to_json(stored.${column}))`
    : `'${member}: expected what it is: ${rule}'`
  return `${misfit(message)}
    FROM ${stagedIn(kind)} AS s JOIN ${everyOf(kind)} AS stored ON stored.id = s.id AND stored.${column} <> s.${column}`
}

/** The rows that are there, and those that tokens lead to although they were removed. */
function everyOf(kind: Kind): string {
  switch (kind) {
    case userKind:
      return 'every_user'
    case accessKind:
      return 'every_access'
    default:
      return kind.table
  }
}

const unknownPermissions = `${misfit(`format('permissions: expected permissions in the file or the database, received %s', string_agg(to_json(named.id)::text, ', '))`)}
    FROM import_roles AS s CROSS JOIN LATERAL unnest(s.permissions) AS named(id)
    WHERE NOT ${isThere(permissionKind, 'named.id', false)}
    GROUP BY s.file, s.line`

function userChecks(prune: boolean): readonly string[] {
  const stays = prune ? `AND stored.organization_id NOT IN (${prunedOrganizations})` : ''
  return [
    `${misfit("format('idp_id: expected an identity provider of the same organization, received %s', to_json(s.idp_id))")}
    FROM import_users AS s WHERE s.idp_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM import_identity_providers AS staged
        WHERE staged.id = s.idp_id AND staged.customer_id = s.customer_id)
      AND NOT EXISTS (SELECT FROM identity_providers AS stored JOIN organizations AS organization
        ON organization.id = stored.organization_id AND organization.customer_id = s.customer_id WHERE stored.id = s.idp_id)
      AND NOT EXISTS (SELECT FROM import_broken AS broken WHERE kind = 'identityProvider' AND broken.id = s.idp_id::text)`,
    `${misfit("'email: expected each mail address once in an organization, whatever its case'", other)}
    FROM (SELECT min(n) AS first, customer_id, lower(email) AS email FROM import_users
      GROUP BY customer_id, lower(email) HAVING count(*) > 1) AS again
    JOIN import_users AS other ON other.n = again.first
    JOIN import_users AS s ON s.customer_id = again.customer_id AND lower(s.email) = again.email AND s.n > other.n`,
    `${misfit("format('email: expected that of no other user of the organization, received that of %s', stored.id)")}
    FROM import_users AS s JOIN organizations AS organization ON organization.customer_id = s.customer_id
    JOIN users AS stored ON stored.organization_id = organization.id AND lower(stored.email) = lower(s.email) AND stored.id <> s.id
    WHERE NOT EXISTS (SELECT FROM import_users AS staged WHERE staged.id = stored.id) ${stays}`,
  ]
}

/** The customer number of the organization that the access is in, or comes into. */
function customerOfAccess(id: string): string {
  return `coalesce((
      SELECT organization.customer_id FROM accesses
      JOIN organizations AS organization ON organization.id = accesses.organization_id WHERE accesses.id = ${id}
    ), (
      SELECT coalesce(organization.customer_id, owner.customer_id) FROM import_accesses AS access
      LEFT JOIN import_users AS owner ON owner.id = access.user_id
      LEFT JOIN users ON users.id = access.user_id
      LEFT JOIN organizations AS organization ON organization.id = users.organization_id WHERE access.id = ${id} LIMIT 1
    ))`
}

const tokenChecks = [
  `${misfit("format('revoked_at: expected %s, as it is: a revoked token stays so', to_json(stored.revoked_at))")}
    FROM import_tokens AS s JOIN tokens AS stored ON stored.id = s.id AND stored.revoked_at IS DISTINCT FROM s.revoked_at
    WHERE stored.revoked_at IS NOT NULL AND ${isGiven(tokenKind, 'revoked_at')}`,
  `${misfit("format('access_id: expected an access that is no profile: those hold no tokens, received %s', s.access_id)")}
    FROM import_tokens AS s LEFT JOIN import_accesses AS staged ON staged.id = s.access_id
    LEFT JOIN accesses AS stored ON stored.id = s.access_id WHERE coalesce(staged.type, stored.type) = 'PROFILE'`,
  `${misfit("format('secret_sha256: expected that of no other token, received that of %s', stored.id)")}
    FROM import_tokens AS s JOIN tokens AS stored ON stored.secret_hash = s.secret_hash AND stored.id <> s.id`,
  `${misfit("'expires_at: expected an instant after created_at'")}
    FROM import_tokens AS s CROSS JOIN import_run AS run LEFT JOIN tokens AS stored ON stored.id = s.id
    WHERE s.expires_at <= coalesce(s.created_at, stored.created_at, run.at)`,
  `${misfit("format('rotated_from: expected another token of the same organization, received %s', s.rotated_from)")}
    FROM import_tokens AS s LEFT JOIN import_tokens AS staged ON staged.id = s.rotated_from
    LEFT JOIN tokens AS stored ON stored.id = s.rotated_from
    WHERE s.rotated_from IS NOT NULL AND (s.rotated_from = s.id
      OR ${customerOfAccess('coalesce(stored.access_id, staged.access_id)')} IS DISTINCT FROM ${customerOfAccess('s.access_id')})
      AND NOT EXISTS (SELECT FROM import_broken AS broken WHERE kind = 'token' AND broken.id = s.rotated_from::text)`,
  `${misfit("format('rotated_from: expected a token that no other has taken the place of, received that of %s', stored.id)")}
    FROM import_tokens AS s JOIN tokens AS stored ON stored.rotated_from = s.rotated_from AND stored.id <> s.id
    WHERE NOT EXISTS (SELECT FROM import_tokens AS staged WHERE staged.id = stored.id)`,
]
