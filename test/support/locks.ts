/** Waiting for others to wait: what tests of locks need. */
import type pg from 'pg'

/** The sessions of the client's database that wait for a lock. */
export async function waiting(client: pg.Client): Promise<readonly object[]> {
  // Within a transaction the statistics would stay as they were first read.
  await client.query('SELECT pg_stat_clear_snapshot()')
  const { rows } = await client.query<object>(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows
}

/** Waits until some session waits for a lock. */
export async function untilWaiting(client: pg.Client): Promise<void> {
  while ((await waiting(client)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
