/** Pieces of the conditions that searches are made of. Values are always parameters, never text of the statement. */
import { Prisma } from '../db/generated/prisma/client.ts'
import { organizations } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { isPrintable } from '../printable.ts'

const longestText = 200

/** All of the conditions; TRUE where there are none. Undefined ones are left out. */
export function all(conditions: readonly (Prisma.Sql | undefined)[]): Prisma.Sql {
  const given = conditions.filter((condition) => condition !== undefined)
  return given.length === 0 ? Prisma.sql`TRUE` : Prisma.join(given, ' AND ')
}

/** The condition that `make` gives for a value that is there; undefined for null and undefined, which ask for nothing. */
export function given<T>(value: T | null | undefined, make: (value: T) => Prisma.Sql): Prisma.Sql | undefined {
  return value === null || value === undefined ? undefined : make(value)
}

/**
 * A text to search for, in Unicode's normalization form C (UAX 15), as the columns are. Throws BAD_USER_INPUT beyond 200
 * characters, or where one is not printable.
 */
export function searchText(argument: string, text: string): string {
  if (!isPrintable(text, longestText)) throw badInput(argument, `at most ${longestText} printable characters`, text)
  return text.normalize('NFC')
}

/** Some column has the text, whatever its case. The empty text is in every row. Throws as `searchText` does. */
export function containsText(argument: string, text: string, columns: readonly Prisma.Sql[]): Prisma.Sql {
  const sought = searchText(argument, text)
  if (sought === '') return Prisma.sql`TRUE`
  const pattern = `%${sought.replace(/[\\%_]/g, '\\$&')}%`
  const matches = columns.map((column) => Prisma.sql`${column} ILIKE ${pattern}`)
  return Prisma.sql`(${Prisma.join(matches, ' OR ')})`
}

export interface TimeRange {
  readonly from?: Date | null | undefined
  readonly to?: Date | null | undefined
}

/** The column is in the range: `from` belongs to it, `to` does not. Throws BAD_USER_INPUT where `from` is after `to`. */
export function inRange(argument: string, { from, to }: TimeRange, column: Prisma.Sql): Prisma.Sql {
  if (from && to && from > to) throw badInput(argument, '"from" to be no later than "to"')
  return all([
    given(from, (instant) => Prisma.sql`${column} >= ${instant}`),
    given(to, (instant) => Prisma.sql`${column} < ${instant}`),
  ])
}

/** The ids of a list. Throws BAD_USER_INPUT where one is no id or where there are more than `most`. */
export function idList<Id>(
  argument: string,
  ids: readonly string[],
  idOf: (argument: string, text: string) => Id,
  most: number,
): Id[] {
  if (ids.length > most) throw badInput(argument, `at most ${most} ids`, ids.length)
  return ids.map((id) => idOf(argument, id))
}

/** The row belongs to the organization with this customer number; `organization` is the row's column. */
export function ofCustomer(customerId: number, organization: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${organization} = (SELECT ${organizations.id} FROM organizations WHERE customer_id = ${customerId})`
}
