/** What a kind of lines is: its members, where they are stored, and what the statements ask of it. */
import type { AccessType } from '../db/generated/prisma/client.ts'
import { type Form, sha256 } from './forms.ts'

/** A column that a member is stored in. */
export interface Column {
  readonly name: string
  readonly type: string
  /** A value of the member → the text that the database reads; null for null. */
  stored(value: unknown): string | null
  /** The column as JSON has it, in SQL. */
  selected(column: string): string
}

/** A member of a line. */
export interface Member {
  readonly name: string
  readonly description: string
  readonly form: Form
  /** Whether it may be null. */
  readonly nullable: boolean
  /** Whether each line has it. One that is left out stays as it is. */
  readonly required: boolean
  /** What a new row has where the line says nothing, in SQL; left out: null. */
  readonly fallback?: string
  /** The types of accesses that have it; left out: all. */
  readonly only?: readonly AccessType[]
  readonly columns: readonly Column[]
  /** What was selected of the columns → JSON. */
  written(selected: readonly unknown[]): unknown
  /** Whether its columns are of the kind's own table; otherwise it says where the row belongs. */
  readonly own: boolean
  /** Whether the audit trail tells of it. */
  readonly audited: boolean
}

export interface Kind {
  /** The `type` of its lines. */
  readonly type: string
  /** One of it and several, in words. */
  readonly noun: string
  readonly plural: string
  readonly description: string
  readonly table: string
  /** The target type of its audit events. */
  readonly target: string
  readonly actions: { readonly create: string; readonly update: string; readonly remove: string }
  readonly members: readonly Member[]
  /** The columns that tell its rows apart. */
  readonly key: readonly string[]
  /** Which organization a row of the alias belongs to, for staged rows and stored ones; null for the catalogue. */
  readonly place: { readonly join: (alias: string) => string; readonly organization: string } | null
  /** Whether its ids come from a sequence, which goes on behind those of the lines. */
  readonly numbered: boolean
}

interface MemberOptions {
  readonly column?: string
  readonly only?: readonly AccessType[]
  readonly fallback?: string
  readonly own?: boolean
  readonly nullable?: boolean
}

/** A member of a line, which is stored in one column unless it says otherwise. */
export function member(
  memberName: string,
  form: Form,
  description: string,
  required: boolean,
  { column = memberName, only, fallback, own = true, nullable = !required }: MemberOptions = {},
): Member {
  return {
    name: memberName,
    description,
    form,
    nullable,
    required,
    ...(fallback === undefined ? {} : { fallback }),
    ...(only === undefined ? {} : { only }),
    columns: [
      {
        name: column,
        type: form.type,
        stored: (value) => (value === null ? null : form.stored(value)),
        selected: form.selected,
      },
    ],
    written: ([value]) => (value === null ? null : form.written(value)),
    own,
    audited: form !== sha256,
  }
}

/** A member that each line has. */
export const must = (memberName: string, form: Form, description: string, options?: MemberOptions) =>
  member(memberName, form, description, true, options)

/** A member that may be left out, or null. */
export const may = (memberName: string, form: Form, description: string, options?: MemberOptions) =>
  member(memberName, form, description, false, options)

/** The table that lines of the kind wait in until all of them have been checked. */
export function stagedIn({ table }: Kind): string {
  return `import_${table}`
}

/** Optional members, as bits of the column `given` of staged rows: which of them a line has. */
export function bitOf({ members }: Kind, { name: wanted }: Member): number {
  return 1 << members.filter(({ required }) => !required).findIndex((each) => each.name === wanted)
}

/** The condition that a staged row, `s`, has the optional member, in SQL. */
export function isGiven(kind: Kind, name: string): string {
  const found = kind.members.find((each) => each.name === name)
  if (found === undefined) throw new Error(`${kind.type} has no member "${name}"`)
  return `(s.given & ${bitOf(kind, found)}) <> 0`
}

/** The condition that two rows of the kind are the same one, in SQL. */
export function isSame({ key, members }: Kind, one: string, another: string): string {
  const nullable = new Set(
    members.filter((each) => each.nullable).flatMap(({ columns }) => columns.map(({ name: column }) => column)),
  )
  return key
    .map((column) => `${one}.${column} ${nullable.has(column) ? 'IS NOT DISTINCT FROM' : '='} ${another}.${column}`)
    .join(' AND ')
}
