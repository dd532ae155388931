/**
 * The loaders of one request: how keys become rows, one statement for each batch. Asked for one parent they gather and
 * remember what they loaded; asked for many at once they only gather. So they must not outlive the request, and forget when it
 * changes something.
 */
import DataLoader from 'dataloader'
import type { Visibility } from '../auth/visibility.ts'
import { type Catalogue, type Catalogues, linkedInCatalogue } from '../db/catalogue.ts'
import { anything } from '../db/conditions.ts'
import type { Access, AuditEvent, Prisma } from '../db/generated/prisma/client.ts'
import type { Read, Statement } from '../db/read.ts'
import { accesses, auditEvents, type Table } from '../db/tables.ts'
import type { Page } from '../page/offset.ts'
import { cataloguedList, cataloguedRow } from './catalogued.ts'
import type { Columns } from './columns.ts'
import { type About, countEvents, type EventsRange, selectEvents } from './events.ts'
import { countHolders, type HoldersRange, type Holding, selectHolders } from './holders.ts'
import type { Link, ManyLink, OneLink } from './link.ts'
import { type Groups, type Key, type Keyed, keyOf, type Question, questionOf, rowLink } from './questions.ts'
import { countLinked, estimateLinked, selectLargest, selectLinked, selectLinkedPage } from './statements.ts'
import { nameOf, type SubjectRow, selectSubjects, subjectsQuestion, type Whom, whomOf } from './subjects.ts'

export interface LoaderOptions {
  readonly read: Read
  /** Answers a question for few keys, each once; may do so together with the questions of other requests. */
  readonly ask: <Row extends object>(question: Question, keys: readonly Key[]) => Promise<Groups<Row>>
  readonly visibility: Visibility
  readonly columns: Columns
  readonly catalogues: Catalogues
  /** The instant of the request. */
  readonly now: Date
}

/** A condition on the rows that a link leads to. Links asked with equal names share a statement. */
export interface Narrowed {
  readonly name: string
  readonly where: Prisma.Sql
}

/** Every row that the link leads to. */
export const everything: Narrowed = Object.freeze({ name: '', where: anything })

/** What links to many begin at. */
export interface Parent {
  readonly id: Key
}

/** Keys beyond which a statement is not shared: those who ask for few would wait for those who ask for many. */
const mostShared = 32

export class Loaders {
  readonly #options: LoaderOptions
  #loaders = new Map<string, unknown>()
  /** What is about to be asked. */
  readonly #gathered = new Map<string, { readonly keys: Set<Key>; readonly groups: Promise<Groups<unknown>> }>()
  /** The latest version of the catalogue that something refers to that was read; null where nothing did. */
  #version: bigint | null = null
  #catalogue: Promise<Catalogue> | undefined
  /** The same, where nobody had to wait for it. */
  #atHand: Catalogue | undefined
  /** The one that was looked at before a later version was read. */
  #before: Promise<Catalogue> | undefined

  constructor(options: LoaderOptions) {
    this.#options = options
  }

  /** The row with the id; null where there is none that the caller may see. */
  async row<Row extends { readonly id: Key }>(table: Table<Row>, id: Row['id']): Promise<Row | null> {
    const inCatalogue = cataloguedRow(table as never)
    if (inCatalogue !== undefined) return inCatalogue(await this.catalogue(), id as string) as Row | null
    return this.#load(table.model, id, async (ids) => this.#first(rowLink(table), ids))
  }

  /**
   * The row whose column, which is unique, has the value (bytes as `\\x` and hex); null where there is none that the
   * caller may see.
   */
  rowBy<Row extends { readonly id: Key }>(
    table: Table<Row>,
    column: keyof Row & string,
    value: Key,
  ): Promise<Row | null> {
    return this.#load(`${table.model} by ${column}`, value, async (values) =>
      this.#first(rowLink(table, column), values),
    )
  }

  /** The row that the link leads to; null where there is none, or none that the caller may see. */
  async one<From, To extends object>(link: OneLink<From, To>, parent: From): Promise<To | null> {
    const key = parent[link.key] as Key | null | undefined
    if (key === null || key === undefined) return null
    const inCatalogue = cataloguedRow(link.to as never)
    if (inCatalogue !== undefined) return inCatalogue(await this.catalogue(), key as string) as To | null
    // Links that lead to rows by their ids share what they load with those who look for the rows themselves.
    if (leadsById(link)) return this.row(link.to as Table<never>, key as never)
    return this.#load(link.name, key, async (keys) => this.#first(link, keys))
  }

  /** The same for many parents at once, in their order. */
  async ones<From, To extends object>(
    link: OneLink<From, To>,
    parents: readonly From[],
  ): Promise<readonly (To | null)[]> {
    const keys = parents.map((parent) => parent[link.key] as Key | null | undefined)
    const inCatalogue = cataloguedRow(link.to as never)
    if (inCatalogue !== undefined) {
      const catalogue = await this.catalogue()
      return keys.map((key) => (isKey(key) ? (inCatalogue(catalogue, key as string) as To | null) : null))
    }
    const groups = await this.#gather(link.name, keys.filter(isKey), (all) => this.#grouped(link, all, everything))
    return keys.map((key) => (isKey(key) ? (groups.get(key)?.[0] ?? null) : null))
  }

  /** The rows that the link leads to, in its order. */
  async list<From, To extends object>(
    link: ManyLink<From, To>,
    parent: Parent,
    narrowed: Narrowed = everything,
  ): Promise<readonly To[]> {
    const inCatalogue = cataloguedList(link as never)
    if (inCatalogue !== undefined) {
      // A row leads to those of its own version.
      const list = linkedInCatalogue(parent) ?? inCatalogue(await this.catalogue(), parent.id as string)
      return list as readonly To[]
    }
    return this.#load(`${link.name} ${narrowed.name}`, parent.id, async (keys) => {
      const groups = await this.#grouped(link, keys, narrowed)
      return keys.map((each) => groups.get(each) ?? [])
    })
  }

  /** The same for many parents at once, in their order. */
  async lists<From, To extends object>(
    link: ManyLink<From, To>,
    parents: readonly Parent[],
    narrowed: Narrowed = everything,
  ): Promise<readonly (readonly To[])[]> {
    const inCatalogue = cataloguedList(link as never)
    if (inCatalogue !== undefined) return Promise.all(parents.map((parent) => this.list(link, parent)))
    const ids = parents.map(({ id }) => id)
    const groups = await this.#gather(`${link.name} ${narrowed.name}`, ids, (all) => this.#grouped(link, all, narrowed))
    return ids.map((id) => groups.get(id) ?? none)
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
      const groups = await this.#page(link, keys, page, narrowed)
      return keys.map((each) => groups.get(each) ?? [])
    })
  }

  /** The same for many parents at once, in their order. */
  async pages<From, To extends object>(
    link: ManyLink<From, To>,
    parents: readonly Parent[],
    page: Page,
    narrowed: Narrowed,
  ): Promise<readonly (readonly To[])[]> {
    const ids = parents.map(({ id }) => id)
    const name = `page ${page.limit} ${page.offset} ${link.name} ${narrowed.name}`
    const groups = await this.#gather(name, ids, (all) => this.#page(link, all, page, narrowed))
    return ids.map((id) => groups.get(id) ?? none)
  }

  /** How many rows the link leads to. */
  count<From, To>(link: ManyLink<From, To>, parent: Parent, narrowed: Narrowed = everything): Promise<number> {
    return this.#load(`count ${link.name} ${narrowed.name}`, parent.id, async (keys) => {
      const counts = await this.#values<number>(countLinked(link, this.#asked(keys, narrowed)))
      return keys.map((each) => counts.get(each) ?? 0)
    })
  }

  /** About how many rows the link leads to, from the database's statistics. */
  estimate<From, To>(link: ManyLink<From, To>, parent: Parent, narrowed: Narrowed = everything): Promise<number> {
    return this.#load(`estimate ${link.name} ${narrowed.name}`, parent.id, async (keys) => {
      const [row] = await this.#options.read<Explained>(estimateLinked(link, this.#asked(keys, narrowed)))
      const parts = row?.['QUERY PLAN'][0].Plan.Plans ?? []
      return keys.map((_, index) => parts[index]?.['Plan Rows'] ?? 0)
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

  /** The accesses that have the permission, by id. Those asked with equal names share a statement. */
  holders(
    permissionId: string,
    holding: Holding & { readonly name: string },
    range: HoldersRange,
  ): Promise<readonly Access[]> {
    const { after, before, fromEnd, limit, offset } = range
    const name = `holders ${after} ${before} ${fromEnd} ${limit} ${offset} ${holding.name}`
    return this.#load(name, permissionId, async (ids) => {
      const { read, visibility, columns } = this.#options
      const groups = grouped(
        await read<Keyed<Access>>(selectHolders(ids, columns(accesses), holding, range, visibility)),
      )
      return ids.map((each) => groups.get(each) ?? [])
    })
  }

  /** How many accesses have the permission. */
  holderCount(permissionId: string, holding: Holding & { readonly name: string }): Promise<number> {
    return this.#load(`count holders ${holding.name}`, permissionId, async (ids) => {
      const counts = await this.#values<number>(countHolders(ids, holding, this.#options.visibility))
      return ids.map((each) => counts.get(each) ?? 0)
    })
  }

  /** A page of what the audit trail has about each, newest first. Those asked with equal names share a statement. */
  events<Id extends Key>(
    about: About,
    id: Id,
    { name, where }: Narrowed,
    range: EventsRange,
  ): Promise<readonly AuditEvent[]> {
    const { after, before, fromEnd, limit } = range
    return this.#load(`events ${about} ${after} ${before} ${fromEnd} ${limit} ${name}`, id, async (ids) => {
      const { read, visibility, columns } = this.#options
      const statement = selectEvents(about, ids, columns(auditEvents), where, range, visibility)
      const groups = grouped(await read<Keyed<AuditEvent>>(statement))
      return ids.map((each) => groups.get(each) ?? [])
    })
  }

  /** How many events there are about each. */
  eventCount<Id extends Key>(about: About, id: Id, { name, where }: Narrowed): Promise<number> {
    return this.#load(`count events ${about} ${name}`, id, async (ids) => {
      const counts = await this.#values<number>(countEvents(about, ids, where, this.#options.visibility))
      return ids.map((each) => counts.get(each) ?? 0)
    })
  }

  /** The catalogue, no older than anything that has been read through these loaders. */
  catalogue(): Promise<Catalogue> {
    const { catalogues, read } = this.#options
    this.#catalogue ??= this.#version === null ? catalogues.now(read) : this.#noOlderThan(this.#version)
    return this.#catalogue
  }

  /** The catalogue, no older than any of these rows either; at once where it is at hand. */
  catalogueOf(rows: readonly { readonly catalogueVersion: string }[]): Catalogue | Promise<Catalogue> {
    let noted: string | undefined
    for (const row of rows) {
      // Those of one statement have the same.
      if (row.catalogueVersion === noted) continue
      noted = row.catalogueVersion
      this.#noteVersionOf(row)
    }
    if (this.#catalogue === undefined && this.#before === undefined && this.#version !== null) {
      this.#atHand = this.#options.catalogues.atHand(this.#version)
      if (this.#atHand !== undefined) this.#catalogue = Promise.resolve(this.#atHand)
    }
    return this.#atHand ?? this.catalogue()
  }

  /** What decides what they may do, a row for each access; none where there is nobody that the caller may see. */
  subject(whom: Whom): Promise<readonly SubjectRow[]> {
    return this.#load('subject', nameOf(whom), (names) => this.#subjects(names))
  }

  /** The same for many at once, in their order. */
  async subjects(asked: readonly Whom[]): Promise<readonly (readonly SubjectRow[])[]> {
    const names = asked.map(nameOf)
    const found = await this.#gather('subject', names, async (all) => {
      const rows = await this.#subjects(all as readonly string[])
      return new Map(all.map((name, index) => [name, rows[index] ?? none]))
    })
    return names.map((name) => found.get(name) ?? none)
  }

  /** Makes what is asked from now on be read anew: something has been changed. */
  forget(): void {
    this.#loaders = new Map()
    this.#version = null
    this.#catalogue = undefined
    this.#atHand = undefined
    this.#before = undefined
  }

  #load<Id, Value>(name: string, key: Id, batch: (keys: readonly Id[]) => Promise<Value[]>): Promise<Value> {
    let loader = this.#loaders.get(name) as DataLoader<Id, Value> | undefined
    if (loader === undefined) {
      loader = new DataLoader(batch)
      this.#loaders.set(name, loader)
    }
    return loader.load(key)
  }

  #asked(keys: readonly Key[], { where }: Narrowed) {
    const { visibility, now } = this.#options
    return { keys, visibility, where, now }
  }

  /** Answers what is asked in one go, be it of objects of several types or under several names, by one statement. */
  #gather<Row>(
    name: string,
    keys: readonly Key[],
    ask: (keys: readonly Key[]) => Promise<Groups<Row>>,
  ): Promise<Groups<Row>> {
    const waiting = this.#gathered.get(name)
    if (waiting !== undefined) {
      for (const key of keys) waiting.keys.add(key)
      return waiting.groups as Promise<Groups<Row>>
    }
    const all = new Set(keys)
    const groups = Promise.resolve().then(() => {
      this.#gathered.delete(name)
      return ask([...all])
    })
    this.#gathered.set(name, { keys: all, groups })
    return groups
  }

  async #subjects(names: readonly string[]): Promise<(readonly SubjectRow[])[]> {
    const { visibility, columns, read } = this.#options
    const asked = names.map(whomOf)
    const { kind } = asked[0] as Whom
    if (asked.every((each) => each.kind === kind)) {
      const question = subjectsQuestion(kind, columns(accesses), visibility.kind)
      const groups = await this.#answers<SubjectRow>(
        question,
        asked.map(({ id }) => id),
      )
      this.#noteVersion(groups)
      return asked.map(({ id }) => groups.get(id) ?? none)
    }
    const groups = grouped(await read<Keyed<SubjectRow>>(selectSubjects(asked, columns(accesses), visibility)))
    this.#noteVersion(groups)
    return names.map((name) => groups.get(name) ?? none)
  }

  async #first<From, To extends object>(link: Link<From, To>, keys: readonly Key[]): Promise<(To | null)[]> {
    const groups = await this.#grouped(link, keys, everything)
    return keys.map((each) => groups.get(each)?.[0] ?? null)
  }

  #grouped<From, To extends object>(
    link: Link<From, To>,
    keys: readonly Key[],
    narrowed: Narrowed,
  ): Promise<Groups<To>> {
    const { columns, read, visibility } = this.#options
    const list = columns(link.to)
    const groups =
      narrowed === everything
        ? this.#answers<To>(questionOf(link, list, visibility), keys)
        : read<Keyed<To>>(selectLinked(link, list, this.#asked(keys, narrowed))).then(grouped)
    return link.to.leadsToCatalogue ? groups.then((found) => this.#noting(found)) : groups
  }

  #answers<To extends object>(question: Question, keys: readonly Key[]): Promise<Groups<To>> {
    const { read, ask, visibility } = this.#options
    if (keys.length <= mostShared) return ask<To>(question, keys)
    const organization = visibility.kind === 'organization' ? visibility.organizationId : null
    return read<Keyed<To>>(question.alone({ keys, organization })).then(grouped)
  }

  #noting<To extends object>(groups: Groups<To>): Groups<To> {
    this.#noteVersion(groups)
    return groups
  }

  async #page<From, To extends object>(link: ManyLink<From, To>, keys: readonly Key[], page: Page, narrowed: Narrowed) {
    const { read, columns } = this.#options
    return grouped(await read<Keyed<To>>(selectLinkedPage(link, columns(link.to), this.#asked(keys, narrowed), page)))
  }

  /** Rows of one statement are of one snapshot. */
  #noteVersion(groups: Groups<object>): void {
    const [first] = groups.values()
    const [row] = (first ?? none) as readonly { readonly catalogueVersion: string }[]
    if (row !== undefined) this.#noteVersionOf(row)
  }

  #noteVersionOf({ catalogueVersion }: { readonly catalogueVersion: string }): void {
    const version = BigInt(catalogueVersion)
    if (this.#version !== null && version <= this.#version) return
    this.#version = version
    this.#before = this.#catalogue ?? this.#before
    this.#catalogue = undefined
    this.#atHand = undefined
  }

  /** What was looked at before counts as well: a request never goes back. */
  async #noOlderThan(version: bigint): Promise<Catalogue> {
    const known = await this.#before?.catch(() => undefined)
    if (known !== undefined && known.version >= version) return known
    return this.#options.catalogues.atLeast(version, this.#options.read)
  }

  async #values<Value>(statement: Statement): Promise<ReadonlyMap<Key, Value>> {
    const rows = await this.#options.read<{ readonly batchKey: Key; readonly value: Value }>(statement)
    return new Map(rows.map(({ batchKey, value }) => [batchKey, value]))
  }
}

const none: readonly never[] = Object.freeze([])

function isKey(key: Key | null | undefined): key is Key {
  return key !== null && key !== undefined
}

/** Whether the link leads from the id of a row to the row, as other links may, too: among those that are there. */
function leadsById<From, To>({ to, by, through }: Link<From, To>): boolean {
  return through === null && by === 'id' && !to.includesRemoved
}

/** The plan of `estimateLinked`. */
interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: { readonly Plans?: readonly { readonly 'Plan Rows': number }[] } }]
}

function grouped<Row>(rows: readonly Keyed<Row>[]): Groups<Row> {
  const groups = new Map<Key, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
