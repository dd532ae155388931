/** How keys become rows: the two shapes of batches that the loaders are made of. */
import DataLoader from 'dataloader'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { Prisma, type PrismaClient } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'
import type { SearchRules } from '../search/rules.ts'

/** What loaders ask the database with, and on whose behalf. One request has one. */
export interface LoaderContext {
  readonly prisma: PrismaClient
  readonly visibility: Visibility
  readonly rules: SearchRules
}

/** The tenant filter for the rows of a table. */
export function visibleRows<Row>({ visibility }: LoaderContext, table: Table<Row>): Prisma.Sql {
  return isVisible(visibility, table.organization)
}

/** A row for each key, or null where there is none that the caller may see. One statement a batch. */
export function rowById<Key extends string | number, Row extends { readonly id: Key }>(
  context: LoaderContext,
  table: Table<Row>,
): DataLoader<Key, Row | null> {
  const idArray = Prisma.raw(`${table.idType}[]`)
  return new DataLoader(async (ids) => {
    const rows = await context.prisma.$queryRaw<Row[]>`
      SELECT ${table.columns} FROM ${table.name}
      WHERE ${table.id} = ANY(${[...ids]}::${idArray}) AND ${visibleRows(context, table)}`
    const byId = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => byId.get(id) ?? null)
  })
}

/** A row that says which key of the batch it belongs to. */
export type Keyed<Key, Row> = Row & { readonly batchKey: Key }

/** The rows of each key, in the order that `select` gives them; an empty list where there are none. */
export function rowsByKey<Key extends string | number, Row>(
  select: (keys: Key[]) => Promise<Keyed<Key, Row>[]>,
): DataLoader<Key, readonly Row[]> {
  return new DataLoader(async (keys) => {
    const groups = new Map<Key, Row[]>()
    for (const row of await select([...keys])) {
      const group = groups.get(row.batchKey)
      if (group === undefined) groups.set(row.batchKey, [row])
      else group.push(row)
    }
    return keys.map((key) => groups.get(key) ?? [])
  })
}

/** One value for each key; `otherwise` where `select` gives none. */
export function valueByKey<Key extends string | number, Value>(
  select: (keys: Key[]) => Promise<{ readonly batchKey: Key; readonly value: Value }[]>,
  otherwise: Value,
): DataLoader<Key, Value> {
  return new DataLoader(async (keys) => {
    const values = new Map((await select([...keys])).map((row) => [row.batchKey, row.value]))
    return keys.map((key) => values.get(key) ?? otherwise)
  })
}

/**
 * Loaders for a link that takes arguments: fields with equal arguments share one loader, and so one statement.
 * The arguments must survive JSON.
 */
export function byArguments<Arguments, Loader>(create: (given: Arguments) => Loader): (given: Arguments) => Loader {
  const loaders = new Map<string, Loader>()
  return (given) => {
    const key = JSON.stringify(given)
    const known = loaders.get(key)
    if (known !== undefined) return known
    const made = create(given)
    loaders.set(key, made)
    return made
  }
}
