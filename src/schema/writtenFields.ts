/** Texts that people write into rows, as inputs give them: checked, and brought into the form that they are kept in. */
import type { InputCheck } from '../failures.ts'
import { lengthOf, type TextRule } from '../writtenTexts.ts'

/** What a field takes. */
export interface FieldRule extends TextRule {
  /** Whether null clears it. */
  readonly nullable?: boolean
}

/** The same for what may be cleared. */
export function clearable(rule: TextRule): FieldRule {
  return Object.freeze({ ...rule, nullable: true })
}

/** The fields that the input has, each as it is kept; what is wrong with others is told at its place, below `path`. */
export function readTexts<Field extends string>(
  input: Readonly<Partial<Record<NoInfer<Field>, string | null | undefined>>>,
  rules: Readonly<Record<Field, FieldRule>>,
  check: InputCheck,
  path: readonly string[] = [],
): Partial<Record<Field, string | null>> {
  const read: Partial<Record<Field, string | null>> = {}
  for (const [field, rule] of Object.entries(rules) as [Field, FieldRule][]) {
    const given = input[field]
    if (given === undefined) continue
    const kept = given === null ? null : rule.read(given)
    if (kept === null && !(given === null && rule.nullable)) {
      const received = given === null ? 'null' : lengthOf(given)
      check.add({ path: [...path, field], message: `expected ${rule.expected}, received ${received}` })
      continue
    }
    read[field] = kept
  }
  return read
}

/** What must be there once it is given: tells where it is null. */
export function requireGiven(
  input: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, string>>,
  check: InputCheck,
): void {
  for (const [field, expected] of Object.entries(fields)) {
    if (input[field] === null) check.add({ path: [field], message: `expected ${expected}, received null` })
  }
}
