/**
 * The load generator, a process of its own: keeps a number of connections busy with one request after another, and
 * measures while it is told to. Over plain sockets and with requests written beforehand, because it shares its core with
 * the database.
 */
import net from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { busySeconds, cpuSeconds } from './machine.ts'
import { createResponseReader } from './responseReader.ts'

export interface LoadCommand {
  readonly type: 'load'
  readonly port: number
  /** Requests as they go over the wire. Connection i uses the list i, by turns; they share a list where there is one. */
  readonly lists: readonly (readonly string[])[]
  readonly connections: number
  readonly mark: string
}

export interface MeasureCommand {
  readonly type: 'measure'
  /** Milliseconds. */
  readonly duration: number
  readonly server: number
  readonly database: readonly number[]
}

export interface Measured {
  readonly requests: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly bytes: number
  /** Seconds of CPU that each used meanwhile; `machine` is everybody. */
  readonly cpu: {
    readonly server: number
    readonly database: number
    readonly generator: number
    readonly machine: number
  }
  /** The beginning of an answer that was wrong, if any was. */
  readonly wrong: string | null
}

/** `stop` sends no further requests; it is answered by the text `stopped` once all that were sent are answered. */
export type Command = LoadCommand | MeasureCommand | { readonly type: 'stop' }

/**
 * Answers that a measurement holds at least, for each connection and in all: with many connections to a slow server they
 * come in waves, and a part of a wave tells nothing. It waits for them so many milliseconds beyond its time.
 */
const fewestEach = 2
const fewest = 5
const patience = 10_000

const latencies = createHistogram({ figures: 3 })
/** Connections, all in all and those that still wait for an answer. */
let connected = 0
let busy = 0
let isStopping = false
let requests = 0
let bytes = 0
let wrong: string | null = null

function load({ port, lists, connections, mark }: LoadCommand): void {
  wrong = null
  isStopping = false
  connected = connections
  busy = connections
  requests = 0
  const queues = lists.map((list) => ({ list: list.map((text) => Buffer.from(text)), next: 0 }))
  for (let index = 0; index < connections; index++) {
    const queue = queues[index % queues.length]
    if (queue === undefined) throw new Error('expected requests')
    let sentAt = 0
    const send = () => {
      sentAt = performance.now()
      socket.write(queue.list[queue.next++ % queue.list.length] as Buffer)
    }
    const end = () => {
      socket.destroy()
      busy--
      if (busy === 0) process.send?.('stopped')
    }
    const reader = createResponseReader(mark, (isRight, beginning) => {
      // Whole microseconds, from 1.
      latencies.record(Math.max(1, Math.round((performance.now() - sentAt) * 1_000)))
      requests++
      if (!isRight) wrong ??= beginning
      if (isStopping) end()
      else send()
    })
    const onread = {
      buffer: Buffer.allocUnsafe(65_536),
      callback(size: number, buffer: Uint8Array) {
        bytes += size
        reader.read(buffer.subarray(0, size) as Buffer)
        return true
      },
    }
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true, onread })
    socket.on('connect', send).on('error', (error) => {
      wrong ??= String(error)
    })
  }
}

function measure({ duration, server, database }: MeasureCommand): void {
  const used = () => ({
    server: cpuSeconds(server),
    database: database.map(cpuSeconds),
    generator: cpuSeconds(process.pid),
    machine: busySeconds(),
  })
  latencies.reset()
  requests = 0
  bytes = 0
  const before = used()
  const startedAt = performance.now()
  const enough = Math.max(fewest, fewestEach * connected)
  const finish = () => {
    const seconds = (performance.now() - startedAt) / 1_000
    const after = used()
    const measured: Measured = {
      requests,
      seconds,
      p50: latencies.percentile(50) / 1_000,
      p99: latencies.percentile(99) / 1_000,
      bytes,
      cpu: {
        server: after.server - before.server,
        // One that has ended meanwhile was idle.
        database: after.database.reduce(
          (sum, used, index) => sum + Math.max(0, used - (before.database[index] ?? 0)),
          0,
        ),
        generator: after.generator - before.generator,
        machine: after.machine - before.machine,
      },
      wrong,
    }
    process.send?.(measured)
  }
  const look = () => {
    const isLate = performance.now() - startedAt > duration + patience
    if (requests >= enough || isLate || wrong !== null) finish()
    else setTimeout(look, 100)
  }
  setTimeout(look, duration)
}

/** Goes on once each connection has had an answer, or has waited long enough. */
function whenWarm(next: () => void, since = performance.now()): void {
  const isLate = performance.now() - since > patience
  if (requests >= connected || isLate || wrong !== null) next()
  else setTimeout(() => whenWarm(next, since), 20)
}

process.on('message', (command: Command) => {
  if (command.type === 'load') load(command)
  else if (command.type === 'measure') whenWarm(() => measure(command))
  else isStopping = true
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
