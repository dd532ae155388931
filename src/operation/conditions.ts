/**
 * When a part of an operation is run: `@skip` and `@include` by variables, and input fields that variables may bring.
 * Each condition is a bit, and all that must hold for something are one number, so that however deep they are nested,
 * joining and testing them takes one step.
 */

/** Something counts when the variable has the value, or when it has anything at the path. */
export type Condition =
  | { readonly variable: string; readonly is: boolean }
  | { readonly variable: string; readonly given: readonly string[] }

/** All of them must hold: bits of one `ConditionTable`. */
export type Conditions = bigint

/** No condition at all. */
export const always: Conditions = 0n

/** As what holds: every condition, also those that exclude each other. */
export const worstCase: Conditions = -1n

type Variables = Readonly<Record<string, unknown>>

/** The conditions of one operation. */
export interface ConditionTable {
  /** The condition as a bit; equal ones are the same bit. */
  bitOf(condition: Condition): Conditions
  /**
   * The bits of those that hold. A variable of `@skip` or `@include` that is missing counts as holding: what might run
   * is treated as running.
   */
  holding(variables: Variables): Conditions
}

/** An empty table. */
export function createConditionTable(): ConditionTable {
  const known = new Map<string, { readonly condition: Condition; readonly bit: Conditions }>()
  return {
    bitOf(condition) {
      const key = keyOf(condition)
      const bit = known.get(key)?.bit ?? 1n << BigInt(known.size)
      known.set(key, { condition, bit })
      return bit
    },
    holding(variables) {
      let holding = always
      for (const { condition, bit } of known.values()) if (holds(condition, variables)) holding |= bit
      return holding
    },
  }
}

/** Whether all the conditions are among those that hold. */
export function hold(conditions: Conditions, holding: Conditions): boolean {
  return conditions === always || (conditions & ~holding) === always
}

/** Names of variables and fields have neither spaces nor dots. */
function keyOf(condition: Condition): string {
  const { variable } = condition
  return 'is' in condition ? `${variable} ${condition.is}` : [variable, ...condition.given].join('.')
}

function holds(condition: Condition, variables: Variables): boolean {
  const value = variables[condition.variable]
  if ('given' in condition) return isGiven(value, condition.given)
  return typeof value !== 'boolean' || value === condition.is
}

/** Whether there is anything but null at the path, in some item where a list is on the way. */
function isGiven(value: unknown, path: readonly string[]): boolean {
  if (value === null || value === undefined) return false
  const [next, ...rest] = path
  if (next === undefined) return true
  if (Array.isArray(value)) return value.some((item) => isGiven(item, path))
  return isGiven((value as Readonly<Record<string, unknown>>)[next], rest)
}
