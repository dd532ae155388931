/** Fills a database with a large population, for load tests and for seeing how things look when there are many. */
import type { ClientBase } from 'pg'
import { insertCatalogue } from '../demo/insertCatalogue.ts'
import { reserveIds } from '../reserveIds.ts'
import { uuidOf } from './draws.ts'
import { insertPopulation, populationParameters } from './population.ts'
import {
  accessIdsPerUser,
  firstAccessId,
  firstFreeIds,
  firstLargeUser,
  foundedDaysAgo,
  maximumLargeUsers,
  maximumUsers,
} from './ranges.ts'

/** Taken for each transaction, so that seeds which run at once take turns. Any number does that nothing else locks. */
const advisoryLock = 72_707_370

const dayLength = 24 * 60 * 60 * 1_000

export interface BulkSeedOptions {
  /** How many users the organizations of the population are to have together, 1 to `maximumUsers`. */
  readonly users: number
  /** How many users one more organization is to have, at most `maximumLargeUsers`; 0, or left out: there is none. */
  readonly large?: number | undefined
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
  const { users, large = 0, now, onProgress, chunk = 5_000 } = options
  const started = performance.now()
  // A session that has inserted a few rows before, those of the demo, would go on checking foreign keys as one does with few.
  await client.query('DISCARD PLANS')
  await reserveIds(client, firstFreeIds)
  await insertCatalogue(client)
  const goals: readonly Goal[] = [
    { part: many, users },
    { part: single, users: large },
  ]
  const done: number[] = []
  for (const { part } of goals) done.push(await countUsers(client, part))
  let inserted = 0
  let rows = 0
  const tell = () => {
    const reached = goals.map((goal, index) => Math.min(done[index] ?? 0, goal.users))
    onProgress(sum(reached), users + large)
  }
  tell()
  for (const [index, goal] of goals.entries()) {
    while ((done[index] ?? 0) < goal.users) {
      const step = await insertChunk(client, goal, now, chunk)
      done[index] = step.done
      inserted += step.inserted
      rows += step.rows
      tell()
    }
  }
  // The embedded database has nobody who does it in the background. It also merges what the text indexes put off.
  await client.query('VACUUM (ANALYZE) organizations, users, accesses, role_assignments, tokens')
  return { inserted, users: sum(done), rows, seconds: (performance.now() - started) / 1_000 }
}

/** Users with numbers of their own, which are inserted one after another. */
interface Part {
  readonly first: number
  readonly maximum: number
}

const many: Part = Object.freeze({ first: 0, maximum: maximumUsers })
const single: Part = Object.freeze({ first: firstLargeUser, maximum: maximumLargeUsers })

/** How many users a part is to have. */
interface Goal {
  readonly part: Part
  readonly users: number
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** One transaction: the next users after those that are there. */
async function insertChunk(client: ClientBase, { part, users }: Goal, now: Date, chunk: number) {
  await client.query('BEGIN')
  try {
    // What a crash of the server takes away of the last transactions, the next run inserts again.
    await client.query("SET LOCAL TimeZone = 'UTC'; SET LOCAL synchronous_commit = off")
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    const from = await countUsers(client, part)
    const to = Math.min(from + chunk, users)
    const day = await firstDay(client, now)
    const counts =
      from < to ? await insertUsers(client, part.first + from, part.first + to, day) : { users: 0, rows: 0 }
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

/** How many users of the part are there. Throws where others have taken its ids. */
async function countUsers(client: ClientBase, { first, maximum }: Part): Promise<number> {
  const firstId = firstAccessId + accessIdsPerUser * first
  const { rows } = await client.query<{ i: number; known: boolean }>(
    `SELECT i, user_id = ${uuidOf('user', 'i')} AS known
     FROM (
       SELECT (id - ${firstAccessId}) / ${accessIdsPerUser} AS i, user_id FROM accesses
       WHERE id >= $1::int AND id < $2::int ORDER BY id DESC LIMIT 1
     ) AS last`,
    [firstId, firstId + accessIdsPerUser * maximum],
  )
  const [last] = rows
  if (last === undefined) return 0
  if (!last.known)
    throw new Error(`expected the access ids from ${firstId} on to be the seed's own, found some of others`)
  return last.i + 1 - first
}

/** The day that the dates are counted from: a first founder tells the one on which the population was begun. */
async function firstDay(client: ClientBase, now: Date): Promise<Date> {
  const { rows } = await client.query<{ created_at: Date }>(
    `SELECT created_at FROM users WHERE id IN (${uuidOf('user', String(many.first))}, ${uuidOf('user', String(single.first))})
     ORDER BY created_at LIMIT 1`,
  )
  const founded = rows[0]?.created_at
  return founded === undefined ? startOfDay(now) : new Date(founded.getTime() + foundedDaysAgo * dayLength)
}

function startOfDay(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / dayLength) * dayLength)
}
