/** Lists of a type: its orders, its page by offset and its connection by key, each with the search that narrows it. */
import type { InputRef } from '@pothos/core'
import type { Context } from '../context.ts'
import type { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import { byId, type Order, type OrderType } from '../page/order.ts'
import type { SearchRules } from '../search/rules.ts'
import { builder } from './builder.ts'
import { connectionArguments, connectionType } from './connection.ts'
import { OrderDirection } from './enums.ts'
import { findConnection, findPage, type Matching } from './find.ts'
import { connectionWeight, pageWeight } from './listWeights.ts'
import type { DeclaredScopes } from './scopesPlugin.ts'
import { type ItemType, pageArguments, searchResultType } from './searchResult.ts'

/** What a list can be ordered by, beside the id. */
interface OrderField<Row> {
  readonly by: keyof Row & string
  readonly description: string
}

interface ListOptions<Row, Search> {
  readonly type: ItemType<Row>
  readonly table: Table<Row>
  /** What is listed, in the plural: the name of the field that gives pages. */
  readonly items: string
  readonly scopes: DeclaredScopes
  readonly search: InputRef<Search>
  /** The condition that a search stands for. Throws BAD_USER_INPUT. */
  readonly matching: (search: Search | null | undefined, rules: SearchRules) => Prisma.Sql
  readonly idOf: (argument: string, text: string) => unknown
  readonly orders: Readonly<Record<string, OrderField<Row>>>
}

/** Rows that an organization typically has of what is listed. */
const typicalRows = 10_000

/** Arguments that a search is among. */
interface Searched<Search> {
  readonly search?: Search | null
}

/** The types of a list that fields of other types use, too. */
interface List<Row, Search> {
  readonly SearchResult: ReturnType<typeof searchResultType<Row & object>>
  readonly Connection: ReturnType<typeof connectionType<Row & { readonly id: string | number }>>
  readonly searchArgument: { readonly type: InputRef<Search>; readonly description: string }
}

/** Defines the root fields that list the type, and the types that they need. */
export function defineLists<Row extends { readonly id: string | number }, Search extends object>(
  options: ListOptions<Row, Search>,
): List<Row, Search> {
  const { type, table, items, scopes, search, matching, idOf } = options
  const { model } = table
  const OrderBy = orderType(options)
  const SearchResult = searchResultType(type, { name: `${model}SearchResult`, items, scopes })
  const Connection = connectionType(type, { item: model, items, scopes })
  const searchArgument = { type: search, description: `Which ${items} to find. Left out: all of them.` }
  const orderArgument = { type: OrderBy, description: 'Left out: by id.' }
  const matched = (given: object, { rules }: Context): Matching => {
    const { search: asked } = given as Searched<Search>
    return { page: matching(asked, rules), total: matching(asked, { ...rules, counted: true }) }
  }
  const title = `${items[0]?.toUpperCase()}${items.slice(1)}`

  builder.queryFields((t) => ({
    [items]: t.field({
      type: SearchResult,
      scopes,
      weighs: pageWeight(typicalRows),
      description: `${title}, by page.`,
      args: { search: t.arg(searchArgument), orderBy: t.arg(orderArgument), ...pageArguments },
      resolve: (_, given, context) =>
        findPage(context, table, matched(given, context), given, orderOf(options, given.orderBy)),
    }),
    [`${items}Connection`]: t.field({
      type: Connection,
      scopes,
      weighs: connectionWeight(typicalRows),
      description: `${title}, by cursor.`,
      args: { search: t.arg(searchArgument), orderBy: t.arg(orderArgument), ...connectionArguments },
      resolve: (_, given, context) =>
        findConnection(
          context,
          table,
          matched(given, context),
          { name: model, idOf },
          orderOf(options, given.orderBy),
          given,
        ),
    }),
  }))
  return { SearchResult, Connection, searchArgument }
}

function orderType<Row, Search>({ table: { model }, items, orders }: ListOptions<Row, Search>) {
  const Field = builder.enumType(`${model}OrderField`, {
    description: `What ${items} can be ordered by.`,
    values: Object.fromEntries(
      Object.entries({ ID: { description: 'The id.' }, ...orders }).map(([name, { description }]) => [
        name,
        { description },
      ]),
    ),
  })
  return builder.inputType(`${model}Order`, {
    description: `The order of ${items}. Ties are broken by id.`,
    fields: (t) => ({
      field: t.field({ type: Field, required: true, weighs: { perRow: 1 }, description: 'What to order by.' }),
      direction: t.field({
        type: OrderDirection,
        required: true,
        defaultValue: 'ASC',
        description: 'Which end comes first.',
      }),
    }),
  })
}

function orderOf<Row, Search>(
  { table, orders }: ListOptions<Row, Search>,
  given: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null | undefined,
): Order {
  if (!given) return byId
  const { field: name, direction } = given
  const order = orders[name]
  if (order === undefined) return { ...byId, direction }
  const { by } = order
  return {
    name,
    direction,
    value: table.column(by),
    type: table.typeOf(by) as OrderType,
    nullable: table.isNullable(by),
  }
}
