/** What a failed statement means, whichever of the driver's, the adapter's and Prisma's shapes the error came in. */

export type DatabaseFailure = 'unreachable' | 'timeout' | 'conflict' | 'unique'

const byCode: Readonly<Record<string, DatabaseFailure>> = {
  // Prisma's own (P2002 comes without meta.target from driver adapters).
  P1001: 'unreachable',
  P1002: 'unreachable',
  P1008: 'timeout',
  P1017: 'unreachable',
  P2002: 'unique',
  P2024: 'unreachable',
  P2028: 'unreachable',
  P2034: 'conflict',
  // The operating system's.
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  ENOENT: 'unreachable',
  ENOTFOUND: 'unreachable',
  EPIPE: 'unreachable',
  ETIMEDOUT: 'unreachable',
  // PostgreSQL's (appendix A of its manual).
  '23505': 'unique',
  '40001': 'conflict',
  '40P01': 'conflict',
  '53300': 'unreachable',
  '55P03': 'timeout',
  '57014': 'timeout',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'unreachable',
}

/** Errors of `pg` that carry no code. */
const byMessage: readonly (readonly [RegExp, DatabaseFailure])[] = [
  [
    /connection terminated|timeout exceeded when trying to connect|server closed the connection|not queryable/i,
    'unreachable',
  ],
  [/can't reach database server|connection (error|closed|timeout)/i, 'unreachable'],
  [/query read timeout|statement timeout/i, 'timeout'],
  [/unique constraint/i, 'unique'],
]

/** The kind of failure, or undefined where the error is none of the expected ones. */
export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, message, cause, meta, originalCode } = error as Record<string, unknown>
  for (const candidate of [originalCode, code]) {
    if (typeof candidate === 'string' && Object.hasOwn(byCode, candidate)) return byCode[candidate]
  }
  const nested =
    databaseFailure(cause) ??
    databaseFailure((meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError)
  if (nested !== undefined) return nested
  return byMessage.find(([pattern]) => typeof message === 'string' && pattern.test(message))?.[1]
}
