/**
 * A connection of the driver that hands rows over as they came, many at a time. The driver itself makes an object of each
 * row, and a text of each value in it, which for rows that are only written on is most of the work.
 */
import { EventEmitter } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import pg from 'pg'

/**
 * Rows that came together: `count` DataRow messages (PostgreSQL's manual, section 55.7) from `start` to `end`. The bytes are
 * others once they have been taken.
 */
export interface RowMessages {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly count: number
}

/** Who takes rows as they came. */
export interface RowTaker {
  takeRows(messages: RowMessages): void
}

/** What the driver's connection does besides what its types say: it reads what the stream given here emits. */
interface DriverConnection extends pg.Connection {
  attachListeners(stream: Emitting): void
}

type Emitting = Pick<EventEmitter, 'on'>

const dataRow = 0x44
/** A message's type, and its length. */
const headLength = 5

/** What comes on a connection, parted into rows and everything else. */
class Incoming {
  /** Null: the driver takes the rows as well. */
  taker: RowTaker | null = null
  /** Emits what the driver reads. */
  readonly #others = new EventEmitter()
  /** The beginning of a message whose end has not come yet. */
  #begun: Buffer[] = []
  #begunLength = 0
  /** How long it is; what is known of it, where that is not told yet. */
  #expected = headLength

  constructor(connection: DriverConnection) {
    const attach = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream) => {
      attach(this.#others)
      stream.on('data', (chunk: Buffer) => this.part(chunk)).on('end', () => this.#others.emit('end'))
    }
  }

  /** Takes what has come, whose bytes may be others afterwards. */
  part(chunk: Buffer): void {
    const bytes = this.#whole(chunk)
    if (bytes === null) return
    /** Up to where everything has been handed over. */
    let done = 0
    let at = 0
    while (at < bytes.length) {
      const next = endOf(bytes, at)
      if (next > bytes.length) break
      if (this.taker === null || bytes[at] !== dataRow) {
        at = next
        continue
      }
      if (done < at) this.#emit(bytes, done, at)
      done = this.#handRows(bytes, at)
      at = done
    }
    if (done < at) this.#emit(bytes, done, at)
    this.#keep(bytes, at)
  }

  /** The driver may keep what it gets. */
  #emit(bytes: Buffer, from: number, to: number): void {
    this.#others.emit('data', Buffer.from(bytes.subarray(from, to)))
  }

  /** Hands over the rows that begin here; returns where they end. */
  #handRows(bytes: Buffer, start: number): number {
    let end = start
    let count = 0
    while (end < bytes.length && bytes[end] === dataRow) {
      const next = endOf(bytes, end)
      if (next > bytes.length) break
      end = next
      count += 1
    }
    this.taker?.takeRows({ bytes, start, end, count })
    return end
  }

  /** The chunk with what has come before it; null while no message in it is whole. */
  #whole(chunk: Buffer): Buffer | null {
    if (this.#begunLength === 0) return chunk
    this.#begun.push(Buffer.from(chunk))
    this.#begunLength += chunk.length
    if (this.#begunLength < this.#expected) return null
    const whole = Buffer.concat(this.#begun, this.#begunLength)
    this.#begun = []
    this.#begunLength = 0
    return whole
  }

  #keep(bytes: Buffer, at: number): void {
    if (at === bytes.length) return
    this.#begun = [Buffer.from(bytes.subarray(at))]
    this.#begunLength = bytes.length - at
    this.#expected = this.#begunLength < headLength ? headLength : endOf(bytes, at) - at
  }
}

/** Where the message ends that begins here: beyond all bytes where not even its head is there. */
function endOf(bytes: Buffer, at: number): number {
  return at + headLength > bytes.length ? Number.POSITIVE_INFINITY : at + 1 + bytes.readInt32BE(at + 1)
}

const incoming = new WeakMap<pg.Connection, Incoming>()

/**
 * Lets somebody take the rows of the statement that is under way on the connection, which is one of a `RowClient`; with null,
 * the driver takes those of the next.
 */
export function takeRowsFrom(connection: pg.Connection, taker: RowTaker | null): void {
  const all = incoming.get(connection)
  if (all === undefined) throw new Error('expected a connection of a RowClient')
  all.taker = taker
}

/** What is read from all connections, from one after the other: to read into a buffer of its own each time takes more. */
const read = Buffer.allocUnsafeSlow(65_536)

/** The driver's client, whose rows can be taken as they come. */
export class RowClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    const parts = (length: number): boolean => {
      all.part(read.subarray(0, length))
      return true
    }
    const stream = ({ ssl }: pg.ClientConfig): Duplex =>
      // What is encrypted is read by who decrypts it.
      ssl
        ? new net.Socket()
        : new net.Socket({ onread: { buffer: read, callback: parts } } as net.SocketConstructorOpts)
    super({ ...config, stream: stream as NonNullable<pg.ClientConfig['stream']> })
    const all = new Incoming(this.connection as DriverConnection)
    incoming.set(this.connection, all)
  }
}
