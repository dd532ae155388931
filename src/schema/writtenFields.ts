/** Texts that people write into rows, as inputs give them: checked, and brought into the form that they are kept in. */
import type { InputCheck } from '../failures.ts'
import { isMailAddress, isPrintableName, longestMailAddress, longestText } from '../printable.ts'

/** What a field takes. */
export interface TextRule {
  readonly expected: string
  /** Whether null clears it. */
  readonly nullable: boolean
  /** What is kept of it; null where it is not what is expected. */
  read(text: string): string | null
}

const printable = `1 to ${longestText} printable characters`

/** A name, kept in Unicode's normalization form C. A reader sees all of it. */
export const nameRule: TextRule = Object.freeze({
  expected: printable,
  nullable: false,
  read(text: string) {
    const name = text.normalize('NFC')
    return isPrintableName(name, longestText) ? name : null
  },
})

/** What others have given a name to, kept as they write it. */
export const identifierRule: TextRule = Object.freeze({
  expected: printable,
  nullable: false,
  read: (text: string) => (isPrintableName(text, longestText) ? text : null),
})

/** A mail address, kept like a name. */
export const mailRule: TextRule = Object.freeze({
  expected: `a mail address of at most ${longestMailAddress} printable characters`,
  nullable: false,
  read(text: string) {
    const address = text.normalize('NFC')
    return isMailAddress(address) && isPrintableName(address, longestMailAddress) ? address : null
  },
})

/** The same for what may be cleared. */
export function clearable(rule: TextRule): TextRule {
  return Object.freeze({ ...rule, nullable: true })
}

/** The fields that the input has, each as it is kept; what is wrong with others is told at its place, below `path`. */
export function readTexts<Field extends string>(
  input: Readonly<Partial<Record<NoInfer<Field>, string | null | undefined>>>,
  rules: Readonly<Record<Field, TextRule>>,
  check: InputCheck,
  path: readonly string[] = [],
): Partial<Record<Field, string | null>> {
  const read: Partial<Record<Field, string | null>> = {}
  for (const [field, rule] of Object.entries(rules) as [Field, TextRule][]) {
    const given = input[field]
    if (given === undefined) continue
    const kept = given === null ? null : rule.read(given)
    if (kept === null && !(given === null && rule.nullable)) {
      const received = given === null ? 'null' : `${given.length}`
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
