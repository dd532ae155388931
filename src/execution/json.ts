/** Values → JSON in UTF-8, as JSON.stringify writes it; of columns without making a value first. */
import { type GraphQLLeafType, isEnumType } from 'graphql'
import { bytesOf, columns as columnsOf, oid, WrittenRow } from '../db/rows.ts'
import { type Octets, octetsOf, textOf } from '../octets.ts'

/** Characters that JSON can't have as they are (RFC 8259, section 7), and those that are several bytes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unlikeItsBytes = /["\\\u0000-\u001f\u0080-\uffff]/

/** A text as JSON. */
export function quote(text: string): Octets {
  return unlikeItsBytes.test(text) ? octetsOf(JSON.stringify(text)) : `"${text}"`
}

/** Writes the bytes of a column as JSON. Undefined for what it does not know: then the value is made. */
type WriteBytes = (bytes: Octets) => Octets | undefined

const asIs: WriteBytes = (bytes) => bytes
const quoted: WriteBytes = (bytes) => `"${bytes}"`

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const escaped = /["\\\u0000-\u001f]/

const quotedText: WriteBytes = (bytes) => (escaped.test(bytes) ? quote(textOf(bytes)) : `"${bytes}"`)

/** By the leaf type of the field and the type of the column: what both agree on. */
const writers: Readonly<Record<string, Readonly<Record<number, WriteBytes>>>> = {
  ID: { [oid.text]: quotedText, [oid.uuid]: quoted, [oid.int4]: quoted },
  String: { [oid.text]: quotedText, [oid.uuid]: quoted },
  Int: { [oid.int4]: asIs },
  Boolean: { [oid.bool]: (text) => (text === 't' ? 'true' : 'false') },
  Date: { [oid.date]: (text) => (text.length === 10 ? `"${text}"` : undefined) },
  DateTime: { [oid.timestamptz]: instant },
}

const fractions = ['.000', undefined, '00', '0', ''] as const

/** `2026-11-21 09:30:00.12+00` as RFC 3339 has it, with milliseconds. Undefined for other years than those of four digits. */
function instant(text: Octets): Octets | undefined {
  const digits = text.length - 22
  if (text.charCodeAt(10) !== 32 || !text.endsWith('+00') || digits > 4 || digits < 0) return undefined
  const fraction = fractions[digits]
  return fraction === undefined ? undefined : `"${text.slice(0, 10)}T${text.slice(11, -3)}${fraction}Z"`
}

/** Writes the value of a leaf, which is not null, as the leaf's type serializes it. Throws as that does. */
export type WriteLeaf = (value: unknown) => Octets

/** A writer for values of the type. */
export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  const serialized = (value: unknown) => octetsOf(JSON.stringify(present(type.serialize(value))))
  if (isEnumType(type)) {
    // Its values are few.
    const known = new Map<unknown, Octets>()
    return (value) => {
      const written = known.get(value) ?? serialized(value)
      known.set(value, written)
      return written
    }
  }
  if (type.name === 'ID' || type.name === 'String') {
    return (value) => (typeof value === 'string' ? quote(value) : serialized(value))
  }
  return serialized
}

/** graphql-js takes neither null nor undefined from a type that serializes. */
function present(value: unknown): unknown {
  if (value === null || value === undefined) throw new Error('expected a value')
  return value
}

/** Writes a member of any object; null where it is null or undefined. */
export type WriteMember = (parent: object) => Octets | null

/**
 * A writer for a member of objects that become fields of the type. Rows that the database wrote are written on as they
 * are, where the types allow it.
 */
export function memberWriter(member: string, type: GraphQLLeafType): WriteMember {
  const writeValue = leafWriter(type)
  const ofType = writers[type.name]
  // Rows of one statement have one class, and statements are few.
  let columns: WrittenRow[typeof columnsOf] | undefined
  let index = 0
  let writeBytes: WriteBytes | undefined
  const fromValue = (parent: object) => {
    const value = (parent as Readonly<Record<string, unknown>>)[member]
    return value === null || value === undefined ? null : writeValue(value)
  }
  return (parent) => {
    if (!(parent instanceof WrittenRow)) return fromValue(parent)
    if (parent[columnsOf] !== columns) {
      columns = parent[columnsOf]
      const column = columns.get(member)
      writeBytes = column === undefined ? undefined : ofType?.[column.type]
      index = column?.index ?? 0
    }
    if (writeBytes === undefined) return fromValue(parent)
    const bytes = bytesOf(parent, index)
    return bytes === null ? null : (writeBytes(bytes) ?? fromValue(parent))
  }
}
