/** Pages by key (Relay's cursor connections): stable whatever is inserted meanwhile, and as fast at the end as at the start. */
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Read } from '../db/read.ts'
import type { Table } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { decodeCursor, encodeCursor, type Place } from './cursor.ts'
import { comparedId, isValueOf, type Order, orderedBy } from './order.ts'

/** How many rows a page has where neither `first` nor `last` is given. */
export const defaultSize = 20

export interface KeysetArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** What a list consists of, and how the ids in its cursors are read. */
export interface Kind {
  readonly name: string
  idOf(argument: string, text: string): unknown
}

/** The places that a page lies between, and from which end it is taken. */
export interface Keyset {
  readonly kind: Kind
  readonly order: Order
  readonly after: Place | undefined
  readonly before: Place | undefined
  readonly size: number
  readonly fromEnd: boolean
}

export interface Edge<Row> {
  readonly row: Row
  readonly cursor: string
}

export interface KeysetPage<Row> {
  readonly edges: readonly Edge<Row>[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/**
 * The keyset that the arguments ask for. Throws BAD_USER_INPUT for `first` with `last`, sizes out of bounds, and cursors
 * of another list or of another order.
 */
export function keysetOf(kind: Kind, order: Order, given: KeysetArguments, mostRows: number): Keyset {
  const { first, last } = given
  if (isGiven(first) && isGiven(last)) throw badInput('first', 'either "first" or "last", not both')
  const fromEnd = isGiven(last)
  const size = (fromEnd ? last : first) ?? defaultSize
  if (size < 1 || size > mostRows) {
    throw badInput(fromEnd ? 'last' : 'first', `a whole number from 1 to ${mostRows}`, size)
  }
  return {
    kind,
    order,
    after: placeOf(kind, order, 'after', given.after),
    before: placeOf(kind, order, 'before', given.before),
    size,
    fromEnd,
  }
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}

function placeOf(kind: Kind, order: Order, argument: string, cursor: string | null | undefined): Place | undefined {
  if (!isGiven(cursor)) return undefined
  const place = decodeCursor(kind.name, order, cursor)
  if (place === null || !isPossible(kind, order, place)) {
    throw badInput(argument, 'a cursor of this connection in this order', cursor)
  }
  return place
}

/** A cursor is no secret: anybody can write one. */
function isPossible({ idOf }: Kind, { value, type, nullable }: Order, place: Place): boolean {
  if (place.value === null ? value !== null && !nullable : value === null || !isValueOf(type, place.value)) return false
  try {
    idOf('cursor', place.id)
    return true
  } catch {
    return false
  }
}

/** The rows of one page, in its order, of those that meet the condition, with the columns of the select list. */
export async function selectKeyset<Row extends { readonly id: unknown }>(
  read: Read,
  table: Table<Row>,
  columns: Prisma.Sql,
  condition: Prisma.Sql,
  { kind, order, after, before, size, fromEnd }: Keyset,
): Promise<KeysetPage<Row>> {
  const conditions = [condition]
  if (after !== undefined) conditions.push(isBeyond(table, order, after, false))
  if (before !== undefined) conditions.push(isBeyond(table, order, before, true))
  const value = order.value === null ? Prisma.sql`NULL` : Prisma.sql`(${order.value})::text`
  // One row more than asked for tells whether there is a further page.
  const found = await read<Row & { readonly orderValue: string | null }>(Prisma.sql`
    SELECT ${columns}, ${value} AS "orderValue" FROM ${table.name} WHERE ${Prisma.join(conditions, ' AND ')}
    ${orderedBy(table, order, fromEnd)} LIMIT ${size + 1}`)
  const edges = found.slice(0, size).map((row) => ({
    row,
    cursor: encodeCursor(kind.name, order, { value: row.orderValue, id: String(row.id) }),
  }))
  const more = found.length > size
  return fromEnd
    ? { edges: edges.reverse(), hasNextPage: before !== undefined, hasPreviousPage: more }
    : { edges, hasNextPage: more, hasPreviousPage: after !== undefined }
}

/** The row comes after the place in the order; with `backward`, before it. */
function isBeyond<Row>(table: Table<Row>, order: Order, place: Place, backward: boolean): Prisma.Sql {
  const beyond = Prisma.raw((order.direction === 'ASC') === backward ? '<' : '>')
  const id = comparedId(table)
  const placeId = Prisma.sql`${place.id}::${Prisma.raw(table.idType)}`
  if (order.value === null) return Prisma.sql`${id} ${beyond} ${placeId}`
  const placeValue = Prisma.sql`${place.value}::${Prisma.raw(order.type)}`
  if (!order.nullable) return Prisma.sql`(${order.value}, ${id}) ${beyond} (${placeValue}, ${placeId})`
  // Rows without a value come last, by id.
  if (place.value === null) {
    const amongThose = Prisma.sql`${order.value} IS NULL AND ${id} ${beyond} ${placeId}`
    return backward ? Prisma.sql`(${order.value} IS NOT NULL OR ${amongThose})` : Prisma.sql`(${amongThose})`
  }
  const byValue = Prisma.sql`(${order.value}, ${id}) ${beyond} (${placeValue}, ${placeId})`
  return backward ? byValue : Prisma.sql`(${byValue} OR ${order.value} IS NULL)`
}
