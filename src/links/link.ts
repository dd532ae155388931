/** A link of the graph as a value: what leads where. Statements, loaders and weights are made of it. */
import type { Prisma } from '../db/generated/prisma/client.ts'
import type { Relation, Table } from '../db/tables.ts'

/** Where a link begins: rows of a table, or values that are no rows, such as the snapshot of an author. */
export interface Source<Value> {
  /** The name of the type. */
  readonly type: string
  /** Null for values that are no rows: their members are there without being read. */
  readonly table: Table<Value> | null
}

/** A third table that joins two: `from` has the parent's key, `to` the child's. */
export interface Through {
  readonly name: Prisma.Sql
  readonly from: Prisma.Sql
  readonly to: Prisma.Sql
  readonly organization: Prisma.Sql | null
  /** Whether each pair stands in it once. */
  readonly unique: boolean
  /** The instant until which a pair counts; null where all of them do. */
  readonly validUntil: Prisma.Sql | null
}

interface Ends<From, To> {
  /** Its place in the graph, for example `User.organization`. */
  readonly name: string
  readonly from: Source<From>
  readonly to: Table<To>
  /** The member of the parent that says which children it has. */
  readonly key: keyof From & string
  /** The member of the child that is the parent's key, or the key that `through` leads to. */
  readonly by: keyof To & string
  readonly through: Through | null
}

/** Leads to one row, or to none. */
export interface OneLink<From, To> extends Ends<From, To> {
  readonly kind: 'one'
}

/** Leads to any number of rows. */
export interface ManyLink<From, To> extends Ends<From, To> {
  readonly kind: 'many'
  /** How many there usually are: what a whole list counts in the cost of an operation. */
  readonly typical: number
  /** Members that the rows are ordered by, nulls first, before their ids; empty: by id alone. */
  readonly order: readonly (keyof To & string)[]
}

export type Link<From, To> = OneLink<From, To> | ManyLink<From, To>

/** A table as the source of links. */
export function rowsOf<Row>(table: Table<Row>): Source<Row> {
  return { type: table.model, table }
}

/** Values of this type as the source of links. */
export function valuesOf<Value>(type: string): Source<Value> {
  return { type, table: null }
}

interface ThroughOptions<Row> {
  readonly unique?: boolean
  readonly validUntil?: keyof Row & string
}

/** The table as what joins two others. */
export function through<Row>(
  table: Relation<Row>,
  from: keyof Row & string,
  to: keyof Row & string,
  { unique = false, validUntil }: ThroughOptions<Row> = {},
): Through {
  const { name, organization, column } = table
  const end = validUntil === undefined ? null : column(validUntil)
  return { name, organization, from: column(from), to: column(to), unique, validUntil: end }
}

interface OneOptions<From, To> {
  readonly key: keyof From & string
  /** Left out: the child's id. */
  readonly by?: keyof To & string
  readonly through?: Through
}

/** A link to the row of `to` that the parent's `key` leads to. `name` ends in the name of its field. */
export function one<From, To extends { readonly id: unknown }>(
  from: Source<From>,
  field: string,
  to: Table<To>,
  { key, by = 'id', through }: OneOptions<From, To>,
): OneLink<From, To> {
  return Object.freeze({ kind: 'one', name: `${from.type}.${field}`, from, to, key, by, through: through ?? null })
}

interface ManyOptions<To> {
  /** Left out: the child's id. */
  readonly by?: keyof To & string
  readonly through?: Through
  readonly typical: number
  readonly order?: readonly (keyof To & string)[]
}

/** A link to the rows of `to` that the parent's id leads to. */
export function many<From extends { readonly id: unknown }, To extends { readonly id: unknown }>(
  from: Source<From>,
  field: string,
  to: Table<To>,
  { by = 'id', through, typical, order = [] }: ManyOptions<To>,
): ManyLink<From, To> {
  const name = `${from.type}.${field}`
  return Object.freeze({ kind: 'many', name, from, to, key: 'id', by, through: through ?? null, typical, order })
}
