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

/** The rows that pages are taken of. */
export interface PageRows {
  /** What they meet, the tenant filter among it. */
  readonly condition: Prisma.Sql
  /** The column with the organization where all rows are of one, as `isVisibleInOrder` says it; null otherwise. */
  readonly organization: Prisma.Sql | null
  /** Whether they are all that the caller sees, so that an index alone finds them. */
  readonly isEverything: boolean
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

/** Some of the rows, and ORDER BY for them. */
interface Part {
  readonly condition: Prisma.Sql
  readonly sorted: Prisma.Sql
}

/**
 * The rows in two parts, in an order that may have nulls, or in its reverse: those with a value, and those without one.
 * Each part is sorted as an index on value and id has them, forward or backward.
 */
export function partsOf<Row>(
  table: Table<Row>,
  { value, direction }: Order,
  rows: PageRows,
  reversed = false,
): readonly [valued: Part, valueless: Part] {
  const goes = Prisma.raw((direction === 'ASC') === reversed ? 'DESC' : 'ASC')
  const sorted = Prisma.sql`ORDER BY ${within(rows, goes)}${value} ${goes}, ${comparedId(table)} ${goes}`
  return [
    { condition: Prisma.sql`${value} IS NOT NULL`, sorted },
    { condition: Prisma.sql`${value} IS NULL`, sorted },
  ]
}

/**
 * The row's id is one of those of a page. As an array, because how many they are is known to the planner neither of a limit
 * that comes with each request nor of a sub-select: it would go through the whole table for a tenth of it.
 */
export function isAmong<Row>({ id }: Table<Row>, ids: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${id} = ANY(ARRAY(${ids}))`
}

/** In an order by id alone, the row is the one with this id, or comes after it. No row does where there is no such id. */
export function beginsAt<Row>(table: Table<Row>, { direction }: Order, id: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${comparedId(table)} ${Prisma.raw(direction === 'ASC' ? '>=' : '<=')} (${id})`
}

/** ORDER BY for the order, or for its reverse. */
export function orderedBy<Row>(
  table: Table<Row>,
  { value, nullable, direction }: Order,
  rows: Pick<PageRows, 'organization'> = { organization: null },
  reversed = false,
): Prisma.Sql {
  const goes = Prisma.raw((direction === 'ASC') === reversed ? 'DESC' : 'ASC')
  const first = within(rows, goes)
  const id = Prisma.sql`${comparedId(table)} ${goes}`
  if (value === null) return Prisma.sql`ORDER BY ${first}${id}`
  const nulls = nullable ? Prisma.raw(reversed ? ' NULLS FIRST' : ' NULLS LAST') : Prisma.empty
  return Prisma.sql`ORDER BY ${first}${value} ${goes}${nulls}, ${id}`
}

/**
 * One organization's rows are read along an index that begins with it. The planner would also go through all organizations'
 * in the order that is asked for and leave out the others': it expects a tenant's rows to be spread evenly, but those that were
 * made together lie together, and the first may come after a million others.
 */
function within({ organization }: Pick<PageRows, 'organization'>, goes: Prisma.Sql): Prisma.Sql {
  return organization === null ? Prisma.empty : Prisma.sql`${organization} ${goes}, `
}
