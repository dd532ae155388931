/** Lists in the documents' shape: a page by offset with its total. Each part costs a statement only where it is selected. */
import type { InterfaceRef, ObjectRef } from '@pothos/core'
import { defaultLimit, type Page } from '../page/offset.ts'
import { builder } from './builder.ts'
import type { ResolveAll } from './resolveAll.ts'
import type { DeclaredScopes } from './scopesPlugin.ts'

/** A whole list that is still to be read. */
export interface ListResult<Row> {
  total(): Promise<number>
  results(): Promise<readonly Row[]>
  /** The results of several lists that one field gave, in their order. Left out: they are read one by one. */
  resultsOfAll?(lists: readonly ListResult<Row>[]): Promise<readonly (readonly Row[])[]>
}

/** A page that is still to be read. */
export interface SearchResult<Row> extends ListResult<Row> {
  readonly page: Page
  totalEstimate(): Promise<number>
}

const resolveAllResults: ResolveAll<ListResult<object>, readonly object[]> = (lists) =>
  lists[0]?.resultsOfAll?.(lists) ?? Promise.all(lists.map((list) => list.results()))

/** The arguments of a field that gives a page. */
export const pageArguments = builder.args((t) => ({
  limit: t.int({
    defaultValue: defaultLimit,
    description: 'How many results to give at most, from 1 to the maximum that is configured.',
  }),
  offset: t.int({ defaultValue: 0, description: 'How many results to skip.' }),
}))

/** What a total says of itself. */
export function totalDescription(items: string): string {
  return (
    `How many ${items} there are over all pages, to the last one. They are counted, which takes the longer the more there ` +
    'are: with hundreds of thousands some tenths of a second, and seconds where the search goes by text, role, permission, ' +
    'status or login. Where about how many will do, ask for `totalEstimate`.'
  )
}

export const estimateDescription =
  "About how many there are over all pages, from the database's statistics: nothing is counted, so that it takes as long " +
  'whatever there is. It may be off, the more so the more conditions the search has, and may lag behind changes.'

interface ResultTypeOptions {
  readonly name: string
  /** What is listed, in the plural, for the descriptions. */
  readonly items: string
  readonly scopes: DeclaredScopes
}

/** Defines the object type of a page of `item`. */
export function searchResultType<Row extends object>(item: ItemType<Row>, { name, items, scopes }: ResultTypeOptions) {
  return builder.objectRef<SearchResult<Row>>(name).implement({
    description: `A page of ${items}.`,
    scopes,
    fields: (t) => ({
      total: t.int({
        weighs: { counts: true },
        description: totalDescription(items),
        resolve: (result) => result.total(),
      }),
      totalEstimate: t.int({
        description: estimateDescription,
        resolve: (result) => result.totalEstimate(),
      }),
      limit: t.int({ description: 'The limit that was asked for.', resolve: ({ page }) => page.limit }),
      offset: t.int({ description: 'The offset that was asked for.', resolve: ({ page }) => page.offset }),
      results: t.field({
        type: [item],
        description: `The ${items} of this page.`,
        extensions: { resolveAll: resolveAllResults },
        resolve: (result) => result.results() as never,
      }),
    }),
  })
}

/** Defines the object type of a whole list of `item`. */
export function listResultType<Row extends object>(item: ItemType<Row>, { name, items, scopes }: ResultTypeOptions) {
  return builder.objectRef<ListResult<Row>>(name).implement({
    description: `All ${items} of a list.`,
    scopes,
    fields: (t) => ({
      total: t.int({
        weighs: { counts: true },
        description: `How many ${items} there are.`,
        resolve: (result) => result.total(),
      }),
      results: t.field({
        type: [item],
        description: `The ${items}.`,
        extensions: { resolveAll: resolveAllResults },
        resolve: (result) => result.results() as never,
      }),
    }),
  })
}

/** An object or interface type whose rows are `Row`. */
export type ItemType<Row> = ObjectRef<SchemaTypes, Row, Row> | InterfaceRef<SchemaTypes, Row, Row>
type SchemaTypes = typeof builder.$inferSchemaTypes
