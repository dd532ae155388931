/** A way to a test database that can be cut: TCP in front of a server or of the embedded database's unix socket. */
import net from 'node:net'
import { join } from 'node:path'
import type pg from 'pg'
import type { TestDatabase } from './database.ts'

export interface DatabaseProxy {
  readonly connection: pg.ClientConfig
  readonly port: number
  /** Breaks the connection that sends this text: before the database gets it, or once the database has answered it. */
  cutAt(text: string, when: 'before' | 'after'): void
  /**
   * Ends the connection that gets this answer, counted from now on, the first is 1: behind the answer and in the same
   * packet with the news of it, as a server that is shut down does (`told`), or instead of the answer (`reset`).
   */
  endAt(answer: number, how: 'told' | 'reset'): void
  /**
   * Holds everything on the connection that sends this text, both ways, until `goOn`: before the database gets it, or
   * before its answer comes back.
   */
  stallAt(text: string, when: 'before' | 'after'): void
  /** Holds everything on all connections, those that are opened from now on among them, until `goOn`. */
  silence(): void
  /** Lets what is held go on. */
  goOn(): void
  /** Whether what `endAt` asked for has happened. */
  readonly ended: boolean
  /** Breaks all connections and takes no new ones. */
  close(): Promise<void>
}

/** A way that is open; `at` is the port of an earlier one, to open that again. */
export async function createDatabaseProxy(
  { connection }: Pick<TestDatabase, 'connection'>,
  at = 0,
): Promise<DatabaseProxy> {
  const sockets = new Set<net.Socket>()
  let cut: { readonly text: string; readonly when: 'before' | 'after' } | undefined
  let stall: typeof cut
  const stalled = new Set<() => void>()
  let answersLeft = 0
  let ending: 'told' | 'reset' = 'told'
  let isSilent = false
  const server = net.createServer((client) => {
    const upstream = net.connect(addressOf(connection))
    let isLast = false
    // For the client it breaks; the database sees an orderly end, because the embedded one does not survive others.
    const end = () => {
      client.destroy()
      upstream.end()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
      if (isSilent) socket.pause()
    }
    client.on('data', (chunk) => {
      if (stall !== undefined && chunk.includes(stall.text)) {
        client.pause()
        upstream.pause()
        if (stall.when === 'before') client.unshift(chunk)
        else upstream.write(chunk)
        stalled.add(() => {
          client.resume()
          upstream.resume()
        })
        stall = undefined
        return true
      }
      if (cut === undefined || !chunk.includes(cut.text)) return upstream.write(chunk)
      isLast = true
      const { when } = cut
      cut = undefined
      return when === 'before' ? end() : upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (answersLeft > 0 && endsAnswer(chunk) && --answersLeft === 0) {
        if (ending === 'told') client.end(Buffer.concat([chunk, shutdownMessage]))
        else client.resetAndDestroy()
        upstream.end()
      } else if (!isLast) client.write(chunk)
      else if (endsAnswer(chunk)) end()
    })
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    connection: through(connection, port),
    port,
    cutAt(text, when) {
      cut = { text, when }
    },
    endAt(answer, how) {
      answersLeft = answer
      ending = how
    },
    stallAt(text, when) {
      stall = { text, when }
    },
    silence() {
      isSilent = true
      for (const socket of sockets) socket.pause()
    },
    goOn() {
      isSilent = false
      for (const socket of sockets) socket.resume()
      for (const resume of stalled) resume()
      stalled.clear()
    },
    get ended() {
      return answersLeft === 0
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Whether it ends with ReadyForQuery (PostgreSQL's manual, section 55.7). */
function endsAnswer(chunk: Buffer): boolean {
  return chunk.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]))
}

/** What a server says to each connection that is open when it shuts down: an ErrorResponse, FATAL. */
const shutdownMessage = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')
  const head = Buffer.from([0x45, 0, 0, 0, 0])
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
})()

/** Where the database listens. */
export function addressOf({ connectionString, host }: pg.ClientConfig): net.NetConnectOpts {
  if (connectionString === undefined) return { path: join(host ?? '', '.s.PGSQL.5432') }
  const { hostname, port } = new URL(connectionString)
  return { host: hostname, port: Number(port || 5432) }
}

/** The same connection by a port of this machine. */
export function through(connection: pg.ClientConfig, port: number): pg.ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, host: '127.0.0.1', port }
  const url = new URL(connection.connectionString)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return { connectionString: url.href }
}
