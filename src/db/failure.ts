/** What a failed statement means, whichever of the driver's, the adapter's and Prisma's shapes the error came in. */

export type DatabaseFailure =
  /** There is no connection to be had, or it broke. */
  | 'unreachable'
  /** The server is there, but short of something that it needs: room on its disk, memory. */
  | 'impaired'
  /** It takes no changes: it is a standby, or was made one. */
  | 'readOnly'
  /** All connections of this gateway were taken for too long. */
  | 'busy'
  | 'timeout'
  | 'conflict'
  | 'unique'

const byCode: Readonly<Record<string, DatabaseFailure>> = {
  // Prisma's own (P2002 comes without meta.target from driver adapters).
  P1000: 'unreachable',
  P1001: 'unreachable',
  P1002: 'unreachable',
  P1003: 'unreachable',
  P1008: 'unreachable',
  P1010: 'unreachable',
  P1011: 'unreachable',
  P1017: 'unreachable',
  P2002: 'unique',
  P2024: 'busy',
  P2034: 'conflict',
  P2037: 'unreachable',
  // The operating system's.
  EADDRNOTAVAIL: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EAI_FAIL: 'unreachable',
  ECONNABORTED: 'unreachable',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EPIPE: 'unreachable',
  ETIMEDOUT: 'unreachable',
  // PostgreSQL's (appendix A of its manual), where one differs from its class.
  // What a row refers to was removed meanwhile, or something has come to refer to what is removed.
  // The first is how PostgreSQL 18 tells of ON DELETE RESTRICT.
  '23001': 'conflict',
  '23503': 'conflict',
  '23505': 'unique',
  '25006': 'readOnly',
  '25P03': 'timeout',
  '25P04': 'timeout',
  '3D000': 'unreachable',
  '40001': 'conflict',
  '40P01': 'conflict',
  '53300': 'unreachable',
  '55P03': 'timeout',
  '57014': 'timeout',
}

/** Classes of PostgreSQL's codes. */
const byClass: Readonly<Record<string, DatabaseFailure>> = {
  // Connection exceptions, and invalid authorization: a password that was changed.
  '08': 'unreachable',
  '28': 'unreachable',
  // Insufficient resources.
  '53': 'impaired',
  // Operator intervention: it shuts down, restarts, or was told to end the connection.
  '57': 'unreachable',
  // Errors of the system beneath it.
  '58': 'impaired',
}

/** What Prisma's adapter for pg makes of errors whose code it does not keep. */
const byKind: Readonly<Record<string, DatabaseFailure>> = {
  ConnectionClosed: 'unreachable',
  DatabaseNotReachable: 'unreachable',
  SocketTimeout: 'unreachable',
  TlsConnectionError: 'unreachable',
}

/** Errors that carry no code, or one that says too little (P2028 is any failure of a transaction). */
const byMessage: readonly (readonly [RegExp, DatabaseFailure])[] = [
  [/timeout exceeded when trying to connect|unable to start a transaction in the given time/i, 'busy'],
  [/connection terminated|timeout expired|server closed the connection|not queryable/i, 'unreachable'],
  [/can't reach database server|connection (error|closed|timeout)/i, 'unreachable'],
  // A unix socket is a file, and files that are none have the same codes.
  [/connect (ENOENT|EACCES)\b|\bSSL connections?\b/, 'unreachable'],
  [/query read timeout|statement timeout|on an expired transaction/i, 'timeout'],
  [/unique constraint/i, 'unique'],
]

/** The kind of failure, or undefined where the error is none of the expected ones. */
export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, message, cause, meta, originalCode, kind } = error as Record<string, unknown>
  return (
    failureOfCode(originalCode) ??
    failureOfCode(code) ??
    valueAt(byKind, kind) ??
    databaseFailure(cause) ??
    databaseFailure((meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError) ??
    byMessage.find(([pattern]) => typeof message === 'string' && pattern.test(message))?.[1]
  )
}

function failureOfCode(code: unknown): DatabaseFailure | undefined {
  if (typeof code !== 'string') return undefined
  return valueAt(byCode, code) ?? (/^\d[\dA-Z]{4}$/.test(code) ? valueAt(byClass, code.slice(0, 2)) : undefined)
}

function valueAt(table: Readonly<Record<string, DatabaseFailure>>, key: unknown): DatabaseFailure | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key) ? table[key] : undefined
}
