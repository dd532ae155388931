/** The log: lines of JSON. It never gets a credential, a secret or a document. */
import type { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { Config } from './config.ts'

export type { Logger }

/** Bytes of lines that wait while nobody reads them. What comes on top of them is lost, and counted. */
const mostWaiting = 16_000_000

/**
 * A logger of this level to standard error. Node hands each line to a pipe's reader at once, and lets it wait only where
 * the pipe is full: so nothing that was logged is lost with the process, and a reader that stands still holds up no
 * request.
 */
export function createLogger(level: Config['LOG_LEVEL'], output: Writable): Logger {
  let lost = 0
  const log = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, serializers: { err: told } },
    {
      write(line) {
        if (output.writableLength > mostWaiting) lost += 1
        else output.write(line)
      },
    },
  )
  output.on('drain', () => {
    if (lost > 0) log.warn({ lines: lost }, 'log lines were lost: standard error must be read faster')
    lost = 0
  })
  // The reader has gone: there is nobody left to tell.
  output.on('error', () => {})
  return log
}

/** What of an error is logged. Its other properties may hold values of rows: drivers put them into `detail` and `meta`. */
function told(error: unknown) {
  if (!(error instanceof Error)) return { type: typeof error, message: inspect(error, { depth: 0 }) }
  // Its message and its stack have those of its causes with them.
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack, ...('code' in error ? { code: error.code } : {}) }
}
