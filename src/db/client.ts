/** The way to the database: one bounded pool, and Prisma over it. Embedded or a server, the code path is the same. */
import type { Socket } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from './generated/prisma/client.ts'
import { type Read, readFromPool, readWithPrisma } from './read.ts'

export interface DatabaseOptions {
  readonly connection: pg.ClientConfig
  /** Connections at most. The embedded database takes exactly one. */
  readonly poolSize: number
  /** Seconds that a statement, or a wait for a connection, may take. */
  readonly timeout: number
  /** What statements that read are sent through: the pool itself (where left out), or Prisma's client over it. */
  readonly reads?: 'pool' | 'prisma'
  /** Told of each statement that is sent, as text. For tests and tracing. */
  readonly onStatement?: (sql: string) => void
}

export interface Database {
  readonly prisma: PrismaClient
  readonly read: Read
  /** Resolves when the database answers, rejects when it does not. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Opens the pool without connecting yet: the first statement does. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool(options)
  const adapter = new PrismaPg(pool, { disposeExternalPool: false })
  const prisma = createPrisma(adapter, options)
  return {
    prisma,
    read: options.reads === 'prisma' ? readWithPrisma(prisma) : told(readFromPool(pool), options),
    async ping() {
      await pool.query('SELECT 1')
    },
    async close() {
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
  // times as ISO 8601 in UTC. A transaction that its gateway has lost sight of holds its locks no longer than it may
  // take; the embedded database stands still for ever when it ends one for that.
  await client.query(
    `DEALLOCATE ALL; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = '${timeout}s';
    SELECT set_config('idle_in_transaction_session_timeout', '${transactionTimeout(timeout)}s', false)
    WHERE version() NOT LIKE '%PGlite%'`,
  )
}

/** Seconds that a transaction may take: it has time for a few statements. */
function transactionTimeout(timeout: number): number {
  return timeout * 2
}

function createPool({ connection, poolSize, timeout }: DatabaseOptions): pg.Pool {
  // The client gives up a second after the server should have: that saves it from a server that froze.
  const patience = (timeout + 1) * 1_000
  const pool = new pg.Pool({
    ...connectionSettings(connection, timeout),
    max: poolSize,
    query_timeout: patience,
    onConnect: (client) => prepareSession(client, timeout),
  })
  // A connection that breaks is replaced by the next statement, and fails the one under way. Without a listener it would
  // end the process: the pool has one while a connection is idle, but none at the moment in which it hands it over.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  // `query_timeout` gives a statement up, but neither the connection, on which its answer may still come, nor the
  // transaction, which the next COMMIT on it would commit. So such a connection is closed: as soon as the server is
  // silent, because what is sent to it then, a ROLLBACK first, would wait as long again, and whatever it is given back as.
  pool.on('connect', (client) => {
    const socket = client.connection.stream as Socket
    socket.setTimeout(patience, () => closeUnlessIdle(client))
  })
  pool.on('release', (_error, client) => closeUnlessIdle(client))
  return pool
}

/** Idle as the protocol has it: nothing is under way, and no transaction is open. The pool drops what is closed. */
function closeUnlessIdle(client: pg.PoolClient): void {
  const { readyForQuery } = client as pg.PoolClient & { readonly readyForQuery: boolean }
  if (!readyForQuery || client.getTransactionStatus() !== 'I') void client.end()
}

/** The same, with what is sent told; Prisma's client tells by itself. */
function told(read: Read, { onStatement }: DatabaseOptions): Read {
  if (onStatement === undefined) return read
  return (statement) => {
    onStatement(statement.text)
    return read(statement)
  }
}

function createPrisma(adapter: PrismaPg, { timeout, onStatement }: DatabaseOptions): PrismaClient {
  // Until a transaction has begun it waits for a connection, for its session and for BEGIN. Each has its own limit, which
  // says what was the matter; so Prisma's comes behind them.
  const maxWait = (3 * timeout + 3) * 1_000
  const transactionOptions = { maxWait, timeout: transactionTimeout(timeout) * 1_000 }
  if (onStatement === undefined) return new PrismaClient({ adapter, transactionOptions })
  const prisma = new PrismaClient({ adapter, transactionOptions, log: [{ emit: 'event', level: 'query' }] })
  prisma.$on('query', (event) => onStatement(event.query))
  return prisma
}
