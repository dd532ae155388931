/**
 * Rows as the database wrote them: the values that Prisma's models have are made when they are asked for, and what is
 * only written on needs none.
 */
import pg from 'pg'

/** The number of a type in PostgreSQL's catalogue (pg_type). */
export const oid = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  date: 1082,
  timestamptz: 1184,
  uuid: 2950,
} as const

/** Where the text of a value stands in a row, and of which type it is. */
export interface WrittenColumn {
  readonly index: number
  readonly type: number
}

/** A column's value as PostgreSQL writes it; null is SQL's. */
type Text = string | null

/** Where a row has what was written. Not under a name: those are the columns'. */
export const texts = Symbol('texts')
export const columns = Symbol('columns')

/** A row of some statement: its members are the statement's columns. */
export class WrittenRow {
  /** Set once for the rows of each statement, on their prototype. */
  declare readonly [columns]: ReadonlyMap<string, WrittenColumn>
  readonly [texts]: readonly Text[]

  constructor(written: readonly Text[]) {
    this[texts] = written
  }
}

export type RowClass = new (written: readonly Text[]) => WrittenRow

interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** The class of the rows of a statement that has these columns. Of columns of the same name the last one counts. */
export function rowClassOf(fields: readonly Field[]): RowClass {
  const Row = class extends WrittenRow {}
  const byName = new Map<string, WrittenColumn>()
  fields.forEach(({ name, dataTypeID: type }, index) => {
    byName.set(name, { index, type })
    const parse = parserOf(type)
    Object.defineProperty(Row.prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: WrittenRow) {
        const text = this[texts][index] as Text
        return text === null ? null : parse(text)
      },
    })
  })
  Object.defineProperty(Row.prototype, columns, { value: byName })
  return Row
}

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [oid.bytea]: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  [oid.int8]: BigInt,
  [oid.date]: (text) => new Date(`${text}T00:00:00.000Z`),
  [oid.timestamptz]: instantOf,
}

/** Makes the value that Prisma's models have, where it differs from the driver's. The session speaks ISO 8601 in UTC. */
function parserOf(type: number): (text: string) => unknown {
  return parsers[type] ?? pg.types.getTypeParser(type)
}

/** `2026-11-21 09:30:00.12+00` as an instant. */
function instantOf(text: string): Date {
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
}

/** Leaves values as they were written. */
export const asWritten: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text }
