/** Pieces of the conditions that searches are made of. Values are always parameters, never text of the statement. */

import { all, anything } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { organizations } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { isPrintable } from '../printable.ts'

const longestText = 200

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

/**
 * The column, which is in lower case, has the text, whatever its case. The empty text is in every row. Throws as
 * `searchText` does. Where rows are `counted` they are compared with the text and nothing else.
 */
export function containsText(argument: string, text: string, column: Prisma.Sql, counted = false): Prisma.Sql {
  const sought = searchText(argument, text)
  if (sought === '') return anything
  const pattern = `%${sought.replace(/[\\%_]/g, '\\$&')}%`
  if (counted || [...sought].length > 2) return Prisma.sql`${column} LIKE ${lowered(pattern)}`
  // No trigram leads to it, so that a page which few rows are for would be looked for in all of them: the index of short
  // parts leads there. The comparison alone would tell as much, but is made first because it costs little; as an expression,
  // so that it is not looked for in the index of trigrams, which has all rows for it.
  return Prisma.sql`(${column} || '') LIKE ${lowered(pattern)} AND short_parts(${column}) @> short_parts(${lowered(sought)})`
}

/** In the lower case that names are compared by, as bytes. */
function lowered(text: string): Prisma.Sql {
  return Prisma.sql`lower(${text}::text COLLATE "und-x-icu") COLLATE "C"`
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

/** The column is one of the values of the type. One alone is told apart: what is equal can be read in the order of ids. */
export function isOneOf(column: Prisma.Sql, values: readonly string[], type: string): Prisma.Sql {
  const [only] = values
  return values.length === 1
    ? Prisma.sql`${column} = ${only}::${Prisma.raw(type)}`
    : Prisma.sql`${column} = ANY(${[...values]}::${Prisma.raw(type)}[])`
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
