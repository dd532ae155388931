/**
 * What documents are made of before anybody knows the schema: trees of numbers. Whatever the numbers are, a valid document
 * comes of them (`documents.ts`), so fast-check can make a tree that fails smaller as it likes.
 */
import fc from 'fast-check'

/** A selection to be made, and those below it. */
export interface Choice {
  readonly decisions: readonly number[]
  readonly below: readonly Choice[]
}

/** One of the first so many whole numbers; 0, which must stand for what is simplest, once all decisions have been taken. */
export type Decide = (options: number) => number

export function decider(decisions: readonly number[]): Decide {
  let taken = 0
  return (options) => {
    const decision = decisions[taken] ?? 0
    taken += 1
    return decision % options
  }
}

/** The entry that is decided on; the first one is the simplest. Throws where there are none. */
export function choose<T>(decide: Decide, entries: readonly T[]): T {
  const index = decide(entries.length)
  if (!(index in entries)) throw new Error('expected something to choose from')
  return entries[index] as T
}

/** True in one of so many cases, and never once all decisions have been taken. */
export function happens(decide: Decide, oneIn: number): boolean {
  return decide(oneIn) === oneIn - 1
}

/** Numbers that are divisible by nothing in particular. */
export function decisions(most: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 99_999 }), { maxLength: most, size: 'max' })
}

const { choice } = fc.letrec<{ choice: Choice }>((tie) => ({
  choice: fc.record({
    decisions: decisions(24),
    below: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant([]), {
      arbitrary: fc.array(tie('choice'), { minLength: 1, maxLength: 5, size: 'max' }),
      weight: 4,
    }),
  }),
}))

/** The selections of an operation. */
export const selections: fc.Arbitrary<readonly Choice[]> = fc.array(choice, { minLength: 1, maxLength: 3, size: 'max' })
