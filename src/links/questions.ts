/** What many keys are asked at once: statements that are made once for a link, and shared by all who ask the same. */
import type { Visibility } from '../auth/visibility.ts'
import { anything } from '../db/conditions.ts'
import type { Prisma } from '../db/generated/prisma/client.ts'
import type { Share } from '../db/shares.ts'
import type { Table } from '../db/tables.ts'
import { Place, type Template, templateOf } from '../db/template.ts'
import { type Link, type OneLink, one, valuesOf } from './link.ts'
import { selectLinked, selectShared } from './statements.ts'

/** Rows by the keys of their parents. */
export interface Question {
  /** Whether rows are told to the callers of their own organization only. */
  readonly byOrganization: boolean
  /** For any number of keys of one caller: takes `keys`, and his `organization`. */
  readonly alone: Template
  /**
   * For keys of several callers: takes `keys`, and `organizations` with that of each key's caller. Its rows say whose they
   * are: `batchKey` and `batchOrganization`. Where it is not by organization, those are neither taken nor told.
   */
  readonly shared: Template
}

type ByVisibility = Map<Visibility['kind'], Question>
type ByLink = WeakMap<object, ByVisibility>

/** By the select list, which is the same object for the same columns. */
const questions = new WeakMap<Prisma.Sql, ByLink>()

/** A key of a parent. */
export type Key = string | number

/** Rows by the key that they belong to; keys without rows are left out. */
export type Groups<Row> = ReadonlyMap<Key, readonly Row[]>

/** A row that says which key it belongs to. */
export type Keyed<Row> = Row & { readonly batchKey: Key | Uint8Array }

/** The key that the row belongs to, as it was asked for: bytes as `\\x` and hex. */
export function keyOf({ batchKey }: Keyed<object>): Key {
  return batchKey instanceof Uint8Array ? `\\x${Buffer.from(batchKey).toString('hex')}` : batchKey
}

/** Who asks. */
export interface Asker {
  /** Null: one who sees all of them. */
  readonly organizationId: string | null
  readonly share: Share
  /** Whether it shares no statement with others. */
  readonly alone?: boolean
}

/**
 * Asks for the rows of these keys, each once, of the asker's organization. Rejects with what the driver says: of a
 * statement that was shared, only where the asker's own keys fail, or the database does.
 */
export type AskTogether = <Row extends object>(
  question: Question,
  keys: readonly Key[],
  asker: Asker,
) => Promise<Groups<Row>>

/** What the link asks its table, with these columns: the same object for the same columns and kind of visibility. */
export function questionOf<From, To>(link: Link<From, To>, columns: Prisma.Sql, { kind }: Visibility): Question {
  const byLink: ByLink = questions.get(columns) ?? new WeakMap()
  const byVisibility: ByVisibility = byLink.get(link) ?? new Map()
  const question = byVisibility.get(kind) ?? createQuestion(link, columns, kind)
  questions.set(columns, byLink)
  byLink.set(link, byVisibility)
  byVisibility.set(kind, question)
  return question
}

/** Where the values of a question stand in its statements. */
export const keysPlace = new Place('keys') as never
export const organizationPlace = new Place('organization') as never
export const organizationsPlace = new Place('organizations') as never

/** No link that is asked like this depends on it. */
const now = new Date(0)

function createQuestion<From, To>(link: Link<From, To>, columns: Prisma.Sql, kind: Visibility['kind']): Question {
  const isLimited = kind === 'organization'
  const visibility: Visibility = isLimited ? { kind, organizationId: organizationPlace } : { kind }
  const byOrganization = isLimited && link.to.organization !== null
  // Requests that share a statement are not of the same instant.
  if (link.through?.validUntil) throw new Error(`${link.name} can't be asked of for several requests at once`)
  return {
    byOrganization,
    alone: templateOf(selectLinked(link, columns, { keys: keysPlace, visibility, where: anything, now })),
    shared: templateOf(selectShared(link, columns, keysPlace, byOrganization ? organizationsPlace : null)),
  }
}

const rowLinks = new WeakMap<object, Map<string, OneLink<object, never>>>()
const query = valuesOf<{ readonly id: unknown }>('Query')

/** What leads from the value of a unique column to the row that has it. */
export function rowLink<Row extends { readonly id: unknown }>(
  table: Table<Row>,
  by: keyof Row & string = 'id',
): OneLink<{ readonly id: unknown }, Row> {
  const byColumn = rowLinks.get(table) ?? new Map<string, OneLink<object, never>>()
  rowLinks.set(table, byColumn)
  const link = byColumn.get(by) ?? (one(query, table.model, table, { key: 'id', by }) as never)
  byColumn.set(by, link)
  return link as never
}
