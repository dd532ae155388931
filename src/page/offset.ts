/** Pages by offset: their arguments and the statements that read one. */

import { Prisma } from '../db/generated/prisma/client.ts'
import { plannedByValues, type Read } from '../db/read.ts'
import type { Table } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { beginsAt, isAmong, type Order, orderedBy, type PageRows, partsOf } from './order.ts'

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
  rows: PageRows,
  page: Page,
  order: Order,
): Promise<Row[]> {
  const { limit, offset } = page
  const sorted = orderedBy(table, order, rows)
  const { condition } = rows
  if (order.nullable && order.direction === 'DESC') return selectParts(read, table, columns, rows, page, order)
  if (offset === 0) {
    return read(Prisma.sql`SELECT ${columns} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT ${limit}`)
  }
  // The rows that the offset skips are skipped by their ids alone; only those of the page are read whole.
  if (order.value === null && rows.isEverything) {
    const beginning = Prisma.sql`SELECT ${table.id} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT 1 OFFSET ${offset}`
    return read(Prisma.sql`
      SELECT ${columns} FROM ${table.name} WHERE ${condition} AND ${beginsAt(table, order, beginning)} ${sorted} LIMIT ${limit}`)
  }
  return read(Prisma.sql`
    SELECT ${columns} FROM ${table.name}
    WHERE ${isAmong(table, Prisma.sql`SELECT ${table.id} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT ${limit} OFFSET ${offset}`)}
    ${orderedBy(table, order)}`)
}

/**
 * The same in an order that no index has, because nulls come last in it and first in the index: the rows that have a value,
 * and where those don't fill the page, the ones that have none.
 */
function selectParts<Row extends object>(
  read: Read,
  table: Table<Row>,
  columns: Prisma.Sql,
  rows: PageRows,
  { limit, offset }: Page,
  order: Order,
): Promise<Row[]> {
  const { condition } = rows
  const [valued, valueless] = partsOf(table, order, rows)
  return read(Prisma.sql`
    WITH valued AS MATERIALIZED (
      SELECT ${table.id} FROM ${table.name} WHERE ${condition} AND ${valued.condition} ${valued.sorted}
      LIMIT ${limit} OFFSET ${offset}
    ), valueless AS (
      SELECT ${table.id} FROM ${table.name} WHERE ${condition} AND ${valueless.condition} ${valueless.sorted}
      LIMIT ${limit}::integer - (SELECT count(*) FROM valued)
      OFFSET CASE WHEN ${offset}::integer = 0 OR EXISTS (SELECT FROM valued) THEN 0 ELSE greatest(0, ${offset}::integer - (
        SELECT count(*) FROM ${table.name} WHERE ${condition} AND ${valued.condition})) END
    )
    SELECT ${columns} FROM ${table.name}
    WHERE ${isAmong(table, Prisma.sql`SELECT id FROM valued UNION ALL SELECT id FROM valueless`)}
    ${orderedBy(table, order)}`)
}

/** How many rows meet the condition. */
export async function countRows<Row>(read: Read, table: Table<Row>, condition: Prisma.Sql): Promise<number> {
  const [row] = await read<{ total: number }>(
    plannedByValues(Prisma.sql`SELECT count(*)::integer AS total FROM ${table.name} WHERE ${condition}`),
  )
  return row?.total ?? 0
}

/** About how many rows meet the condition, as the database's planner expects from its statistics: nothing is counted. */
export async function estimateRows<Row>(read: Read, table: Table<Row>, condition: Prisma.Sql): Promise<number> {
  const [row] = await read<{ readonly 'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }] }>(
    plannedByValues(Prisma.sql`EXPLAIN (FORMAT JSON) SELECT FROM ${table.name} WHERE ${condition}`),
  )
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0
}
