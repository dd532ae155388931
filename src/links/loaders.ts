/**
 * The loaders of one request: how keys become rows, one statement for each batch. They remember what they loaded, so
 * they must not outlive the request, and forget it when the request changes something.
 */
import DataLoader from 'dataloader'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Read } from '../db/read.ts'
import type { Table } from '../db/tables.ts'
import type { Page } from '../page/offset.ts'
import type { Columns } from './columns.ts'
import type { Link, ManyLink, OneLink } from './link.ts'
import { countLinked, selectLargest, selectLinked, selectLinkedPage } from './statements.ts'

export interface LoaderOptions {
  readonly read: Read
  readonly visibility: Visibility
  readonly columns: Columns
}

/** A condition on the rows that a link leads to. Links asked with equal names share a statement. */
export interface Narrowed {
  readonly name: string
  readonly where: Prisma.Sql
}

/** Every row that the link leads to. */
export const everything: Narrowed = Object.freeze({ name: '', where: Prisma.sql`TRUE` })

type Id = string | number

/** A row is looked for by this column. */
interface LookUp {
  readonly column: string
  readonly value: Id
}

/** What links to many begin at. */
interface Parent {
  readonly id: Id
}

export class Loaders {
  readonly #options: LoaderOptions
  #loaders = new Map<string, unknown>()

  constructor(options: LoaderOptions) {
    this.#options = options
  }

  /** The row with the id; null where there is none that the caller may see. */
  row<Row extends { readonly id: Id }>(table: Table<Row>, id: Row['id']): Promise<Row | null> {
    return this.rowBy(table, 'id', id)
  }

  /**
   * The row whose column, which is unique, has the value (bytes as `\\x` and hex); null where there is none that the
   * caller may see. Rows that are looked up by different columns come in one statement.
   */
  rowBy<Row extends object>(table: Table<Row>, column: keyof Row & string, value: Id): Promise<Row | null> {
    return this.#load(table.model, { column, value }, (lookUps) => this.#lookUp(table, lookUps))
  }

  /** The row that the link leads to; null where there is none, or none that the caller may see. */
  one<From, To extends object>(link: OneLink<From, To>, parent: From): Promise<To | null> {
    const key = parent[link.key] as Id | null | undefined
    if (key === null || key === undefined) return Promise.resolve(null)
    if (link.through === null && link.by === 'id') return this.rowBy(link.to, link.by, key)
    return this.#load(link.name, key, async (keys) => {
      const groups = await this.#grouped(link, keys, everything)
      return keys.map((each) => groups.get(each)?.[0] ?? null)
    })
  }

  /** The rows that the link leads to, in its order. */
  list<From, To extends object>(
    link: ManyLink<From, To>,
    parent: Parent,
    narrowed: Narrowed = everything,
  ): Promise<readonly To[]> {
    return this.#load(`${link.name} ${narrowed.name}`, parent.id, async (keys) => {
      const groups = await this.#grouped(link, keys, narrowed)
      return keys.map((each) => groups.get(each) ?? [])
    })
  }

  /** One page of the rows that the link leads to, by id. */
  page<From, To extends object>(
    link: ManyLink<From, To>,
    parent: Parent,
    page: Page,
    narrowed: Narrowed,
  ): Promise<readonly To[]> {
    const name = `page ${page.limit} ${page.offset} ${link.name} ${narrowed.name}`
    return this.#load(name, parent.id, async (keys) => {
      const { read, columns } = this.#options
      const rows = await read<Keyed<To>>(selectLinkedPage(link, columns(link.to), this.#asked(keys, narrowed), page))
      const groups = grouped(rows)
      return keys.map((each) => groups.get(each) ?? [])
    })
  }

  /** How many rows the link leads to. */
  count<From, To>(link: ManyLink<From, To>, parent: Parent, narrowed: Narrowed = everything): Promise<number> {
    return this.#load(`count ${link.name} ${narrowed.name}`, parent.id, async (keys) => {
      const counts = await this.#values<number>(countLinked(link, this.#asked(keys, narrowed)))
      return keys.map((each) => counts.get(each) ?? 0)
    })
  }

  /** The largest value of the column over the rows that the link leads to; null where there is none. */
  largest<From, To, Column extends keyof To & string>(
    link: ManyLink<From, To>,
    column: Column,
    parent: Parent,
  ): Promise<To[Column] | null> {
    return this.#load(`largest ${column} ${link.name}`, parent.id, async (keys) => {
      const values = await this.#values<To[Column]>(selectLargest(link, column, this.#asked(keys, everything)))
      return keys.map((each) => values.get(each) ?? null)
    })
  }

  /** Makes what is asked from now on be read anew: something has been changed. */
  forget(): void {
    this.#loaders = new Map()
  }

  #load<Key, Value>(name: string, key: Key, batch: (keys: readonly Key[]) => Promise<Value[]>): Promise<Value> {
    let loader = this.#loaders.get(name) as DataLoader<Key, Value, unknown> | undefined
    if (loader === undefined) {
      loader = new DataLoader(batch, { cacheKeyFn: identityOf })
      this.#loaders.set(name, loader)
    }
    return loader.load(key)
  }

  async #lookUp<Row extends object>(table: Table<Row>, lookUps: readonly LookUp[]): Promise<(Row | null)[]> {
    const { read, visibility, columns } = this.#options
    const by = [...new Set(lookUps.map(({ column }) => column))].map((column) => ({
      column,
      sql: table.column(column as keyof Row & string),
      type: Prisma.raw(`${table.typeOf(column as keyof Row & string)}[]`),
      values: lookUps.filter((lookUp) => lookUp.column === column).map(({ value }) => value),
    }))
    const given = by.map(({ sql }, index) => Prisma.sql`${sql} AS ${Prisma.raw(`"given${index}"`)}`)
    const matches = by.map(({ sql, type, values }) => Prisma.sql`${sql} = ANY(${values}::${type})`)
    const rows = await read<Row & Readonly<Record<string, Id | Uint8Array>>>(Prisma.sql`
      SELECT ${columns(table)}, ${Prisma.join(given)} FROM ${table.name}
      WHERE (${Prisma.join(matches, ' OR ')}) AND ${isVisible(visibility, table.organization)}`)
    const found = new Map<string, Row>()
    for (const row of rows) {
      by.forEach(({ column }, index) => {
        found.set(identityOf({ column, value: writtenKey(row[`given${index}`] as Id | Uint8Array) }), row)
      })
    }
    return lookUps.map((lookUp) => found.get(identityOf(lookUp)) ?? null)
  }

  #asked(keys: readonly Id[], { where }: Narrowed) {
    return { keys, visibility: this.#options.visibility, where }
  }

  async #grouped<From, To extends object>(link: Link<From, To>, keys: readonly Id[], narrowed: Narrowed) {
    const { read, columns } = this.#options
    return grouped(await read<Keyed<To>>(selectLinked(link, columns(link.to), this.#asked(keys, narrowed))))
  }

  async #values<Value>(statement: Prisma.Sql): Promise<ReadonlyMap<Id, Value>> {
    const rows = await this.#options.read<{ readonly batchKey: Id; readonly value: Value }>(statement)
    return new Map(rows.map(({ batchKey, value }) => [batchKey, value]))
  }
}

/** What makes two keys the same. */
function identityOf(key: LookUp): string
function identityOf(key: unknown): unknown
function identityOf(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key
  const { column, value } = key as LookUp
  return `${column} ${value}`
}

/** Bytes are compared as they are written. */
function writtenKey(key: Id | Uint8Array): Id {
  return key instanceof Uint8Array ? `\\x${Buffer.from(key).toString('hex')}` : key
}

/** A row that says which key of the batch it belongs to. */
type Keyed<Row> = Row & { readonly batchKey: Id }

function grouped<Row>(rows: readonly Keyed<Row>[]): ReadonlyMap<Id, readonly Row[]> {
  const groups = new Map<Id, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.batchKey)
    if (group === undefined) groups.set(row.batchKey, [row])
    else group.push(row)
  }
  return groups
}
