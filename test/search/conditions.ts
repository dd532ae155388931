/** Searches beside what they must find, as a plain function over the rows: the tests' own idea of each condition. */
import { expect } from 'vitest'

export interface Condition<Search, Row> {
  readonly search: Search
  readonly matches: (row: Row) => boolean
}

export interface Found {
  readonly total: number
  readonly ids: readonly string[]
}

/** Holds a search against the rows; ids of rows are sorted as the gateway sorts them, which the caller sees to. */
export async function expectSearch<Search, Row extends { readonly id: string | number }>(
  rows: readonly Row[],
  { search, matches }: Condition<Search, Row>,
  find: (search: Search) => Promise<Found>,
): Promise<number> {
  const ids = rows.filter(matches).map(({ id }) => String(id))
  expect(await find(search), JSON.stringify(search)).toEqual({ total: ids.length, ids })
  return ids.length
}

/** Every two conditions that do not speak of the same field, as one. */
export function pairs<Search extends object, Row>(
  conditions: readonly Condition<Search, Row>[],
): readonly Condition<Search, Row>[] {
  return conditions.flatMap((one, index) =>
    conditions
      .slice(index + 1)
      .filter((other) => !Object.keys(one.search).some((field) => field in other.search))
      .map((other) => ({
        search: { ...one.search, ...other.search },
        matches: (row: Row) => one.matches(row) && other.matches(row),
      })),
  )
}

/** Whether some of the texts has the text, whatever its case. */
export function hasText(text: string, ...values: readonly (string | null)[]): boolean {
  return values.some((value) => value?.toLowerCase().includes(text.toLowerCase()))
}

/** Whether the instant is in the range: `from` belongs to it, `to` does not. Never is in no range. */
export function within(at: Date | null, { from, to }: { readonly from?: string; readonly to?: string }): boolean {
  if (at === null) return false
  return (from === undefined || at >= new Date(from)) && (to === undefined || at < new Date(to))
}
