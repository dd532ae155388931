/** Requests that must not be carried out twice, however often they are sent. */
import { byteaText } from './bytea.ts'
import { Prisma } from './generated/prisma/client.ts'
import { everything } from './rowSecurity.ts'
import type { Write } from './write.ts'

/** Milliseconds for which a key is remembered. */
const rememberedFor = 24 * 60 * 60 * 1_000

/**
 * The columns of a change that say under which key it is asked for, with their types. Without a key all are null. Keys for
 * what belongs to no organization are those of the caller's.
 */
export const keyColumns = Prisma.sql`
  "callerOrganization" uuid, key text, "requestHash" bytea, forgotten timestamptz`

/** The values of those columns; the hash is SHA-256, 32 bytes. */
export function keyValues(key: string, requestHash: Uint8Array, callerOrganization: string | null, now: Date) {
  return { callerOrganization, key, requestHash: byteaText(requestHash), forgotten: oldest(now) }
}

/** The same of a change that has no key. */
export const noKey = Object.freeze({ callerOrganization: null, key: null, requestHash: null, forgotten: null })

/**
 * Joins what was done under the key of `job` in the last 24 hours to a row of the organization, which may be null: `outcome`,
 * and whether it asked for the `same`. Both are null where nothing was.
 */
export function earlierRequest(job: Prisma.Sql, organization: Prisma.Sql) {
  return {
    joined: Prisma.sql`
      LEFT JOIN idempotency_keys AS earlier ON earlier.organization_id = coalesce(${organization}, ${job}."callerOrganization")
        AND earlier.subject = ${job}.subject AND earlier.key = ${job}.key AND earlier.created_at > ${job}.forgotten`,
    columns: Prisma.sql`earlier.outcome, earlier.request_hash = ${job}."requestHash" AS same`,
  }
}

/**
 * Remembers what is done by the rows of `changes`, each under its key, and gives the keys of those that nobody else has been
 * faster with: what comes second waits for the first and is left out.
 */
export function rememberRequests(changes: Prisma.Sql, outcome: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO idempotency_keys AS known (organization_id, subject, key, request_hash, outcome, created_at)
    SELECT coalesce("targetOrganization", "callerOrganization"), subject, key, "requestHash", ${outcome}, at FROM ${changes}
    ON CONFLICT (organization_id, subject, key) DO UPDATE
      SET request_hash = EXCLUDED.request_hash, outcome = EXCLUDED.outcome, created_at = EXCLUDED.created_at
      WHERE known.created_at <= EXCLUDED.created_at - ${interval}
    RETURNING key`
}

const interval = Prisma.raw(`interval '${rememberedFor} milliseconds'`)

const neverAborted = new AbortController().signal

/** Rows that one statement removes at most, so that none of them holds others up. */
const swept = 1_000

/**
 * Forgets what is older than 24 hours, whoever asked for it, and returns how many requests those were. Several processes
 * may do so at once.
 */
export async function forgetOldRequests(write: Write, now: Date): Promise<number> {
  let forgotten = 0
  for (;;) {
    const { length } = await write(
      Prisma.sql`
      DELETE FROM idempotency_keys WHERE (organization_id, subject, key) IN (
        SELECT organization_id, subject, key FROM idempotency_keys
        WHERE created_at <= ${oldest(now)} LIMIT ${swept} FOR UPDATE SKIP LOCKED) RETURNING key`,
      neverAborted,
      everything,
    )
    forgotten += length
    if (length < swept) return forgotten
  }
}

function oldest(now: Date): Date {
  return new Date(now.getTime() - rememberedFor)
}
