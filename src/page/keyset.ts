/** Pages by key (Relay's cursor connections): stable whatever is inserted meanwhile, and as fast at the end as at the start. */

import { all } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Read } from '../db/read.ts'
import type { Table } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { decodeCursor, encodeCursor, type Place } from './cursor.ts'
import { comparedId, isAmong, isValueOf, type Order, orderedBy, type PageRows, partsOf } from './order.ts'

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
  /** Made when it is asked for. */
  readonly cursor: string
}

class RowEdge<Row extends Ordered> implements Edge<Row> {
  readonly row: Row
  readonly #keyset: Pick<Keyset, 'kind' | 'order'>

  constructor(row: Row, keyset: Pick<Keyset, 'kind' | 'order'>) {
    this.row = row
    this.#keyset = keyset
  }

  get cursor(): string {
    const { kind, order } = this.#keyset
    const value = order.value === null ? null : (this.row.orderValue ?? null)
    return encodeCursor(kind.name, order, { value, id: String(this.row.id) })
  }
}

/** A row of a page. `orderValue` is what it is ordered by, as SQL writes it; left out where the order is by id alone. */
interface Ordered {
  readonly id: unknown
  readonly orderValue?: string | null
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
  rows: PageRows,
  keyset: Keyset,
): Promise<KeysetPage<Row>> {
  const { order, after, before, size, fromEnd } = keyset
  const selected = order.value === null ? columns : Prisma.sql`${columns}, (${order.value})::text AS "orderValue"`
  // One row more than asked for tells whether there is a further page.
  const found = await read<Row & Ordered>(
    order.nullable
      ? fromParts(table, selected, rows, keyset)
      : Prisma.sql`
        SELECT ${selected} FROM ${table.name} WHERE ${all([rows.condition, ...bounds(table, order, after, before)])}
        ${orderedBy(table, order, rows, fromEnd)} LIMIT ${size + 1}`,
  )
  return pageOfRows(found, keyset)
}

/** The page that the rows are, in the direction that they were read in; one more than it has tells that there is a further one. */
export function pageOfRows<Row extends Ordered>(rows: readonly Row[], keyset: Keyset): KeysetPage<Row> {
  const { after, before, size, fromEnd } = keyset
  const edges = rows.slice(0, size).map((row) => new RowEdge(row, keyset))
  const more = rows.length > size
  return fromEnd
    ? { edges: edges.reverse(), hasNextPage: before !== undefined, hasPreviousPage: more }
    : { edges, hasNextPage: more, hasPreviousPage: after !== undefined }
}

/**
 * One page in an order that may have nulls, which come last: of the rows with a value and of those without one as many as it
 * could have at most, each read along an index, and then put together.
 */
function fromParts<Row extends { readonly id: unknown }>(
  table: Table<Row>,
  selected: Prisma.Sql,
  rows: PageRows,
  { order, after, before, size, fromEnd }: Keyset,
): Prisma.Sql {
  const [valued, valueless] = partsOf(table, order, rows, fromEnd)
  const parts: Prisma.Sql[] = []
  const add = ({ condition: isOfPart, sorted }: typeof valued, from: Place | undefined, to: Place | undefined) => {
    const bounded = all([rows.condition, isOfPart, ...bounds(table, order, from, to)])
    parts.push(Prisma.sql`
      (SELECT ${table.id} AS id FROM ${table.name} WHERE ${bounded} ${sorted} LIMIT ${size + 1})`)
  }
  // A place without a value lies behind all rows that have one, and a place with a value before all that have none.
  if (after?.value !== null) add(valued, after, before?.value === null ? undefined : before)
  if (before === undefined || before.value === null) add(valueless, after?.value === null ? after : undefined, before)
  // Nothing lies behind a row without a value and before one that has one.
  if (parts.length === 0) parts.push(Prisma.sql`(SELECT ${table.id} AS id FROM ${table.name} WHERE FALSE)`)
  return Prisma.sql`
    SELECT ${selected} FROM ${table.name} WHERE ${isAmong(table, Prisma.join(parts, ' UNION ALL '))}
    ${orderedBy(table, order, undefined, fromEnd)} LIMIT ${size + 1}`
}

/** The conditions that rows lie between two places. Both have a value, or none has and the rows have none either. */
function bounds<Row>(
  table: Table<Row>,
  order: Order,
  after: Place | undefined,
  before: Place | undefined,
): readonly Prisma.Sql[] {
  const found: Prisma.Sql[] = []
  if (after !== undefined) found.push(isBeyond(table, order, after, false))
  if (before !== undefined) found.push(isBeyond(table, order, before, true))
  return found
}

/** The row comes after the place in the order; with `backward`, before it. Rows without a value go by their id. */
function isBeyond<Row>(table: Table<Row>, order: Order, place: Place, backward: boolean): Prisma.Sql {
  const beyond = Prisma.raw((order.direction === 'ASC') === backward ? '<' : '>')
  const id = comparedId(table)
  const placeId = Prisma.sql`${place.id}::${Prisma.raw(table.idType)}`
  if (order.value === null || place.value === null) return Prisma.sql`${id} ${beyond} ${placeId}`
  const placeValue = Prisma.sql`${place.value}::${Prisma.raw(order.type)}`
  return Prisma.sql`(${order.value}, ${id}) ${beyond} (${placeValue}, ${placeId})`
}
