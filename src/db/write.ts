/**
 * The one way in which statements that change something are sent: each is all that its change takes, and happens as a
 * whole or not at all.
 */
import pg from 'pg'
import type { Visibility } from '../auth/visibility.ts'
import { GatewayError } from '../errors.ts'
import { databaseFailure } from './failure.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import { createAsk, readWithPrisma, type Statement } from './read.ts'
import { inTransaction } from './transaction.ts'

/**
 * Sends the statement and answers its rows. When the signal is aborted, nobody waits for it any more: then it is not sent,
 * or taken back where there is still time to.
 *
 * Rejects with OUTCOME_UNKNOWN where the statement may have happened or not; with anything else, nothing has happened. Whose
 * rows it may see is that of `Read`.
 */
export type Write = <Row extends object>(
  statement: Statement,
  signal: AbortSignal,
  sentFor?: Visibility,
) => Promise<Row[]>

/** How often a statement is sent at most that lost against another transaction. */
const attempts = 3

/**
 * Writes over the pool, each statement as a transaction of its own: that takes one round trip. The server is told to give
 * up what nobody waits for.
 */
export function writeToPool(pool: pg.Pool, rowSecurity: boolean): Write {
  const ask = createAsk(rowSecurity)

  const once: Write = async <Row extends object>(statement: Statement, signal: AbortSignal, sentFor?: Visibility) => {
    const client = await pool.connect()
    let cancelled = false
    const cancel = () => {
      cancelled = true
      requestCancel(client, pool.options)
    }
    try {
      signal.throwIfAborted()
      signal.addEventListener('abort', cancel, { once: true })
      return await ask<Row>(client, statement, sentFor).catch(throwOutcome)
    } finally {
      signal.removeEventListener('abort', cancel)
      // The request may reach the server late, and must not meet a statement of somebody else.
      client.release(cancelled)
    }
  }
  return async (statement, signal, sentFor) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(statement, signal, sentFor)
      } catch (error) {
        if (attempt === attempts || databaseFailure(error) !== 'conflict') throw error
      }
    }
  }
}

/** Only a server that says so has taken back what it was sent. */
function throwOutcome(error: unknown): never {
  if (error instanceof pg.DatabaseError && databaseFailure(error) !== 'unreachable') throw error
  throw new GatewayError(
    'OUTCOME_UNKNOWN',
    'the connection to the database broke while the change was being committed',
    { cause: error },
  )
}

/** Asks the server to give up what the client has sent (PostgreSQL's manual, section 55.2.8). It may be too late for that. */
function requestCancel(client: pg.PoolClient, options: pg.PoolConfig): void {
  const { processID, secretKey } = client as unknown as BackendKey
  const { host, port, connection } = new pg.Client(options)
  const asking = connection as unknown as CancellingConnection
  // Where the server can't be told, it goes on: nobody waits for it.
  asking.on('error', () => {})
  asking.on('connect', () => asking.cancel(processID, secretKey))
  if (host.startsWith('/')) asking.connect(`${host}/.s.PGSQL.${port}`)
  else asking.connect(port, host)
}

/** What the driver keeps of a session for telling its server to give up a statement. */
interface BackendKey {
  readonly processID: number
  readonly secretKey: number
}

interface CancellingConnection extends pg.Connection {
  connect(portOrPath: number | string, host?: string): void
  cancel(processID: number, secretKey: number): void
}

/**
 * Writes through Prisma's client, each statement in a transaction that is committed only when somebody still waits for it.
 * For databases that can't be told to give up a statement.
 */
export function writeInTransaction(prisma: PrismaClient): Write {
  return (statement, signal) =>
    inTransaction(prisma, async (transaction) => {
      signal.throwIfAborted()
      const rows = await readWithPrisma(transaction)<never>(statement)
      signal.throwIfAborted()
      return rows
    })
}
