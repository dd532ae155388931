/** The way to the database: one bounded pool, and Prisma over it. Embedded or a server, the code path is the same. */
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { type Observer, unfailing } from '../observer.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { probeApart, probeThrough } from './health.ts'
import { type Listener, listen, organizationChannel, type Told } from './listener.ts'
import { createPool } from './pool.ts'
import { type Read, readFromPool, readWithPrisma, type Statement } from './read.ts'
import { sessionOfRole } from './rowSecurity.ts'
import { createWatch, type Watch } from './watch.ts'
import { type Write, writeInTransaction, writeToPool } from './write.ts'

export interface DatabaseOptions {
  readonly connection: pg.ClientConfig
  /** Connections at most. The embedded database takes exactly one. */
  readonly poolSize: number
  /** Seconds that a statement, or a wait for a connection, may take. */
  readonly timeout: number
  /** What statements that read are sent through: the pool itself (where left out), or Prisma's client over it. */
  readonly reads?: 'pool' | 'prisma'
  /**
   * Whether the database gives up a statement when it is told to, so that a statement that changes something needs no
   * transaction around it. The embedded database does not.
   */
  readonly cancellable?: boolean
  /** Whether row-level security has been set up (`secureRows`), and sessions take its role. Not with Prisma's client. */
  readonly rowSecurity?: boolean
  /**
   * Whether the database's health is asked on a connection of its own, beside the pool. Never of the embedded database,
   * whose one backend all connections share.
   */
  readonly healthApart?: boolean
  /** Whether the database tells of changes, on a connection of its own. Never the embedded one, which has one process. */
  readonly listens?: boolean
  /** Told of each statement that is sent, as text. For tests. */
  readonly onStatement?: (sql: string) => void
  /** Told of each statement that is answered, and of each change of the database's state. */
  readonly observe?: Observer | undefined
}

export interface Database {
  /** Connections at most. */
  readonly connections: number
  /** With row-level security it sees no rows of organizations. */
  readonly prisma: PrismaClient
  readonly read: Read
  readonly write: Write
  /** Whether a statement sees the rows only of whom it is sent for: then it can be sent for one organization only. */
  readonly rowSecurity: boolean
  /** Sends statements that belong to no request, and that nobody is told of. */
  readonly upkeep: Read
  /** Tells of what other processes do, where the database can: `null` for what may have been missed. */
  onOrganizationChange(told: Told): void
  /** Whether the database answers, within a second, and takes changes. Never rejects. */
  isReady(): Promise<boolean>
  close(): Promise<void>
}

/** Opens the pool without connecting yet: the first statement does. */
export function openDatabase(options: DatabaseOptions): Database {
  const { timeout, poolSize, rowSecurity = false } = options
  const observe = options.observe && unfailing(options.observe)
  const settings = connectionSettings(options.connection, timeout)
  const patience = patienceOf(timeout)
  const pool = createPool(
    {
      ...settings,
      max: poolSize,
      query_timeout: patience,
      async onConnect(client) {
        await prepareSession(client, timeout)
        if (rowSecurity) await client.query(sessionOfRole)
      },
    },
    (failure) => watch.suspect(failure),
  )
  const probe = options.healthApart ? probeApart(settings, () => watch.suspect()) : probeThrough(pool, patience)
  const watch: Watch = createWatch(probe, observe ?? (() => {}))
  const adapter = new PrismaPg(pool, { disposeExternalPool: false })
  const prisma = createPrisma(adapter, options, observe)
  const tell = tellerOf(options, observe)
  const withPrisma = options.reads === 'prisma'
  const pooled = readFromPool(pool, rowSecurity)
  const listeners = new Set<Told>()
  let listener: Listener | undefined
  return {
    connections: options.poolSize,
    prisma,
    read: withPrisma ? readWithPrisma(prisma) : tell(readFromPool(pool, rowSecurity)),
    write: withPrisma || !options.cancellable ? writeInTransaction(prisma) : tell(writeToPool(pool, rowSecurity)),
    rowSecurity,
    upkeep: (statement, sentFor) => (listener?.read ?? pooled)(statement, sentFor),
    onOrganizationChange(told) {
      listeners.add(told)
      if (!options.listens) return
      const tellAll: Told = (payload) => {
        for (const each of listeners) each(payload)
      }
      listener ??= listen({
        connection: settings,
        prepare: (client) => prepareSession(client, timeout),
        channel: organizationChannel,
        told: tellAll,
        instead: pooled,
      })
    },
    isReady: watch.isReady,
    async close() {
      await listener?.close()
      await watch.close()
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

/** The settings that every connection has, those of the migrations and of the seed as well. */
export function connectionSettings(connection: pg.ClientConfig, timeout: number): pg.ClientConfig {
  return {
    ...connection,
    application_name: 'iam-graph',
    keepAlive: true,
    connectionTimeoutMillis: timeout * 1_000,
  }
}

/**
 * Sets what every session has, whatever the server, the role and the address say; `timeout` in seconds, 0 for none.
 * By statements and not by start-up options, which the embedded database does not take and an address may replace.
 */
export async function prepareSession(client: pg.ClientBase, timeout: number): Promise<void> {
  // All connections of the embedded database share one backend, and so the names of statements. Prisma's adapter reads
  // times as ISO 8601 in UTC, and its statements name tables of the schema public: whatever search path the role or the
  // database has, that one comes first. A transaction that its gateway has lost sight of holds its locks no longer than it
  // may take; the embedded database stands still for ever when it ends one for that.
  await client.query(
    `DEALLOCATE ALL; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = '${timeout}s';
    SELECT set_config('search_path', concat_ws(', ', 'public', nullif(current_setting('search_path'), '')), false);
    SELECT set_config('idle_in_transaction_session_timeout', '${transactionTimeout(timeout)}s', false)
    WHERE version() NOT LIKE '%PGlite%'`,
  )
}

/** Seconds that a transaction may take: it has time for a few statements. */
function transactionTimeout(timeout: number): number {
  return timeout * 2
}

/**
 * Milliseconds for which an answer is waited for: the client gives up a second after the server should have. That saves it
 * from a server that froze.
 */
function patienceOf(timeout: number): number {
  return (timeout + 1) * 1_000
}

/** A way to send statements. */
type Send<Further extends unknown[]> = <Row extends object>(statement: Statement, ...further: Further) => Promise<Row[]>

/** Makes a way to send statements one that tells what is sent and answered; Prisma's client tells by itself. */
function tellerOf({ onStatement }: DatabaseOptions, observe: Observer | undefined) {
  return <Further extends unknown[]>(send: Send<Further>): Send<Further> => {
    if (onStatement === undefined && observe === undefined) return send
    return async <Row extends object>(statement: Statement, ...further: Further) => {
      const { text } = statement
      onStatement?.(text)
      const started = performance.now()
      const rows = await send<Row>(statement, ...further)
      observe?.({ kind: 'statement', text, duration: performance.now() - started })
      return rows
    }
  }
}

function createPrisma(
  adapter: PrismaPg,
  { timeout, onStatement }: DatabaseOptions,
  observe: Observer | undefined,
): PrismaClient {
  // Until a transaction has begun it waits for a connection, for its session and for BEGIN. Each has its own limit, which
  // says what was the matter; so Prisma's comes behind them.
  const maxWait = 3 * patienceOf(timeout)
  const transactionOptions = { maxWait, timeout: transactionTimeout(timeout) * 1_000 }
  if (onStatement === undefined && observe === undefined) return new PrismaClient({ adapter, transactionOptions })
  const prisma = new PrismaClient({ adapter, transactionOptions, log: [{ emit: 'event', level: 'query' }] })
  prisma.$on('query', ({ query, duration }) => {
    onStatement?.(query)
    observe?.({ kind: 'statement', text: query, duration })
  })
  return prisma
}
