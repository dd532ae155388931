/**
 * A connection of its own to the database, which tells of changes on it, and on which can be asked what has changed: that
 * waits for no other statement. While it is lost, the pool is asked.
 */
import type pg from 'pg'
import { createAsk, type Read } from './read.ts'
import { RowClient } from './rowConnection.ts'

/** Where the triggers of the database tell of organizations and their versions. */
export const organizationChannel = 'iam_graph_organizations'

/** Told of a notification; null: of any number of them that may have been missed. */
export type Told = (payload: string | null) => void

export interface Listener {
  /** Asks on the connection, or in its place. */
  readonly read: Read
  close(): Promise<void>
}

/** Milliseconds after which a connection that was lost is made again. */
const again = 1_000
/** Milliseconds that the database has for an answer on it. */
const patience = 500

export interface ListenerOptions {
  readonly connection: pg.ClientConfig
  /** Sets what every session has. */
  prepare(client: pg.Client): Promise<unknown>
  readonly channel: string
  readonly told: Told
  /** Asks while there is no connection. */
  readonly instead: Read
}

/** Listens from now on, until it is closed. */
export function listen({ connection, prepare, channel, told, instead }: ListenerOptions): Listener {
  const ask = createAsk(false)
  let client: pg.Client | undefined
  let isListening = false
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const lose = (lost: pg.Client) => {
    if (client !== lost) return
    client = undefined
    isListening = false
    // The server may be silent: nobody waits for it to say good-bye.
    lost.connection.stream.destroy()
    if (!closed) timer = setTimeout(open, again).unref()
  }
  const open = () => {
    const opened = new RowClient({ ...connection, query_timeout: patience })
    client = opened
    opened.on('error', () => lose(opened))
    opened.on('end', () => lose(opened))
    opened.on('notification', ({ payload }) => told(payload ?? null))
    opened
      .connect()
      .then(() => prepare(opened))
      .then(() => opened.query(`LISTEN ${channel}`))
      .then(
        () => {
          isListening = client === opened
          told(null)
        },
        () => lose(opened),
      )
  }
  open()
  return {
    async read(statement, sentFor) {
      const asked = client
      if (asked === undefined || !isListening) return instead(statement, sentFor)
      try {
        return await ask(asked, statement)
      } catch {
        lose(asked)
        return instead(statement, sentFor)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
