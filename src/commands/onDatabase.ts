/** What the commands that work on the database have in common. */
import type { Client } from 'pg'
import { type Config, readConfig } from '../config.ts'
import type { Location } from '../db/provision.ts'

/** Does the work on the database that is configured, brought up to date, on a connection of its own. Throws StartupError. */
export async function onDatabase<T>(
  work: (client: Client, kind: Location['kind'], config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env)
  const { bringUpToDate, locateDatabase, withConnection } = await import('../db/provision.ts')
  const location = await locateDatabase({
    url: config.DATABASE_OWNER_URL ?? config.DATABASE_URL,
    folder: config.DATA_DIR,
    poolSize: 1,
  })
  try {
    return await withConnection(location, { timeout: config.DATABASE_TIMEOUT, onWait: sayWait }, async (client) => {
      await bringUpToDate(client, { onWait: sayWait })
      return work(client, location.kind, config)
    })
  } finally {
    await location.close()
  }
}

/** Says on standard error what is waited for. */
export function sayWait(what: string): void {
  process.stderr.write(`Waiting for ${what}\n`)
}
