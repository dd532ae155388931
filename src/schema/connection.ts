/** Relay's cursor connections. Each part costs a statement only where it is selected. */

import { cursorOf, type KeysetPage } from '../search/keyset.ts'
import { builder } from './builder.ts'
import type { DeclaredScopes } from './scopesPlugin.ts'
import type { ItemType } from './searchResult.ts'

/** A page that is still to be read; `page` reads it once, however often it is asked. */
export interface Connection<Row> {
  readonly page: () => Promise<KeysetPage<Row>>
  readonly total: () => Promise<number>
}

interface PageInfoShape {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

/** The arguments of a field that gives a connection. */
export const connectionArguments = builder.args((t) => ({
  first: t.int({
    description: 'How many to give at most, from the start. 20 where neither `first` nor `last` is given.',
  }),
  after: t.string({ description: 'Give only what comes after this cursor.' }),
  last: t.int({ description: 'How many to give at most, from the end.' }),
  before: t.string({ description: 'Give only what comes before this cursor.' }),
}))

const PageInfo = builder.objectRef<PageInfoShape>('PageInfo').implement({
  description: 'Where a page of a connection stands.',
  shareable: true,
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there is more after this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether there is more before this page.' }),
    startCursor: t.exposeString('startCursor', { nullable: true, description: 'The cursor of the first edge.' }),
    endCursor: t.exposeString('endCursor', { nullable: true, description: 'The cursor of the last edge.' }),
  }),
})

interface ConnectionTypeOptions {
  /** Name of the item's type: `User` gives UserConnection and UserEdge. It is also the kind of the cursors. */
  readonly item: string
  readonly items: string
  readonly scopes: DeclaredScopes
}

/** Defines the connection type and the edge type of `item`. */
export function connectionType<Row extends { readonly id: string | number }>(
  itemType: ItemType<Row>,
  { item, items, scopes }: ConnectionTypeOptions,
) {
  const Edge = builder.objectRef<Row>(`${item}Edge`).implement({
    description: `One of the ${items} of a connection.`,
    scopes,
    fields: (t) => ({
      cursor: t.string({
        description: 'Where it stands, for `after` and `before`.',
        resolve: (row) => cursorOf(item, row.id),
      }),
      node: t.field({ type: itemType, description: 'The item itself.', resolve: (row) => row as never }),
    }),
  })
  return builder.objectRef<Connection<Row>>(`${item}Connection`).implement({
    description: `A page of ${items} by key: it stays where it is whatever is inserted meanwhile.`,
    scopes,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'The items of this page, each with its cursor.',
        resolve: async (connection) => (await connection.page()).rows as never,
      }),
      nodes: t.field({
        type: [itemType],
        description: 'The items of this page.',
        resolve: async (connection) => (await connection.page()).rows as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where this page stands.',
        resolve: async (connection) => pageInfo(item, await connection.page()),
      }),
      total: t.int({
        description: `How many ${items} there are over all pages.`,
        resolve: (connection) => connection.total(),
      }),
    }),
  })
}

function pageInfo<Row extends { readonly id: string | number }>(item: string, page: KeysetPage<Row>): PageInfoShape {
  const first = page.rows[0]
  const last = page.rows.at(-1)
  return {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: first === undefined ? null : cursorOf(item, first.id),
    endCursor: last === undefined ? null : cursorOf(item, last.id),
  }
}
