/**
 * W5: an API token is issued, with its audit event in the same transaction. The gateway alone checks besides what its
 * caller holds, the policy and the author.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Workload } from './workload.ts'

/** The name by which the rows of this workload are found, and removed. */
export const tokenName = 'bench'

interface Issued {
  readonly token: { readonly id: string | number; readonly name: string }
  readonly secret: string
}

interface IssuedRow {
  readonly tokenId: number
  readonly name: string
  readonly secret: string
}

/** Ids and secrets differ, so that their form is compared. */
function read({ token: { id, name }, secret }: Issued): unknown {
  return { hasId: /^[1-9]\d*$/.test(String(id)), name, hasSecret: secret.length >= 40 }
}

/** What a new token is stored with. */
export function mintToken() {
  const secret = `iamt_${randomBytes(32).toString('base64url')}`
  return { secret, hash: createHash('sha256').update(secret).digest(), hint: secret.slice(-4) }
}

const permissions = [{ permissionId: 'dns.zone.read', resources: [] }]

/** What the token may be used for, as it is stored. */
export const allowedScopes = {
  generalScopes: [],
  servicesScopes: [],
  organizationScopes: { allPermissions: false, allRoles: false, keptInToken: [], permissions, roles: [] },
}
const lifetime = 90 * 24 * 60 * 60 * 1_000

const insertToken = `INSERT INTO tokens (organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes,
  created_at, updated_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) RETURNING id`
const eventColumns = `audit_events (organization_id, at, subject, action, target_type, target_id, after, outcome, request_id)`

export const w5: Workload = {
  name: 'W5',
  title: 'issueToken, with its audit event',
  size: 1,
  mark: '"secret"',
  writes: true,
  byLatency: false,
  raw: {
    forms: {
      async 'one statement'(sql, { organization, access }) {
        const { secret, hash, hint } = mintToken()
        const at = new Date()
        const expiresAt = new Date(at.getTime() + lifetime)
        const after = { accessId: access, name: tokenName, hint, scope: ['users:read'], expiresAt }
        const rows: readonly (readonly string[])[] = await sql.rows(
          'W5 one',
          `WITH token AS (${insertToken})
           INSERT INTO ${eventColumns}
           SELECT $1, $8, $10, 'token.issue', 'Token', token.id, $11, 'SUCCESS', $12 FROM token
           RETURNING target_id`,
          [
            organization,
            access,
            tokenName,
            hash,
            hint,
            ['users:read'],
            allowedScopes,
            at,
            expiresAt,
            'bench',
            after,
            randomUUID(),
          ],
        )
        return JSON.stringify({ token: { id: rows[0]?.[0], name: tokenName }, secret })
      },
      'a transaction of two': (sql, { organization, access }) =>
        sql.transaction(async (rows) => {
          const { secret, hash, hint } = mintToken()
          const at = new Date()
          const expiresAt = new Date(at.getTime() + lifetime)
          const token: readonly (readonly number[])[] = await rows('W5 token', insertToken, [
            organization,
            access,
            tokenName,
            hash,
            hint,
            ['users:read'],
            allowedScopes,
            at,
            expiresAt,
          ])
          const id = token[0]?.[0]
          const after = { accessId: access, name: tokenName, hint, scope: ['users:read'], expiresAt }
          await rows(
            'W5 event',
            `INSERT INTO ${eventColumns} VALUES ($1, $2, $3, 'token.issue', 'Token', $4, $5, 'SUCCESS', $6)`,
            [organization, at, 'bench', String(id), after, randomUUID()],
          )
          return JSON.stringify({ token: { id, name: tokenName }, secret })
        }),
    },
    read,
  },
  graphql: {
    gateway: {
      query: `mutation W5($input: IssueTokenInput!) {
        issueToken(input: $input) {
          ... on IssueTokenPayload { secret token { id name } }
          ... on Error { code message }
        }
      }`,
      variables: ({ access }) => ({
        input: {
          accessId: access,
          name: tokenName,
          scope: ['users:read'],
          allowedScopes: { organizationScopes: { permissions } },
        },
      }),
      read: ({ issueToken }: { readonly issueToken: Issued }) => read(issueToken),
    },
    // The function is the documented way to do two things in one mutation, and one statement.
    postgraphile: {
      query: `mutation W5($input: BenchIssueTokenInput!) { benchIssueToken(input: $input) { result { tokenId name secret } } }`,
      variables: ({ organization, access }) => ({
        input: { organization, access, name: tokenName, scope: ['users:read'] },
      }),
      read: ({ benchIssueToken: { result } }: { readonly benchIssueToken: { readonly result: IssuedRow } }) =>
        read({ token: { id: result.tokenId, name: result.name }, secret: result.secret }),
    },
    plain: {
      query: `mutation W5($organization: String!, $access: Int!, $name: String!, $scope: [String!]!) {
        issueToken(organization: $organization, access: $access, name: $name, scope: $scope) {
          secret token { id name }
        }
      }`,
      variables: ({ organization, access }) => ({ organization, access, name: tokenName, scope: ['users:read'] }),
      read: ({ issueToken }: { readonly issueToken: Issued }) => read(issueToken),
    },
  },
}

/** What PostGraphile's mutation calls: both rows in one statement. */
export const issueTokenFunction = `
CREATE SCHEMA IF NOT EXISTS bench;
DROP FUNCTION IF EXISTS bench.issue_token;
DROP TYPE IF EXISTS bench.issued_token;
CREATE TYPE bench.issued_token AS (token_id integer, name text, secret text);
CREATE FUNCTION bench.issue_token(organization uuid, access integer, name text, scope text[])
RETURNS bench.issued_token LANGUAGE sql VOLATILE AS $$
  WITH minted AS MATERIALIZED (
    SELECT 'iamt_' || encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'hex') AS secret, now() AS at
  ), token AS (
    INSERT INTO public.tokens (organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes, created_at,
      updated_at, expires_at)
    SELECT organization, access, name, sha256(convert_to(secret, 'UTF8')), right(secret, 4), scope,
      '${JSON.stringify(allowedScopes)}', at, at, at + interval '90 days' FROM minted
    RETURNING *
  ), event AS (
    INSERT INTO public.${eventColumns}
    SELECT token.organization_id, token.created_at, 'bench', 'token.issue', 'Token', token.id, json_build_object(
      'accessId', token.access_id, 'name', token.name, 'hint', token.hint, 'scope', token.scope,
      'expiresAt', token.expires_at), 'SUCCESS', gen_random_uuid() FROM token
  )
  SELECT token.id, token.name, minted.secret FROM token, minted
$$;`
