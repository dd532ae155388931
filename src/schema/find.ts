/** Root queries over a table: the tenant filter, the search, and a page that is read when something of it is selected. */
import { isVisible, visibilityOf } from '../auth/visibility.ts'
import type { Context } from '../context.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import { all } from '../search/condition.ts'
import { type CursorKind, type KeysetArguments, type KeysetPage, keysetOf, selectKeyset } from '../search/keyset.ts'
import { countRows, type Order, orderBy, type Page, pageOf, selectPage } from '../search/page.ts'
import type { Connection } from './connection.ts'
import type { ListResult, SearchResult } from './searchResult.ts'

/** The page of visible rows that the arguments ask for. Throws BAD_USER_INPUT before anything is read. */
export function findPage<Row>(
  context: Context,
  table: Table<Row>,
  matching: Prisma.Sql,
  given: Partial<{ [K in keyof Page]: number | null | undefined }>,
  order?: Order | null,
): SearchResult<Row> {
  const page = pageOf(given, context.policy.mostRows)
  const condition = all([visible(context, table), matching])
  return {
    page,
    total: () => countRows(context.prisma, table, condition),
    results: () => selectPage(context.prisma, table, condition, page, order ?? undefined),
  }
}

/** The connection of visible rows that the arguments ask for. Throws BAD_USER_INPUT before anything is read. */
export function findConnection<Row, Id>(
  context: Context,
  table: Table<Row>,
  matching: Prisma.Sql,
  given: KeysetArguments,
  kind: CursorKind<Id>,
): Connection<Row> {
  const keyset = keysetOf(kind, given, context.policy.mostRows)
  const condition = all([visible(context, table), matching])
  let read: Promise<KeysetPage<Row>> | undefined
  return {
    page() {
      read ??= selectKeyset(context.prisma, table, condition, keyset)
      return read
    },
    total: () => countRows(context.prisma, table, condition),
  }
}

function visible<Row>({ principal }: Context, table: Table<Row>): Prisma.Sql {
  return isVisible(visibilityOf(principal), table.organization)
}

/** Every row of a catalogue, by id. */
export function findAll<Row>({ prisma }: Context, table: Table<Row>): ListResult<Row> {
  const everything = Prisma.sql`TRUE`
  return {
    total: () => countRows(prisma, table, everything),
    results: () => prisma.$queryRaw<Row[]>`SELECT ${table.columns} FROM ${table.name} ${orderBy(table)}`,
  }
}
