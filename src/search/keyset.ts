/** Pages by key (Relay's cursor connections): stable whatever is inserted meanwhile, and as fast at the end as at the start. */
import { Prisma, type PrismaClient } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { all, given } from './condition.ts'

const defaultSize = 20

export interface KeysetArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** The ids that a page lies between, and from which end it is taken. */
export interface Keyset<Id> {
  readonly after: Id | undefined
  readonly before: Id | undefined
  readonly size: number
  readonly fromEnd: boolean
}

export interface KeysetPage<Row> {
  readonly rows: readonly Row[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** What a cursor points at, and how the ids of its kind are read. */
export interface CursorKind<Id> {
  readonly name: string
  idOf(argument: string, text: string): Id
}

/** The cursor of a row: opaque to clients. */
export function cursorOf(kind: string, id: string | number): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}

/** The keyset that the arguments ask for. Throws BAD_USER_INPUT for `first` with `last`, sizes out of bounds and foreign cursors. */
export function keysetOf<Id>(kind: CursorKind<Id>, given: KeysetArguments, mostRows: number): Keyset<Id> {
  const { first, last } = given
  if (isGiven(first) && isGiven(last)) throw badInput('first', 'either "first" or "last", not both')
  const fromEnd = isGiven(last)
  const size = (fromEnd ? last : first) ?? defaultSize
  if (size < 1 || size > mostRows) {
    throw badInput(fromEnd ? 'last' : 'first', `a whole number from 1 to ${mostRows}`, size)
  }
  return {
    after: idOfCursor(kind, 'after', given.after),
    before: idOfCursor(kind, 'before', given.before),
    size,
    fromEnd,
  }
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}

function idOfCursor<Id>(kind: CursorKind<Id>, argument: string, cursor: string | null | undefined): Id | undefined {
  if (!isGiven(cursor)) return undefined
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const id = text.startsWith(`${kind.name}:`) ? text.slice(kind.name.length + 1) : undefined
  if (id === undefined || cursorOf(kind.name, id) !== cursor)
    throw badInput(argument, 'a cursor of this connection', cursor)
  try {
    return kind.idOf(argument, id)
  } catch {
    throw badInput(argument, 'a cursor of this connection', cursor)
  }
}

/** The rows of one page, in the order of their ids, of those that meet the condition. */
export async function selectKeyset<Row, Id>(
  prisma: PrismaClient,
  table: Table<Row>,
  condition: Prisma.Sql,
  keyset: Keyset<Id>,
): Promise<KeysetPage<Row>> {
  const { after, before, size, fromEnd } = keyset
  const scalarType = Prisma.raw(table.idType)
  const where = all([
    condition,
    given(after, (id) => Prisma.sql`${table.id} > ${id}::${scalarType}`),
    given(before, (id) => Prisma.sql`${table.id} < ${id}::${scalarType}`),
  ])
  const direction = Prisma.raw(fromEnd ? 'DESC' : 'ASC')
  // One row more than asked for tells whether there is a further page.
  const found = await prisma.$queryRaw<Row[]>`
    SELECT ${table.columns} FROM ${table.name} WHERE ${where} ORDER BY ${table.id} ${direction} LIMIT ${size + 1}`
  const rows = found.slice(0, size)
  const more = found.length > size
  return fromEnd
    ? { rows: rows.reverse(), hasNextPage: before !== undefined, hasPreviousPage: more }
    : { rows, hasNextPage: more, hasPreviousPage: after !== undefined }
}
