/** Root queries over a table: the tenant filter, the search, and a page that is read when something of it is selected. */
import { isVisible } from '../auth/visibility.ts'
import type { Context } from '../context.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import { type KeysetArguments, type KeysetPage, type Kind, keysetOf, selectKeyset } from '../page/keyset.ts'
import { countRows, type PageArguments, pageOf, selectPage } from '../page/offset.ts'
import { byId, type Order, orderedBy } from '../page/order.ts'
import { all } from '../search/condition.ts'
import type { Connection } from './connection.ts'
import type { ListResult, SearchResult } from './searchResult.ts'

/** The page of visible rows that the arguments ask for. Throws BAD_USER_INPUT before anything is read. */
export function findPage<Row extends object>(
  { read, columns, policy, visibility }: Context,
  table: Table<Row>,
  matching: Prisma.Sql,
  given: PageArguments,
  order: Order,
): SearchResult<Row> {
  const page = pageOf(given, policy.mostRows)
  const condition = all([isVisible(visibility, table.organization), matching])
  return {
    page,
    total: () => countRows(read, table, condition),
    results: () => selectPage(read, table, columns(table), condition, page, order),
  }
}

/** The connection of visible rows that the arguments ask for. Throws BAD_USER_INPUT before anything is read. */
export function findConnection<Row extends { readonly id: unknown }>(
  { read, columns, policy, visibility }: Context,
  table: Table<Row>,
  matching: Prisma.Sql,
  kind: Kind,
  order: Order,
  given: KeysetArguments,
): Connection<Row> {
  const keyset = keysetOf(kind, order, given, policy.mostRows)
  const condition = all([isVisible(visibility, table.organization), matching])
  let page: Promise<KeysetPage<Row>> | undefined
  return {
    page() {
      page ??= selectKeyset(read, table, columns(table), condition, keyset)
      return page
    },
    total: () => countRows(read, table, condition),
  }
}

/** Every row of a catalogue, by id. */
export function findAll<Row extends object>({ read, columns }: Context, table: Table<Row>): ListResult<Row> {
  const everything = Prisma.sql`TRUE`
  return {
    total: () => countRows(read, table, everything),
    results: () => read(Prisma.sql`SELECT ${columns(table)} FROM ${table.name} ${orderedBy(table, byId)}`),
  }
}
