/** Links whose answer is a page by offset: a page and a total for each parent, in one statement each. */
import type DataLoader from 'dataloader'
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import { orderBy, type Page } from '../search/page.ts'
import { type Keyed, type LoaderContext, rowsByKey, valueByKey, visibleRows } from './batch.ts'

/** What makes a row a child of the parent; the parent's key is the SQL `parent.id`. */
interface Link<Row> {
  readonly table: Table<Row>
  readonly parentType: 'uuid' | 'integer' | 'text'
  readonly condition: Prisma.Sql
}

/** The rows of one page of each parent's children, by id. */
export function pageByParent<Key extends string | number, Row>(
  context: LoaderContext,
  link: Link<Row>,
  matching: Prisma.Sql,
  { limit, offset }: Page,
): DataLoader<Key, readonly Row[]> {
  const { table } = link
  return rowsByKey<Key, Row>(
    (keys) => context.prisma.$queryRaw<Keyed<Key, Row>[]>`
      SELECT parent.id AS "batchKey", child.*
      FROM unnest(${keys}::${Prisma.raw(link.parentType)}[]) AS parent(id)
      CROSS JOIN LATERAL (
        SELECT ${table.columns} FROM ${table.name}
        WHERE ${link.condition} AND ${visibleRows(context, table)} AND ${matching}
        ${orderBy(table)} LIMIT ${limit} OFFSET ${offset}
      ) AS child`,
  )
}

/** How many children each parent has. */
export function countByParent<Key extends string | number, Row>(
  context: LoaderContext,
  link: Link<Row>,
  matching: Prisma.Sql,
): DataLoader<Key, number> {
  const { table } = link
  return valueByKey<Key, number>(
    (keys) => context.prisma.$queryRaw<{ batchKey: Key; value: number }[]>`
      SELECT parent.id AS "batchKey", child.value
      FROM unnest(${keys}::${Prisma.raw(link.parentType)}[]) AS parent(id)
      CROSS JOIN LATERAL (
        SELECT count(*)::integer AS value FROM ${table.name}
        WHERE ${link.condition} AND ${visibleRows(context, table)} AND ${matching}
      ) AS child`,
    0,
  )
}
