/** From configuration to a database that is reached, migrated and, for demos, filled. */
import pg from 'pg'
import { StartupError } from '../errors.ts'
import { connectionSettings, type Database, type DatabaseOptions, openDatabase, prepareSession } from './client.ts'
import { openEmbedded } from './embedded.ts'
import { databaseFailure } from './failure.ts'
import { canChangeTrail, grantGateway, roleOf } from './gatewayRole.ts'
import { type LockOptions, migrate, underLock } from './migrate.ts'
import { saidIfLong, withPatience } from './patience.ts'
import { requireFit } from './requirements.ts'
import { secureRows } from './rowSecurity.ts'

export interface ProvisionOptions extends LockOptions {
  /** A PostgreSQL server's address; null: the embedded database. */
  readonly url: string | null
  /** The same server as its owner reaches it, who applies migrations; null: as the gateway does. */
  readonly ownerUrl?: string | null
  /** The folder of the embedded database. */
  readonly folder: string
  readonly poolSize: number
  /** Seconds that a statement, or a wait for a connection, may take. */
  readonly timeout: number
  readonly reads?: DatabaseOptions['reads']
  /** Whether the server itself keeps organizations apart. */
  readonly rowSecurity?: boolean
  readonly observe?: DatabaseOptions['observe']
  /** Fills a database that has been brought up to date, and says whether it did. Left out: nothing is filled in. */
  readonly fill?: ((client: pg.Client) => Promise<boolean>) | undefined
}

/** A place where a database is, before anything has been opened. */
export interface Location {
  readonly kind: 'embedded' | 'server'
  readonly connection: pg.ClientConfig
  /** Connections at most. */
  readonly poolSize: number
  /** Resolves with the reason where an embedded database ends by itself. A server's end is found out by asking it. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

export interface Provisioned {
  readonly kind: Location['kind']
  readonly database: Database
  /** Names of the migrations that were missing. */
  readonly migrated: readonly string[]
  /** Whether `fill` filled it just now. */
  readonly filled: boolean
  /** Whether the gateway's own role could change the audit trail. */
  readonly trailIsOpen: boolean
  readonly ended: Location['ended']
  close(): Promise<void>
}

/** Starts the embedded database, or takes the server's address. */
export async function locateDatabase({
  url,
  folder,
  poolSize,
}: Pick<ProvisionOptions, 'url' | 'folder' | 'poolSize'>): Promise<Location> {
  if (url !== null) {
    const connection = { connectionString: url }
    return { kind: 'server', connection, poolSize, ended: new Promise(() => {}), close: async () => {} }
  }
  const { connection, ended, close } = await openEmbedded({ folder })
  // One backend serves all connections, and what one of them sets the others see: so there is only one.
  return { kind: 'embedded', connection, poolSize: 1, ended, close }
}

const nameOf = { embedded: 'The embedded database', server: 'The PostgreSQL server of DATABASE_URL' } as const

type Reach = Pick<ProvisionOptions, 'timeout' | 'onWait'>

/**
 * Does the work on a connection of its own, with no limit on how long a statement takes; `timeout` is how long the
 * database may take to be there. Throws StartupError where none can be had, where the database is not what `requireFit`
 * asks for, and where it refuses a statement or goes away.
 */
export async function withConnection<T>(
  location: Pick<Location, 'kind' | 'connection'>,
  reach: Reach,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(location, reach)
  const name = nameOf[location.kind]
  try {
    await withPatience(
      prepareSession(client, 0).then(() => requireFit(client)),
      {
        what: `the first answer of ${inSentence(name)}`,
        atMost: reach.timeout,
        remedy: 'it takes connections and does not answer, see whether it is overloaded or stopped',
        onWait: reach.onWait,
      },
    )
    return await work(client)
  } catch (error) {
    throw startupFailure(location.kind, error)
  } finally {
    await client.end()
  }
}

/** What a start ends with: a StartupError where the database is the matter, the same error otherwise. */
export function startupFailure(kind: Location['kind'], error: unknown): unknown {
  if (error instanceof StartupError) return error
  if (!(error instanceof pg.DatabaseError) && databaseFailure(error) === undefined) return error
  return new StartupError(`${nameOf[kind]} failed: ${reasonOf(error)}`, 1, error)
}

async function connect({ kind, connection }: Pick<Location, 'kind' | 'connection'>, reach: Reach): Promise<pg.Client> {
  const name = nameOf[kind]
  try {
    const client = new pg.Client(connectionSettings(connection, reach.timeout))
    // A broken connection fails the statement under way; without a listener it would end the process as well.
    client.on('error', () => {})
    await saidIfLong(client.connect(), `a connection to ${inSentence(name)}`, reach.onWait)
    return client
  } catch (error) {
    throw new StartupError(`${name} can't be reached: ${reasonOf(error)}`, 1, error)
  }
}

function inSentence(name: string): string {
  return name.replace(/^The/, 'the')
}

/** In one line. Node's error for two addresses at once has a code, but no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message.split('\n')[0] || String((error as NodeJS.ErrnoException).code)
}

/**
 * Applies the migrations that are missing and fills the database, where that is wanted. Gateways that start at once wait
 * for each other. The role is that of the gateway, where the client is another one's. Throws StartupError as `migrate`,
 * `underLock` and `grantGateway` do.
 */
export function bringUpToDate(
  client: pg.Client,
  {
    fill,
    rowSecurity,
    role,
    lockTimeout,
    onWait,
  }: Pick<ProvisionOptions, 'fill' | 'rowSecurity' | keyof LockOptions> & { readonly role?: string },
): Promise<Pick<Provisioned, 'migrated' | 'filled' | 'trailIsOpen'>> {
  const work = async () => {
    const migrated = await migrate(client)
    const filled = fill !== undefined && (await fill(client))
    if (role !== undefined) await grantGateway(client, role)
    if (rowSecurity) await secureRows(client, role)
    return { migrated, filled, trailIsOpen: role === undefined && (await canChangeTrail(client, await roleOf(client))) }
  }
  return underLock(client, work, { lockTimeout, onWait })
}

/** Brings the database up to date, as its owner where that is another one than the gateway. */
async function provisioned(location: Location, options: ProvisionOptions) {
  const { ownerUrl = null } = options
  if (ownerUrl === null) return withConnection(location, options, (client) => bringUpToDate(client, options))
  const role = await withConnection(location, options, roleOf)
  const owners = { ...location, connection: { connectionString: ownerUrl } }
  return withConnection(owners, options, (client) => bringUpToDate(client, { ...options, role }))
}

/** Reaches the database, brings it up to date and opens it. Throws StartupError with what an operator can do something about. */
export async function provisionDatabase(options: ProvisionOptions): Promise<Provisioned> {
  const location = await locateDatabase(options)
  try {
    const done = await provisioned(location, options)
    const database = openDatabase({
      connection: location.connection,
      poolSize: location.poolSize,
      timeout: options.timeout,
      healthApart: location.kind === 'server',
      cancellable: location.kind === 'server',
      listens: location.kind === 'server',
      observe: options.observe,
      rowSecurity: options.rowSecurity ?? false,
      ...(options.reads === undefined ? {} : { reads: options.reads }),
    })
    return {
      ...done,
      kind: location.kind,
      database,
      ended: location.ended,
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
