/** How the database is, asked of it. */
import pg from 'pg'

export interface Probe {
  /** Whether the database takes changes, or only answers. Rejects where it does neither in time. Not called twice at once. */
  ask(): Promise<'reachable' | 'readOnly'>
  close(): Promise<void>
}

/** Milliseconds that the database has for an answer, a new connection included. */
const patience = 1_000

/** Milliseconds after which a connection that was not used is not trusted: firewalls forget those, and tell nobody. */
const trustedFor = 30_000

const tooLate = () => new Error(`no answer within ${patience / 1_000} s`)

/**
 * Asks on a connection of its own, which is kept: a gateway whose connections are all taken is busy, but its database is
 * well. `onLoss` is called when the connection breaks while nothing is asked.
 */
export function probeApart(connection: pg.ClientConfig, onLoss: () => void): Probe {
  let kept: pg.Client | undefined
  let answered = 0
  let asking = false
  let closed = false

  const drop = async (client: pg.Client) => {
    if (kept === client) kept = undefined
    await client.end()
  }
  const open = () => {
    const client = new pg.Client(connection)
    client.on('error', () => {
      void drop(client)
      if (!asking) onLoss()
    })
    return client
  }
  const askOn = async (client: pg.Client, deadline: number) => {
    const timer = setTimeout(() => client.connection.stream.destroy(tooLate()), deadline - performance.now())
    try {
      if (client !== kept) await client.connect()
      // It is on in a standby, and in a server that was told to take no changes.
      const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only')
      const answer = rows[0]?.transaction_read_only === 'on' ? 'readOnly' : 'reachable'
      answered = performance.now()
      // By its name another server may be the primary the next time.
      if (answer === 'readOnly' || closed) void drop(client)
      else kept = client
      return answer
    } catch (error) {
      void drop(client)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async ask() {
      const deadline = performance.now() + patience
      asking = true
      try {
        if (kept !== undefined && performance.now() - answered > trustedFor) void drop(kept)
        // A kept one that broke says nothing of the next one.
        const answer = kept && (await askOn(kept, deadline).catch(() => undefined))
        return answer ?? (await askOn(open(), deadline))
      } finally {
        asking = false
      }
    },
    async close() {
      closed = true
      if (kept !== undefined) await drop(kept)
    },
  }
}

/**
 * Asks through the pool, for a database that takes one connection and no more. While that one is in use, it is enough that
 * it has had an answer within `longest` milliseconds, which is how long a statement may take.
 */
export function probeThrough(pool: pg.Pool, longest: number): Probe {
  let answered = Number.NEGATIVE_INFINITY
  let asked: Promise<unknown> | undefined
  let inUse = 0
  pool.on('acquire', () => {
    inUse += 1
  })
  pool.on('release', (error, client) => {
    inUse -= 1
    if (!error && client.getTransactionStatus() === 'I') answered = performance.now()
  })
  const isAtWork = () => inUse > 0 && performance.now() - answered < longest
  return {
    async ask() {
      if (isAtWork()) return 'reachable'
      asked ??= pool.query('SELECT 1').finally(() => {
        asked = undefined
      })
      if (!(await inTime(asked)) && !isAtWork()) throw tooLate()
      return 'reachable'
    },
    close: async () => {},
  }
}

/** Whether the work is done within the time that a question has. */
async function inTime(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), patience)
  })
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}
