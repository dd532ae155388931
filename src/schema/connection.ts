/** Relay's cursor connections. Each part costs a statement only where it is selected. */
import { defaultSize, type Edge, type KeysetPage } from '../page/keyset.ts'
import { builder } from './builder.ts'
import type { DeclaredScopes } from './scopesPlugin.ts'
import { estimateDescription, type ItemType, totalDescription } from './searchResult.ts'

/** A page that is still to be read; `page` reads it once, however often it is asked. */
export interface Connection<Row> {
  readonly page: () => Promise<KeysetPage<Row>>
  readonly total: () => Promise<number>
  readonly totalEstimate: () => Promise<number>
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
    description: `How many to give at most, from the start. ${defaultSize} where neither \`first\` nor \`last\` is given.`,
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
  /** Name of the item's type: `User` gives UserConnection and UserEdge. */
  readonly item: string
  readonly items: string
  readonly scopes: DeclaredScopes
}

/** Defines the connection type and the edge type of `item`. */
export function connectionType<Row extends { readonly id: string | number | bigint }>(
  itemType: ItemType<Row>,
  { item, items, scopes }: ConnectionTypeOptions,
) {
  const EdgeType = builder.objectRef<Edge<Row>>(`${item}Edge`).implement({
    description: `One of the ${items} of a connection.`,
    scopes,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Where it stands, for `after` and `before`.' }),
      node: t.field({ type: itemType, description: 'The item itself.', resolve: ({ row }) => row as never }),
    }),
  })
  return builder.objectRef<Connection<Row>>(`${item}Connection`).implement({
    description: `A page of ${items} by key: it stays where it is whatever is inserted meanwhile.`,
    scopes,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        description: 'The items of this page, each with its cursor.',
        resolve: async (connection) => [...(await connection.page()).edges],
      }),
      nodes: t.field({
        type: [itemType],
        description: 'The items of this page.',
        resolve: async (connection) => (await connection.page()).edges.map(({ row }) => row) as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where this page stands.',
        resolve: async (connection) => pageInfo(await connection.page()),
      }),
      total: t.int({
        weighs: { counts: true },
        description: totalDescription(items),
        resolve: (connection) => connection.total(),
      }),
      totalEstimate: t.int({
        description: estimateDescription,
        resolve: (connection) => connection.totalEstimate(),
      }),
    }),
  })
}

function pageInfo<Row>({ edges, hasNextPage, hasPreviousPage }: KeysetPage<Row>): PageInfoShape {
  return {
    hasNextPage,
    hasPreviousPage,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  }
}
