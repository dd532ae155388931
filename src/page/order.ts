/** What a list is ordered by. Ties are broken by id, so that every order is total and pages neither skip nor repeat. */
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'

/** Types that lists are ordered by. */
export type OrderType = 'text' | 'timestamptz' | 'date' | 'access_type'

export interface Order {
  /** The name that clients know it by. */
  readonly name: string
  /** What is compared; null: the id alone. */
  readonly value: Prisma.Sql | null
  /** The SQL type of the value. */
  readonly type: OrderType
  /** Whether the value can be null; null comes last either way. */
  readonly nullable: boolean
  readonly direction: 'ASC' | 'DESC'
}

/** By id, from the smallest on. */
export const byId: Order = Object.freeze({
  name: 'ID',
  value: null,
  type: 'text',
  nullable: false,
  direction: 'ASC',
})

const forms: Readonly<Record<OrderType, RegExp>> = {
  text: /^[^\0\p{Cs}]*$/u,
  timestamptz: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?\+00$/,
  date: /^\d{4}-\d\d-\d\d$/,
  access_type: /^(UI_CONNECTION|SSO_CONNECTION|API_CONNECTION|PROFILE)$/,
}

/** Whether the text is a value of the type, as PostgreSQL writes it. */
export function isValueOf(type: OrderType, text: string): boolean {
  if (!forms[type].test(text)) return false
  if (type !== 'timestamptz' && type !== 'date') return true
  const instant = new Date(`${text.replace(' ', 'T').replace('+00', '')}${type === 'date' ? 'T00:00:00' : ''}Z`)
  // A day that the month does not have is moved into the next one by Date.
  return instant.getUTCFullYear() >= 1 && instant.toISOString().startsWith(text.slice(0, 10))
}

/** Sorts a text by its characters' numbers, as code sorts ids: databases differ in what they do by themselves. */
export function byCharacter(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${column} COLLATE "C"`
}

/** The table's ids in the form in which they are compared. */
export function comparedId<Row>({ id, idType }: Table<Row>): Prisma.Sql {
  return idType === 'text' ? byCharacter(id) : id
}

/** ORDER BY for the order, or for its reverse. */
export function orderedBy<Row>(table: Table<Row>, { value, nullable, direction }: Order, reversed = false): Prisma.Sql {
  const goes = Prisma.raw((direction === 'ASC') === reversed ? 'DESC' : 'ASC')
  const id = Prisma.sql`${comparedId(table)} ${goes}`
  if (value === null) return Prisma.sql`ORDER BY ${id}`
  const nulls = nullable ? Prisma.raw(reversed ? ' NULLS FIRST' : ' NULLS LAST') : Prisma.empty
  return Prisma.sql`ORDER BY ${value} ${goes}${nulls}, ${id}`
}
