/** Connections to the database: each is used again only while all is well with it, and what is not is told. */
import type { Socket } from 'node:net'
import pg from 'pg'
import { databaseFailure } from './failure.ts'
import { RowClient } from './rowConnection.ts'

/** Is told of what goes wrong with connections and on them; without a failure: of silence. */
type Suspect = (failure?: unknown) => void

/** A pool that connects when it is first used. `query_timeout` is how long a connection may be silent while it is in use. */
export function createPool(config: pg.PoolConfig & { readonly query_timeout: number }, suspect: Suspect): pg.Pool {
  const pool = new pg.Pool({ ...config, Client: RowClient as never })
  // A connection that breaks is replaced by the next statement, and fails the one under way. Without a listener it would
  // end the process: the pool has one while a connection is idle, but none at the moment in which it hands it over.
  pool.on('error', () => {})
  // `query_timeout` gives a statement up, but neither the connection, on which its answer may still come, nor the
  // transaction, which the next COMMIT on it would commit. So such a connection is closed: as soon as the server is
  // silent, because what is sent to it then, a ROLLBACK first, would wait as long again, and whatever it is given back as.
  // One that takes no changes any more is closed, too: by its name another server may be the primary now.
  const demoted = new WeakSet<pg.Client>()
  pool.on('connect', (client) => {
    client.on('error', suspect)
    client.connection.on('errorMessage', (failure: unknown) => {
      if (databaseFailure(failure) === 'readOnly') demoted.add(client)
      suspect(failure)
    })
    const socket = client.connection.stream as Socket
    socket.setTimeout(config.query_timeout, () => {
      if (isIdle(client)) return
      void client.end()
      suspect()
    })
  })
  pool.on('release', (_error, client) => {
    if (!isIdle(client) || demoted.has(client)) void client.end()
  })
  tellOfConnecting(pool, suspect)
  return pool
}

/** Idle as the protocol has it: nothing is under way, and no transaction is open. The pool drops what is closed. */
function isIdle(client: pg.PoolClient): boolean {
  const { readyForQuery } = client as pg.PoolClient & { readonly readyForQuery: boolean }
  return readyForQuery && client.getTransactionStatus() === 'I'
}

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void

/** Tells of each connection that can't be had, which the pool tells to nobody but the one who asked. */
function tellOfConnecting(pool: pg.Pool, suspect: Suspect): void {
  const established = new Set<pg.PoolClient>()
  pool.on('connect', (client) => established.add(client)).on('remove', (client) => established.delete(client))
  const connect = pool.connect.bind(pool) as (connected: Connected) => void
  const telling = (connected: Connected) =>
    connect((error, client, release) => {
      if (error === undefined || error === null) return connected(error, client, release)
      // The pool has waited for a connection to become free; where none is established, for the server.
      const isBusy = databaseFailure(error) === 'busy'
      const failure = isBusy && established.size === 0 ? noneEstablished() : error
      suspect(failure)
      connected(failure, client, release)
    })
  pool.connect = ((connected?: Connected) => {
    if (connected !== undefined) return telling(connected)
    return new Promise((resolve, reject) =>
      telling((error, client) => (client === undefined ? reject(error) : resolve(client))),
    )
  }) as pg.Pool['connect']
}

function noneEstablished(): Error {
  return Object.assign(new Error('no connection could be established in time'), { code: 'ETIMEDOUT' })
}
