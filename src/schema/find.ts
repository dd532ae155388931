/** Root queries over a table: the tenant filter, the search, and a page that is read when something of it is selected. */
import { isVisible, isVisibleInOrder, type Visibility } from '../auth/visibility.ts'
import type { Context } from '../context.ts'
import { all, anything, isAnything } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { plannedByValues, type Read } from '../db/read.ts'
import type { Table } from '../db/tables.ts'
import { type KeysetArguments, type KeysetPage, type Kind, keysetOf, selectKeyset } from '../page/keyset.ts'
import { countRows, estimateRows, type PageArguments, pageOf, selectPage } from '../page/offset.ts'
import { byId, type Order, orderedBy, type PageRows } from '../page/order.ts'
import type { Connection } from './connection.ts'
import type { ListResult, SearchResult } from './searchResult.ts'

/** The page of visible rows that the arguments ask for. Throws BAD_USER_INPUT before anything is read. */
export function findPage<Row extends object>(
  { read, columns, policy, visibility }: Context,
  table: Table<Row>,
  matching: Matching,
  given: PageArguments,
  order: Order,
): SearchResult<Row> {
  const page = pageOf(given, policy.mostRows)
  const rows = pageRows(matching, visibility, table)
  const counted = countedRows(matching, visibility, table)
  return {
    page,
    total: () => countRows(read, table, counted),
    totalEstimate: () => estimateRows(read, table, counted),
    results: () => selectPage(readingFor(matching, read), table, columns(table), rows, page, order),
  }
}

/** What a search stands for. */
export interface Matching {
  /** The condition on the rows of a page. */
  readonly page: Prisma.Sql
  /** The same for counting them. */
  readonly total: Prisma.Sql
}

function pageRows<Row>(matching: Matching, visibility: Visibility, { organization }: Table<Row>): PageRows {
  return {
    condition: all([isVisibleInOrder(visibility, organization), matching.page]),
    organization: visibility.kind === 'organization' ? organization : null,
    isEverything: isAnything(matching.page),
  }
}

function countedRows<Row>(matching: Matching, visibility: Visibility, { organization }: Table<Row>): Prisma.Sql {
  return all([isVisible(visibility, organization), matching.total])
}

/** How pages are read: where a search narrows them, the best plan depends on how much it finds. */
function readingFor(matching: Matching, read: Read): Read {
  return isAnything(matching.page) ? read : (statement) => read(plannedByValues(statement))
}

/** The connection of visible rows that the arguments ask for. Throws BAD_USER_INPUT before anything is read. */
export function findConnection<Row extends { readonly id: unknown }>(
  { read, columns, policy, visibility }: Context,
  table: Table<Row>,
  matching: Matching,
  kind: Kind,
  order: Order,
  given: KeysetArguments,
): Connection<Row> {
  const keyset = keysetOf(kind, order, given, policy.mostRows)
  const rows = pageRows(matching, visibility, table)
  const counted = countedRows(matching, visibility, table)
  let page: Promise<KeysetPage<Row>> | undefined
  return {
    page() {
      page ??= selectKeyset(readingFor(matching, read), table, columns(table), rows, keyset)
      return page
    },
    total: () => countRows(read, table, counted),
    totalEstimate: () => estimateRows(read, table, counted),
  }
}

/** Every row of a catalogue, by id. */
export function findAll<Row extends object>({ read, columns }: Context, table: Table<Row>): ListResult<Row> {
  return {
    total: () => countRows(read, table, anything),
    results: () => read(Prisma.sql`SELECT ${columns(table)} FROM ${table.name} ${orderedBy(table, byId)}`),
  }
}
