/** A way to the database that counts what is sent through it: statements and round trips (PostgreSQL's manual, chapter 55). */
import net from 'node:net'

export interface Counted {
  /** Statements that were executed, without BEGIN, COMMIT and the like. */
  readonly statements: number
  /** Times that the database was waited for. */
  readonly roundTrips: number
}

export interface StatementCounter {
  /** The address to connect to. */
  readonly url: string
  /** What was counted since the last call. */
  take(): Counted
  close(): Promise<void>
}

const controls = /^\s*(BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|DEALLOCATE)\b/i

export async function createStatementCounter(databaseUrl: string): Promise<StatementCounter> {
  const target = new URL(databaseUrl)
  const sockets = new Set<net.Socket>()
  let statements = 0
  let roundTrips = 0
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: target.hostname, port: Number(target.port || 5_432) })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
    // What is asked on a connection that listens belongs to no request.
    let listens = false
    const read = createMessageReader((type, payload) => {
      listens ||= type === 'Q' && /^\s*LISTEN\b/i.test(payload.toString('utf8'))
      if (listens) return
      if (type === 'S' || type === 'Q') roundTrips++
      if (type === 'E' || (type === 'Q' && !controls.test(payload.toString('utf8')))) statements++
    })
    client.on('data', read)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as net.AddressInfo).port)
  return {
    url: url.href,
    take() {
      const counted = { statements, roundTrips }
      statements = 0
      roundTrips = 0
      return counted
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Cuts what a client sends into messages. The first message of a connection has no type. */
function createMessageReader(onMessage: (type: string, payload: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  let isFirst = true
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      const start = isFirst ? 0 : 1
      if (pending.length < start + 4) return
      const end = start + pending.readUInt32BE(start)
      if (pending.length < end) return
      if (!isFirst) onMessage(pending.toString('latin1', 0, 1), pending.subarray(start + 4, end))
      isFirst = false
      pending = pending.subarray(end)
    }
  }
}
