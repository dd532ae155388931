/**
 * The one way in which rows are read: a statement goes in, its rows come out, in the shapes that Prisma's models have.
 * Through Prisma's client, or past it over the same pool, which costs a quarter of the time.
 */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { Visibility } from '../auth/visibility.ts'
import type { Tally } from '../observer.ts'
import { Prisma, type PrismaClient } from './generated/prisma/client.ts'
import { parameterOf } from './parameters.ts'
import { QueryFor } from './rowSecurity.ts'
import { type KnownStatement, RowsQuery } from './rowsQuery.ts'

/** SQL with places (`$1`) for its values. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /**
   * Whether the server plans it for its values each time: it gets no name then. For those whose best plan depends on values,
   * as where a search finds much or nothing: the sixth time that one comes by its name, the server takes one plan for all.
   */
  readonly isPlannedByValues?: boolean
}

/** The same statement, planned for its values each time. */
export function plannedByValues({ text, values }: Statement): Statement {
  return { text, values, isPlannedByValues: true }
}

/**
 * Answers a statement. Rejects with what the driver or Prisma says; `databaseFailure` knows what it means. Where the database
 * has row-level security, the statement sees the rows that are visible to whom it is sent for, and none where that is left out.
 */
export type Read = <Row extends object>(statement: Statement, sentFor?: Visibility) => Promise<Row[]>

/** The same, with each statement counted in the request's tally. */
export function counting(read: Read, tally: Tally): Read {
  return (statement, sentFor) => {
    tally.statements += 1
    return read(statement, sentFor)
  }
}

/** Reads through Prisma's client, or through that of a transaction: then inside of it. */
export function readWithPrisma(client: Pick<PrismaClient, '$queryRaw' | '$queryRawUnsafe'>): Read {
  return (statement) =>
    statement instanceof Prisma.Sql
      ? client.$queryRaw(statement)
      : client.$queryRawUnsafe(statement.text, ...statement.values)
}

/** Reads over the pool, whose sessions may have the role of row-level security. */
export function readFromPool(pool: pg.Pool, rowSecurity: boolean): Read {
  const ask = createAsk(rowSecurity)
  return (statement, sentFor) => ask(pool, statement, sentFor)
}

/**
 * Makes what sends statements over the driver's connections, with names: the server parses and plans those once for each
 * connection. The rows are `WrittenRow`s, whose members are on their prototype.
 */
export function createAsk(rowSecurity: boolean) {
  const known = createKnownStatements()
  return <Row extends object>(
    connection: Pick<pg.Pool | pg.PoolClient, 'query'>,
    { text, values, isPlannedByValues = false }: Statement,
    sentFor?: Visibility,
  ): Promise<Row[]> => {
    const statement = known(text, isPlannedByValues)
    const parameters = values.map(parameterOf)
    const query =
      rowSecurity && sentFor ? new QueryFor(statement, parameters, sentFor) : new RowsQuery(statement, parameters)
    return new Promise((resolve, reject) => {
      const send = connection.query as unknown as Send
      send.call(connection, query, undefined, (error, rows) => (error ? reject(error) : resolve(rows as never)))
    })
  }
}

/** Both a pool and a client take any query that can submit itself. */
type Send = (query: RowsQuery, values: undefined, done: RowsQuery['callback']) => void

/** Statements that are kept. Each connection keeps what it has prepared by a name, so their number is bounded. */
const mostKnown = 500

/** Gives a statement a name when it comes for the second time, so that those that come once take nobody's place. */
function createKnownStatements(): (text: string, isPlannedByValues: boolean) => KnownStatement {
  const seen = new Set<string>()
  const known = new Map<string, KnownStatement>()
  return (text, isPlannedByValues) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const isNew = !seen.has(text)
    if (isNew) {
      if (seen.size >= mostKnown) seen.clear()
      seen.add(text)
    }
    if (isNew || known.size >= mostKnown) return { text, name: undefined, Row: undefined }
    const name = isPlannedByValues ? undefined : createHash('sha256').update(text).digest('hex').slice(0, 32)
    const statement = { text, name, Row: undefined }
    known.set(text, statement)
    return statement
  }
}
