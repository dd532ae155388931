/** From configuration to a database that is reached, migrated and, for demos, filled. */
import pg from 'pg'
import { StartupError } from '../errors.ts'
import { connectionSettings, type Database, openDatabase } from './client.ts'
import { fillDemoData, isEmpty } from './demo/demoData.ts'
import { openEmbedded } from './embedded.ts'
import { migrate, underLock } from './migrate.ts'

export interface ProvisionOptions {
  /** A PostgreSQL server's address; null: the embedded database. */
  readonly url: string | null
  /** The folder of the embedded database. */
  readonly folder: string
  readonly poolSize: number
  /** Seconds that a statement, or a wait for a connection, may take. */
  readonly timeout: number
  /** Whether an empty database is filled with demo data. */
  readonly demoData: boolean
  readonly clock: () => Date
}

/** A place where a database is, before anything has been opened. */
export interface Location {
  readonly kind: 'embedded' | 'server'
  readonly connection: pg.ClientConfig
  /** Connections at most. */
  readonly poolSize: number
  close(): Promise<void>
}

export interface Provisioned {
  readonly kind: Location['kind']
  readonly database: Database
  /** Names of the migrations that were missing. */
  readonly migrated: readonly string[]
  /** Whether the demo data was filled in just now. */
  readonly filled: boolean
  close(): Promise<void>
}

/** Starts the embedded database, or takes the server's address. */
export async function locateDatabase({
  url,
  folder,
  poolSize,
}: Pick<ProvisionOptions, 'url' | 'folder' | 'poolSize'>): Promise<Location> {
  if (url !== null) return { kind: 'server', connection: { connectionString: url }, poolSize, close: async () => {} }
  const { connection, close } = await openEmbedded({ folder })
  // One backend serves all connections, and what one of them sets the others see: so there is only one.
  return { kind: 'embedded', connection, poolSize: 1, close }
}

/** Does the work on a connection of its own, with no limit on how long a statement takes. Throws StartupError where none can be had. */
export async function withConnection<T>(
  { kind, connection }: Location,
  timeout: number,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(connectionSettings(connection, timeout))
  // A broken connection fails the statement under way; without a listener it would end the process as well.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    const reason = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error)
    throw new StartupError(`The database (${kind}) can't be reached: ${reason}`, 1, error)
  }
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Reaches the database, brings it up to date and opens it. Throws StartupError with what an operator can do something about. */
export async function provisionDatabase(options: ProvisionOptions): Promise<Provisioned> {
  const location = await locateDatabase(options)
  try {
    const done = await withConnection(location, options.timeout, (client) =>
      underLock(client, async () => {
        const migrated = await migrate(client)
        const filled = options.demoData && (await isEmpty(client))
        if (filled) await fillDemoData(client, options.clock())
        return { migrated, filled }
      }),
    )
    const database = openDatabase({
      connection: location.connection,
      poolSize: location.poolSize,
      timeout: options.timeout,
    })
    return {
      ...done,
      kind: location.kind,
      database,
      async close() {
        await database.close()
        await location.close()
      },
    }
  } catch (error) {
    await location.close()
    throw error
  }
}
