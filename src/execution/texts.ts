/**
 * Texts of values → texts of the lists and objects that they stand in, for all of a level at once. None of it is in closures of
 * its users: each of those would be made anew for each level of each request.
 */
import type { KeptTexts } from './keptTexts.ts'
import { NotPlanned } from './notPlanned.ts'
import type { FieldPlan } from './plan.ts'

/** The lists of several parents. */
export type Lists = readonly (readonly unknown[])[]

/** Puts texts where they belong once they are there. */
export function placedAt(columns: (readonly string[] | undefined)[], index: number) {
  return (written: readonly string[]) => {
    columns[index] = written
  }
}

/** Puts the texts in these places. */
export function place(texts: string[], places: readonly number[], written: readonly string[]): void {
  for (let index = 0; index < places.length; index += 1) texts[places[index] as number] = written[index] as string
}

/** The text of each value, by its place among the different ones. */
export function spread(
  values: readonly unknown[],
  places: ReadonlyMap<unknown, number>,
  texts: readonly string[],
): readonly string[] {
  return values.map((value) => (isNothing(value) ? 'null' : (texts[places.get(value) as number] as string)))
}

/** The texts that were kept, with those that have been made in the places of those that were not. */
export function filled(
  kept: KeptTexts,
  selection: object,
  texts: readonly (string | undefined)[],
  missing: readonly object[],
  made: readonly string[],
): readonly string[] {
  for (const [index, value] of missing.entries()) kept.keep(selection, value, made[index] as string)
  let next = 0
  return texts.map((text) => text ?? (made[next++] as string))
}

/** The text of each list, of the texts of the items of all of them. */
export function joined(lists: Lists, texts: readonly string[]): readonly string[] {
  let end = 0
  return lists.map((list) => {
    const from = end
    end += list.length
    return joinedTexts(texts, from, end)
  })
}

function joinedTexts(texts: readonly string[], from: number, end: number): string {
  if (from === end) return '[]'
  let text = `[${texts[from]}`
  for (let index = from + 1; index < end; index += 1) text += `,${texts[index]}`
  return `${text}]`
}

/** The text of each object, of those of its fields: a column for each field, with a text for each object. */
export function assembled(
  fields: readonly FieldPlan[],
  columns: readonly (readonly string[] | undefined)[],
  parents: readonly unknown[],
): readonly string[] {
  // Its fragments may all be of other types.
  if (fields.length === 0) return parents.map(() => '{}')
  return parents.map((parent, place) => {
    let text = ''
    for (let index = 0; index < fields.length; index += 1) {
      const { prefix, constant, writeMember, completion } = fields[index] as FieldPlan
      const value =
        constant ??
        (writeMember === undefined
          ? (columns[index]?.[place] as string)
          : (writeMember(parent as object) ?? nullText(completion.isNullable)))
      text += prefix
      text += value
    }
    return `${text}}`
  })
}

/** The text of null. Throws NotPlanned where there must be a value: graphql-js tells what that comes to. */
export function nullText(isNullable: boolean): string {
  if (!isNullable) throw new NotPlanned('failure')
  return 'null'
}

/** As GraphQL takes it: what a resolver leaves undefined is null. */
export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
