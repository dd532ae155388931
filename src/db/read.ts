/**
 * The one way in which rows are read: a statement goes in, its rows come out, in the shapes that Prisma's models have.
 * Through Prisma's client, or past it over the same pool, which costs a quarter of the time.
 */
import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'

/** Answers a statement. Rejects with what the driver or Prisma says; `databaseFailure` knows what it means. */
export type Read = <Row extends object>(statement: Prisma.Sql) => Promise<Row[]>

/** Reads through Prisma's client, or through that of a transaction: then inside of it. */
export function readWithPrisma(client: Pick<PrismaClient, '$queryRaw'>): Read {
  return (statement) => client.$queryRaw(statement)
}

/** Reads over the pool, with named statements: the server parses and plans those once for each connection. */
export function readFromPool(pool: pg.Pool): Read {
  const nameOf = createStatementNames()
  return async (statement) => {
    const { text, values } = statement
    const name = nameOf(text)
    const { rows } = await pool.query({ text, values, types: prismaTypes, ...(name === undefined ? {} : { name }) })
    return rows
  }
}

/** Statements that get a name. Each connection keeps what it has prepared, so their number is bounded. */
const mostNames = 500

/**
 * Gives a statement a name when it comes for the second time, so that those that come once take nobody's place;
 * undefined for the others.
 */
function createStatementNames(): (text: string) => string | undefined {
  const seen = new Set<string>()
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined) return known
    if (!seen.has(text)) {
      if (seen.size >= mostNames) seen.clear()
      seen.add(text)
      return undefined
    }
    if (names.size >= mostNames) return undefined
    const name = createHash('sha256').update(text).digest('hex').slice(0, 32)
    names.set(text, name)
    return name
  }
}

const oid = { bytea: 17, int8: 20, date: 1082, timestamptz: 1184 } as const

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [oid.bytea]: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  [oid.int8]: BigInt,
  [oid.date]: (text) => new Date(`${text}T00:00:00.000Z`),
  [oid.timestamptz]: instantOf,
}

/** The values that Prisma's models have, where they differ from the driver's. The session speaks ISO 8601 in UTC. */
const prismaTypes: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: string) => parsers[id] ?? pg.types.getTypeParser(id, format as 'text'),
}

/** `2026-11-21 09:30:00.12+00` as an instant. */
function instantOf(text: string): Date {
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
}
