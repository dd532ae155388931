/** The log: lines of JSON on standard error. It never gets a credential, a secret or a document. */
import { destination, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

export type { Logger }

/** A logger of this level. */
export function createLogger(level: Config['LOG_LEVEL']): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }))
}
