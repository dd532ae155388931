/** Pages by offset: their arguments, their order and the statement that reads one. */
import { Prisma, type PrismaClient } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import { badInput } from '../errors.ts'

/** What a `limit` is where none is given. */
export const defaultLimit = 100

export interface Page {
  readonly limit: number
  readonly offset: number
}

interface PageArguments {
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

export interface Order {
  readonly column: Prisma.Sql
  readonly direction: 'ASC' | 'DESC'
  /** Whether the column can be null; null comes last either way. */
  readonly nullable: boolean
}

/** Sorts a text by its characters' numbers, as code sorts ids: databases differ in what they do by themselves. */
export function byCharacter(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${column} COLLATE "C"`
}

/** ORDER BY for the order, ties broken by id, or by id alone. */
export function orderBy<Row>(table: Table<Row>, order?: Order): Prisma.Sql {
  if (order === undefined) return Prisma.sql`ORDER BY ${table.idType === 'text' ? byCharacter(table.id) : table.id}`
  const direction = Prisma.raw(order.direction)
  const nulls = order.nullable ? Prisma.sql` NULLS LAST` : Prisma.empty
  return Prisma.sql`ORDER BY ${order.column} ${direction}${nulls}, ${table.id} ${direction}`
}

/** The rows of one page of those that meet the condition. */
export function selectPage<Row>(
  prisma: PrismaClient,
  table: Table<Row>,
  condition: Prisma.Sql,
  { limit, offset }: Page,
  order?: Order,
): Promise<Row[]> {
  const sorted = orderBy(table, order)
  if (offset === 0) {
    return prisma.$queryRaw<
      Row[]
    >`SELECT ${table.columns} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT ${limit}`
  }
  // The rows that the offset skips are skipped by their ids alone; only those of the page are read whole.
  return prisma.$queryRaw<Row[]>`
    SELECT ${table.columns}
    FROM (SELECT ${table.id} FROM ${table.name} WHERE ${condition} ${sorted} LIMIT ${limit} OFFSET ${offset}) AS page
    JOIN ${table.name} ON ${table.id} = page.id
    ${sorted}`
}

/** How many rows meet the condition. */
export async function countRows<Row>(prisma: PrismaClient, table: Table<Row>, condition: Prisma.Sql): Promise<number> {
  const [row] = await prisma.$queryRaw<{ total: number }[]>`
    SELECT count(*)::integer AS total FROM ${table.name} WHERE ${condition}`
  return row?.total ?? 0
}
