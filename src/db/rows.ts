/**
 * Rows as the database wrote them: the values that Prisma's models have are made when they are asked for, and what is
 * only written on needs none.
 */
import pg from 'pg'
import { type Octets, textOf } from '../octets.ts'
import type { RowMessages } from './rowConnection.ts'

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

/** Types whose values have no other characters. */
const ascii: ReadonlySet<number> = new Set([oid.bool, oid.int8, oid.int4, oid.date, oid.timestamptz, oid.uuid])

/** Where a value stands in a row, and of which type it is. */
export interface WrittenColumn {
  readonly index: number
  readonly type: number
}

/** Where a row has what was written. Not under names: those are the columns'. */
const written = Symbol('written')
const values = Symbol('values')
export const columns = Symbol('columns')

/**
 * A row of some statement: its members are the statement's columns. It keeps no places of its values, which are found by going
 * through those before them: rows wait in great numbers, and what each has is moved by the collector.
 */
export class WrittenRow {
  /** Set once for the rows of each statement, on their prototype. */
  declare readonly [columns]: ReadonlyMap<string, WrittenColumn>
  /** What came together with it. */
  readonly [written]: Octets
  /** Where in that its values begin. */
  readonly [values]: number

  constructor(among: Octets, begin: number) {
    this[written] = among
    this[values] = begin
  }
}

export type RowClass = new (among: Octets, begin: number) => WrittenRow

/** What the server says of a column. */
export interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** Of a DataRow message (PostgreSQL's manual, section 55.7): type, length, and the number of values. */
const lengthOfType = 1
const beforeValues = lengthOfType + 4 + 2
/** Of each value. */
const lengthOfLength = 4

/** Adds the rows of these messages, whose values are texts. */
export function rowsFrom({ bytes, start, end, count }: RowMessages, Row: RowClass, rows: WrittenRow[]): void {
  const among = bytes.toString('latin1', start, end)
  let at = start
  for (let row = 0; row < count; row += 1) {
    rows.push(new Row(among, at - start + beforeValues))
    at += lengthOfType + bytes.readInt32BE(at + lengthOfType)
  }
}

/** The value as it was written; null is SQL's. */
export function bytesOf(row: WrittenRow, index: number): Octets | null {
  const among = row[written]
  let at = row[values]
  for (let before = 0; before < index; before += 1) at += lengthOfLength + Math.max(0, lengthAt(among, at))
  const length = lengthAt(among, at)
  at += lengthOfLength
  return length === -1 ? null : among.substring(at, at + length)
}

/** The length of the value that begins with it; -1 for null. */
function lengthAt(among: Octets, at: number): number {
  return (
    (among.charCodeAt(at) << 24) |
    (among.charCodeAt(at + 1) << 16) |
    (among.charCodeAt(at + 2) << 8) |
    among.charCodeAt(at + 3)
  )
}

/** The class of the rows of a statement that has these columns. Of columns of the same name the last one counts. */
export function rowClassOf(fields: readonly Field[]): RowClass {
  const Row = class extends WrittenRow {}
  const byName = new Map<string, WrittenColumn>()
  fields.forEach(({ name, dataTypeID: type }, index) => {
    byName.set(name, { index, type })
    const parse = parserOf(type)
    const read = ascii.has(type) ? parse : (bytes: Octets) => parse(textOf(bytes))
    Object.defineProperty(Row.prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: WrittenRow) {
        const bytes = bytesOf(this, index)
        return bytes === null ? null : read(bytes)
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
