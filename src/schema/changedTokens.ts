/** How the database switches tokens off and on, and revokes them: what is decided on, and what is written. */
import { isUnusedSql } from '../auth/token.ts'
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accesses, everyAccess, everyUser, tokens, users } from '../db/tables.ts'
import type { Columns } from '../links/columns.ts'
import { revokingTokens, stateOfToken, tokenBySecret, tokenStates } from '../revokedTokens.ts'
import { type HeldText, heldRights, holderOf, holderStanding, issuedOutcome } from './issuedTokens.ts'
import type { TokenRequest } from './tokenRequest.ts'
import { isOwn, ofAnybody, others, withoutWhose } from './whoseTokens.ts'

const { name, id, column } = tokens

type TokenState = (typeof tokenStates)[number] | typeof unused

/** Stopped, because nobody used it: told where that matters. */
const unused = 'unused'

/** Everything that a token may be like, as the statement tells it. */
export const tokenStandings: readonly string[] = [...tokenStates, unused].flatMap(ofAnybody)

/** What a standing says. */
export function tokenState(standing: string): {
  readonly state: TokenState
  readonly isOwn: boolean
} {
  return { state: withoutWhose(standing) as TokenState, isOwn: isOwn(standing) }
}

/** The state where it matters whether it has stopped because nobody used it: of jobs that say since when. */
const stateOfUse = Prisma.sql`
  CASE WHEN ${column('revokedAt')} IS NULL AND ${isUnusedSql(column('idleSince'), Prisma.sql`job."idleBefore"`)}
    THEN ${Prisma.raw(`'${unused}'`)} ELSE ${stateOfToken} END`

/** A token as it stands, and all that matters for issuing it once more. */
export interface StandingToken {
  readonly token: TokenRequest
  readonly state: TokenState
  /** The id of the token that has taken its place; null where there is none. */
  readonly successor: number | null
  readonly holder: ReturnType<typeof holderOf>
  readonly rights: HeldText
}

const asItStands = Prisma.sql`
  json_build_object(
    'token', json_build_object('accessId', ${column('accessId')}, 'name', ${column('name')}, 'scope', ${column('scope')},
      'allowedScopes', ${column('allowedScopes')}, 'onlyOperations', ${column('onlyOperations')},
      'expiresAt', ${column('expiresAt')}),
    'state', ${stateOfUse}, 'successor', (SELECT id FROM ${name} AS successor WHERE successor.rotated_from = ${id}
      AND successor.organization_id = ${column('organizationId')}), 'row', ${name}.xmin::text,
    'holder', ${holderStanding}, 'rights', (${heldRights})::json)::text`

/** What the statement says of it. */
export function standingToken(held: string): StandingToken {
  const { token, state, successor, holder, rights } = JSON.parse(held)
  return {
    token: { ...token, expiresAt: new Date(token.expiresAt) },
    state,
    successor,
    holder: holderOf(holder),
    rights,
  }
}

const visible = isVisibleTo(job, column('organizationId'))
const byId = Prisma.sql`${id} = job."changedTokenId" AND ${visible}`

function joinedTo(found: Prisma.Sql): Prisma.Sql {
  const organization = column('organizationId')
  return Prisma.sql`
    JOIN ${name} ON ${found}
    JOIN ${everyAccess.name} ON ${accesses.id} = ${column('accessId')} AND ${accesses.column('organizationId')} = ${organization}
    JOIN ${everyUser.name} ON ${users.id} = ${accesses.column('userId')} AND ${users.column('organizationId')} = ${organization}`
}

const switching = Prisma.sql`
  UPDATE ${name} SET deactivated = "off", deactivated_updated_by = author, deactivated_updated_on = at,
    updated_by = author, updated_at = at
  FROM granted WHERE ${id} = "changedId" RETURNING place, ${name} AS changed`

/** The new row, with what carries over from the old one. */
const inserting = Prisma.sql`
  INSERT INTO ${name} (id, organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes,
    created_at, created_by, updated_at, updated_by, expires_at, only_operations, rotated_from)
  SELECT "changedId", "targetOrganization", old.access_id, old.name, "secretHash", granted.hint, old.scope,
    old.allowed_scopes, at, author, at, author, "expiresAt", old.only_operations, old.id
  FROM granted JOIN ${name} AS old ON old.id = "targetId"`

/** The old one ends when its time is over: at once, or after the overlap. */
const ending = Prisma.sql`
  UPDATE ${name} SET expires_at = greatest(least(${column('expiresAt')}, "oldEndsAt"), ${column('createdAt')} + interval '1 ms'),
    updated_at = at, updated_by = author
  FROM granted JOIN ${name} AS old ON old.id = "targetId" WHERE ${id} = old.id
  RETURNING place, old.expires_at AS until, ${column('expiresAt')} AS "endsAt"`

/** As the other events write instants. */
const inUtc = (instant: Prisma.Sql) =>
  Prisma.sql`to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** Each of both tokens has an event of its own. */
const rotationEvents = Prisma.sql`(
  SELECT place, "targetOrganization", at, subject, author, "tokenId", action, "targetType", "changedId", before, after, "requestId"
  FROM granted
  UNION ALL
  SELECT place, "targetOrganization", at, subject, author, "tokenId", 'token.rotated', "targetType", "targetId",
    jsonb_build_object('expiresAt', ${inUtc(Prisma.sql`until`)}),
    jsonb_build_object('expiresAt', ${inUtc(Prisma.sql`beside."endsAt"`)}, 'rotatedTo', "changedId"), "requestId"
  FROM granted JOIN beside USING (place)
) AS rotation`

/** Tokens in the place of others. Two of them are never made for the same one: the second finds another row than it knew. */
export const rotatedTokens: Kind = Object.freeze({
  merges: false,
  oncePerTarget: false,
  takesAway: true,
  columns: Prisma.sql`
    "changedTokenId" integer, today date, "asksRoles" boolean, "asksAll" boolean, "secretHash" bytea, hint text,
    "expiresAt" timestamptz, "oldEndsAt" timestamptz, "idleBefore" timestamptz, "sealedSecret" text`,
  joined: joinedTo(byId),
  lock: Prisma.sql`FOR UPDATE OF ${name}`,
  targetId: id,
  organization: column('organizationId'),
  standing: Prisma.sql`${stateOfToken} || ${others}`,
  held: asItStands,
  answered: null,
  changedId: Prisma.sql`nextval('tokens_id_seq')::integer`,
  write: inserting,
  writeBeside: [Prisma.sql`beside AS (${ending})`],
  events: rotationEvents,
  outcome: issuedOutcome,
})

function changedTokens(columns: Columns): ChangedTokens {
  const common = {
    merges: true,
    oncePerTarget: true,
    takesAway: true,
    lock: Prisma.sql`FOR UPDATE OF ${name}`,
    targetId: id,
    organization: column('organizationId'),
    standing: Prisma.sql`${stateOfToken} || ${others}`,
    held: Prisma.sql`NULL::text`,
    answered: { table: name, columns: columns(tokens) },
    changedId: Prisma.sql`"targetId"`,
    writeBeside: [],
    outcome: Prisma.sql`'{}'::jsonb`,
  }
  return {
    switched: {
      ...common,
      columns: Prisma.sql`"changedTokenId" integer, "off" boolean`,
      joined: joinedTo(byId),
      write: switching,
    },
    switchedOn: {
      ...common,
      columns: Prisma.sql`
        "changedTokenId" integer, "off" boolean, today date, "asksRoles" boolean, "asksAll" boolean,
        "idleBefore" timestamptz`,
      joined: joinedTo(byId),
      standing: Prisma.sql`${stateOfUse} || ${others}`,
      held: asItStands,
      told: {
        before: Prisma.sql`CASE WHEN standing LIKE 'unused%' THEN '{"stoppedBecause": "UNUSED"}' ELSE before END`,
      },
      write: switching,
    },
    revoked: {
      ...common,
      columns: Prisma.sql`"changedTokenId" integer`,
      joined: joinedTo(byId),
      write: revokingTokens,
    },
    revokedBySecret: {
      ...common,
      columns: Prisma.sql`"secretHash" bytea`,
      joined: joinedTo(Prisma.sql`${tokenBySecret} AND ${visible}`),
      write: revokingTokens,
    },
    // Whoever has it: it is shown to nobody.
    reported: {
      ...common,
      columns: Prisma.sql`"secretHash" bytea, "off" boolean`,
      joined: Prisma.sql`JOIN ${name} ON ${tokenBySecret}`,
      standing: stateOfToken,
      answered: null,
      write: switching,
    },
  }
}

/** What is done to tokens that are there. */
export interface ChangedTokens {
  readonly switched: Kind
  /** The same where who does it must be able to issue the token as it stands. */
  readonly switchedOn: Kind
  readonly revoked: Kind
  readonly revokedBySecret: Kind
  readonly reported: Kind
}

const known = new WeakMap<Columns, ChangedTokens>()

/** The kinds of changes that answer these columns: the same for all requests of a document. */
export function changedTokensOf(columns: Columns): ChangedTokens {
  const kinds = known.get(columns) ?? changedTokens(columns)
  known.set(columns, kinds)
  return kinds
}
