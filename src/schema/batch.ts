/** Several changes asked for at once, each on its own: what becomes of one does not matter to the others. */
import type { Context } from '../context.ts'
import { badInput } from '../errors.ts'
import { expected, Failure } from '../failures.ts'

/** Changes that are asked for at once at most. */
export const mostChanges = 100

/** What became of one of them: what it gives, or why it was not made. */
export interface Outcome<Asked, Row> {
  readonly asked: Asked
  readonly outcome: Row | Failure
}

/**
 * Makes each of the changes, once for each name that `nameOf` gives, and tells what became of them in the order asked for. All
 * are tried, whatever becomes of others, and begun in the order of `compare`; throws where one of them ended in what is no
 * expected failure. BAD_USER_INPUT where there are too many.
 */
export async function changeEachOnce<Asked, Row extends object>(
  argument: string,
  all: readonly Asked[],
  context: Context,
  { nameOf, compare }: { nameOf(asked: Asked): string; compare(one: Asked, other: Asked): number },
  changeOne: (asked: Asked) => Promise<Row>,
): Promise<readonly Outcome<Asked, Row>[]> {
  if (all.length > mostChanges) throw badInput(argument, `at most ${mostChanges} of them`, all.length)
  const byName = new Map<string, Asked>()
  for (const asked of all) if (!byName.has(nameOf(asked))) byName.set(nameOf(asked), asked)
  const distinct = [...byName.values()]
  const outcomes = new Map<Asked, Promise<Row | Failure>>()
  for (const asked of distinct.toSorted(compare)) {
    outcomes.set(
      asked,
      expected([Failure], context, async () => changeOne(asked)),
    )
  }
  await Promise.allSettled(outcomes.values())
  const made: Outcome<Asked, Row>[] = []
  for (const asked of distinct) made.push({ asked, outcome: (await outcomes.get(asked)) as Row | Failure })
  return made
}

/** Whether it is why a change was not made. */
export function isFailure(outcome: object): outcome is Failure {
  return 'typeName' in outcome
}
