/** Pages by offset: their arguments and the statements that read one. */

import { Prisma } from '../db/generated/prisma/client.ts'
import type { Read } from '../db/read.ts'
import type { Table } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { type Order, orderedBy } from './order.ts'

/** What a `limit` is where none is given. */
export const defaultLimit = 100

export interface Page {
  readonly limit: number
  readonly offset: number
}

export interface PageArguments {
  readonly limit?: number | null | undefined
  readonly offset?: number | null | undefined
}

/** The page that the arguments ask for. Throws BAD_USER_INPUT instead of making them fit. */
export function pageOf({ limit, offset }: PageArguments, mostRows: number): Page {
  const page = { limit: limit ?? defaultLimit, offset: offset ?? 0 }
  if (page.limit < 1 || page.limit > mostRows)
    throw badInput('limit', `a whole number from 1 to ${mostRows}`, page.limit)
  if (page.offset < 0) throw badInput('offset', 'a whole number from 0', page.offset)
  return page
}

/** The rows of one page of those that meet the condition, with the columns of the select list. */
export function selectPage<Row extends object>(
  read: Read,
  table: Table<Row>,
  columns: Prisma.Sql,
  condition: Prisma.Sql,
  { limit, offset }: Page,
  order: Order,
): Promise<Row[]> {
  const sorted = orderedBy(table, order)
  if (offset === 0) {
    return read(Prisma.sql`SELECT ${columns} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT ${limit}`)
  }
  // The rows that the offset skips are skipped by their ids alone; only those of the page are read whole.
  return read(Prisma.sql`
    SELECT ${columns}
    FROM (SELECT ${table.id} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT ${limit} OFFSET ${offset}) AS page
    JOIN ${table.name} ON ${table.id} = page.id
    ${sorted}`)
}

/** How many rows meet the condition. */
export async function countRows<Row>(read: Read, table: Table<Row>, condition: Prisma.Sql): Promise<number> {
  const [row] = await read<{ total: number }>(Prisma.sql`
    SELECT count(*)::integer AS total FROM ${table.name} WHERE ${condition}`)
  return row?.total ?? 0
}
