/** The log: lines of JSON. It never gets a credential, a secret or a document. */
import type { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { type Logger, pino, stdSerializers } from 'pino'
import type { Config } from './config.ts'

/** Bytes of lines that wait while nobody reads them. What comes on top of them is lost, and counted. */
const mostWaiting = 16_000_000

/** pino's logger, with a way past it for lines of which there are many. */
export interface Log extends Logger {
  /**
   * Writes a line of these members, JSON without its braces, as pino would, but in a fifth of the time; none where the
   * level is not enabled. Lines of one turn of the event loop are written together at its end, or before any other line:
   * a process that is killed in the middle of a turn takes those of this turn with it.
   */
  line(level: 'debug' | 'info', members: string): void
  /** Writes what waits for the end of the turn: to be called when the process ends. */
  flush(): void
}

/**
 * A logger of this level to standard error. Node hands each line to a pipe's reader at once, and lets it wait only where
 * the pipe is full: so nothing that was logged is lost with the process, and a reader that stands still holds up no
 * request.
 */
export function createLogger(level: Config['LOG_LEVEL'], output: Writable): Log {
  let lost = 0
  let waiting = ''
  let count = 0
  const timeMember = createTimeMember()
  const write = (lines: string, howMany: number) => {
    if (output.writableLength > mostWaiting) lost += howMany
    else output.write(lines)
  }
  const flush = () => {
    if (count > 0) write(waiting, count)
    waiting = ''
    count = 0
  }
  const logger = pino(
    { level, base: null, timestamp: () => `,${timeMember()}`, serializers: { err: told } },
    {
      write(line) {
        flush()
        write(line, 1)
      },
    },
  )
  output.on('drain', () => {
    if (lost > 0) logger.warn({ lines: lost }, 'log lines were lost: standard error must be read faster')
    lost = 0
  })
  // The reader has gone: there is nobody left to tell.
  output.on('error', () => {})
  return Object.assign(logger, {
    line(at: 'debug' | 'info', members: string) {
      if (!logger.isLevelEnabled(at)) return
      if (count === 0) setImmediate(flush)
      waiting += `{"level":${pino.levels.values[at]},${timeMember()},${members}}\n`
      count += 1
    },
    flush,
  })
}

/** What time it is, as a member of a line. Requests of the same millisecond share the text. */
function createTimeMember(): () => string {
  let at = 0
  let member = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      member = `"time":"${new Date(now).toISOString()}"`
    }
    return member
  }
}

/** What of an error is logged. Its other properties may hold values of rows: drivers put them into `detail` and `meta`. */
function told(error: unknown) {
  if (!(error instanceof Error)) return { type: typeof error, message: inspect(error, { depth: 0 }) }
  // Its message and its stack have those of its causes with them.
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack, ...('code' in error ? { code: error.code } : {}) }
}
