/**
 * Tells before a token ends that is in use, as an event of the audit trail and to the observer: 30 days before, 7 and 1, each
 * once, whether its time is over then or it stops by not being used.
 *
 * - Somebody used it in the last 90 days, or within the idle lifetime where that is longer.
 * - What is nearer than two distances is told of the smaller one alone: so a gateway that was away catches up, and tells no
 *   distance that is not so any more.
 * - A token that was issued later than a distance before its end is not told of at it; and one that nobody uses not before half
 *   of its idle lifetime is over, or each that is used now and then would be told of again and again.
 *
 * Every process looks; the database lets one of them in each hour, and has each event once.
 */

import { isOverSql } from '../auth/expiry.ts'
import { endOfTokenSql, hasStatus, tokenTime } from '../auth/token.ts'
import type { Observer, TokenExpiring } from '../observer.ts'
import type { Database } from './client.ts'
import { Prisma } from './generated/prisma/client.ts'
import { everything } from './rowSecurity.ts'
import { accesses, tokens, users } from './tables.ts'

export interface WarningOptions {
  readonly write: Database['write']
  readonly now: Date
  /** Seconds after which a token that is not used stops; null: it does not by that. */
  readonly idleLifetime: number | null
  readonly observe: Observer
}

/** Days before the end. */
const distances = [1, 7, 30]

const hour = 60 * 60 * 1_000
const day = 24 * hour

/** Milliseconds from one look of any process to the next. */
const pause = hour

/** Milliseconds for which a token that was used is in use. */
const inUse = 90 * day

/** Tokens that one statement looks at. */
const mostLooked = 1_000

/** Looks where that is due, and resolves to the number of warnings. Several processes may do so at once. */
export async function warnOfEnds(options: WarningOptions): Promise<number> {
  const { write, now, idleLifetime } = options
  const turn = await write(
    Prisma.sql`
    UPDATE expiry_warnings SET looked_at = ${now} WHERE looked_at <= ${new Date(now.getTime() - pause)} RETURNING id`,
    neverAborted,
    everything,
  )
  if (turn.length === 0) return 0
  const byTime = await warnOf({ ...options, because: 'EXPIRED' })
  return idleLifetime === null ? byTime : byTime + (await warnOf({ ...options, because: 'UNUSED' }))
}

/** What a statement comes to. */
interface Looked {
  readonly looked: number
  readonly lastAt: Date | null
  readonly lastId: number | null
  readonly warned: readonly Omit<TokenExpiring, 'kind'>[] | null
}

interface Looking extends WarningOptions {
  readonly because: TokenExpiring['because']
}

async function warnOf(looking: Looking): Promise<number> {
  const { write, observe, now, because, idleLifetime } = looking
  const offset = because === 'UNUSED' ? (idleLifetime as number) * 1_000 : 0
  let [at, id] = [new Date(now.getTime() - offset), lastId]
  let warnings = 0
  for (;;) {
    const [found] = await write<Looked>(warnStatement(looking, at, id), neverAborted, everything)
    for (const warned of found?.warned ?? []) observe({ kind: 'tokenExpiring', ...warned })
    warnings += found?.warned?.length ?? 0
    if (!found?.lastAt || found.lastId === null || found.looked < mostLooked) return warnings
    ;[at, id] = [found.lastAt, found.lastId]
  }
}

/** Ids are positive 32-bit integers. */
const lastId = 2 ** 31 - 1

const neverAborted = new AbortController().signal

/** Looks at the tokens that end next after this place, in the order of their ends, and warns of those that are due. */
function warnStatement({ now, idleLifetime, because }: Looking, afterAt: Date, afterId: number): Prisma.Sql {
  const { column } = tokens
  const isIdle = because === 'UNUSED'
  const ordered = isIdle ? column('idleSince') : column('expiresAt')
  const idle = idleLifetime ?? 0
  const until = new Date(now.getTime() + Math.max(...distances) * day - (isIdle ? idle * 1_000 : 0))
  const told = isIdle ? distances.filter((days) => days * 2 * day <= idle * 1_000) : distances
  const usedSince = new Date(now.getTime() - Math.max(inUse, idle * 1_000))
  const status = {
    revokedAt: column('revokedAt'),
    expiresAt: column('expiresAt'),
    idleSince: column('idleSince'),
    deactivated: column('deactivated'),
    userIsOver: isOverSql(users.column('expiresAt'), now),
  }
  const ends = endOfTokenSql(status, idleLifetime)
  const inUtc = (instant: Prisma.Sql) =>
    Prisma.sql`to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
  return Prisma.sql`
    WITH looked AS MATERIALIZED (
      SELECT ${tokens.id}, ${ordered} AS at FROM ${tokens.name}
      WHERE (${ordered}, ${tokens.id}) > (${afterAt}, ${afterId}) AND ${ordered} <= ${until}
      ORDER BY ${ordered}, ${tokens.id} LIMIT ${mostLooked}
    ), due AS (
      SELECT ${tokens.id}, ${column('organizationId')}, ${ends} AS ends, near.days, ${column('lastUsedAt')}
      FROM looked JOIN ${tokens.name} ON ${tokens.id} = looked.id
      JOIN ${accesses.name} ON ${accesses.id} = ${column('accessId')}
      JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}
      CROSS JOIN LATERAL (
        SELECT min(days) AS days FROM unnest(${told}::integer[]) AS days WHERE ${ends} <= ${now}::timestamptz + days * interval '1 day'
      ) AS near
      WHERE ${hasStatus(['ACTIVE'], status, tokenTime(now, idleLifetime))} AND ${column('lastUsedAt')} > ${usedSince}
      AND ${column('createdAt')} <= ${ends} - near.days * interval '1 day'
      AND (${ends} = ${column('expiresAt')}) = ${!isIdle}
    ), warned AS (
      INSERT INTO audit_events (organization_id, at, subject, action, target_type, target_id, after, outcome, request_id)
      SELECT organization_id, ${now}, 'iam-graph', 'token.expiring', 'Token', id::text, jsonb_build_object(
        'days', days, 'endsAt', ${inUtc(Prisma.sql`ends`)}, 'because', ${because}::text,
        'lastUsedAt', ${inUtc(Prisma.sql`last_used_at`)}), 'SUCCESS', 'warnings'
      FROM due ORDER BY ends, id
      ON CONFLICT (target_id, (after ->> 'endsAt'), (after ->> 'days')) WHERE action = 'token.expiring' DO NOTHING
      RETURNING organization_id, target_id, after
    )
    SELECT (SELECT count(*)::integer FROM looked) AS looked,
      (SELECT at FROM looked ORDER BY at DESC, id DESC LIMIT 1) AS "lastAt",
      (SELECT id FROM looked ORDER BY at DESC, id DESC LIMIT 1) AS "lastId",
      (SELECT json_agg(json_build_object('tokenId', target_id, 'organizationId', organization_id, 'days', (after -> 'days')::integer,
        'endsAt', after ->> 'endsAt', 'because', after ->> 'because')) FROM warned) AS warned`
}
