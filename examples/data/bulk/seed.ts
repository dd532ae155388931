/** Fills a database with a large population, for load tests and for seeing how things look when there are many. */
import type { ClientBase } from 'pg'
import { insertCatalogue } from '../demo/insertCatalogue.ts'
import { reserveIds } from '../reserveIds.ts'
import { uuidOf } from './draws.ts'
import { insertPopulation, populationParameters } from './population.ts'
import { accessIdsPerUser, firstAccessId, firstFreeIds, foundedDaysAgo } from './ranges.ts'

/** Taken for each transaction, so that seeds which run at once take turns. Any number does that nothing else locks. */
const advisoryLock = 72_707_370

const dayLength = 24 * 60 * 60 * 1_000

export interface BulkSeedOptions {
  /** How many users the population is to have, 1 to `maximumUsers`. */
  readonly users: number
  /** Dates are counted from this UTC day, or from the day on which the population was begun. */
  readonly now: Date
  /** Told how many of the users are there, before the first transaction and after each. */
  readonly onProgress: (done: number, total: number) => void
  /** Users for each transaction. It changes nothing about what is inserted. */
  readonly chunk?: number
}

export interface BulkSeedResult {
  /** Users that this run inserted. */
  readonly inserted: number
  /** Users of the population that are there now. */
  readonly users: number
  /** Rows that this run inserted, users and all that belongs to them. */
  readonly rows: number
  readonly seconds: number
}

/**
 * Brings the population to as many users as asked for; one that is larger already stays as it is. A run that was
 * interrupted is continued by the next one, and the rows are the same as if there had been one run only.
 *
 * Expects a migrated database and a client outside a transaction. What was committed stays when it rejects.
 */
export async function bulkSeed(client: ClientBase, options: BulkSeedOptions): Promise<BulkSeedResult> {
  const { users, now, onProgress, chunk = 5_000 } = options
  const started = performance.now()
  // A session that has inserted a few rows before, those of the demo, would go on checking foreign keys as one does with few.
  await client.query('DISCARD PLANS')
  await reserveIds(client, firstFreeIds)
  await insertCatalogue(client)
  let { done } = await readPopulation(client, now)
  let inserted = 0
  let rows = 0
  onProgress(Math.min(done, users), users)
  while (done < users) {
    const step = await insertChunk(client, users, now, chunk)
    done = step.done
    inserted += step.inserted
    rows += step.rows
    onProgress(Math.min(done, users), users)
  }
  // The embedded database has nobody who does it in the background. It also merges what the text indexes put off.
  await client.query('VACUUM (ANALYZE) organizations, users, accesses, role_assignments, tokens')
  return { inserted, users: done, rows, seconds: (performance.now() - started) / 1_000 }
}

/** One transaction: the next users after those that are there. */
async function insertChunk(client: ClientBase, users: number, now: Date, chunk: number) {
  await client.query('BEGIN')
  try {
    await client.query("SET LOCAL TimeZone = 'UTC'")
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    const { done: from, day } = await readPopulation(client, now)
    const to = Math.min(from + chunk, users)
    const counts = from < to ? await insertUsers(client, from, to, day) : { users: 0, rows: 0 }
    await client.query('COMMIT')
    return { done: Math.max(from, to), inserted: counts.users, rows: counts.rows }
  } catch (error) {
    // The connection may be what failed.
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function insertUsers(client: ClientBase, from: number, to: number, day: Date) {
  const { rows } = await client.query<{ users: string; rows: string }>(
    insertPopulation,
    populationParameters(from, to, day),
  )
  return { users: Number(rows[0]?.users), rows: Number(rows[0]?.rows) }
}

/** How many users the population has, and which day its dates are counted from. */
async function readPopulation(client: ClientBase, now: Date): Promise<{ readonly done: number; readonly day: Date }> {
  const last = await client.query<{ done: number; known: boolean }>(
    `SELECT i + 1 AS done, user_id = ${uuidOf('user', 'i')} AS known
     FROM (
       SELECT (id - $1::int) / $2::int AS i, user_id FROM accesses
       WHERE id >= $1::int AND id < $3::int ORDER BY id DESC LIMIT 1
     ) AS last`,
    [firstAccessId, accessIdsPerUser, firstFreeIds.accesses],
  )
  const found = last.rows[0]
  if (found === undefined) return { done: 0, day: startOfDay(now) }
  if (!found.known) {
    throw new Error(`expected the access ids from ${firstAccessId} on to be the seed's own, found some of others`)
  }
  // The first founder tells the day on which the population was begun.
  const first = await client.query<{ created_at: Date }>(
    `SELECT created_at FROM users WHERE id = ${uuidOf('user', '0')}`,
  )
  const founded = first.rows[0]?.created_at
  const day = founded === undefined ? startOfDay(now) : new Date(founded.getTime() + foundedDaysAgo * dayLength)
  return { done: found.done, day }
}

function startOfDay(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / dayLength) * dayLength)
}
