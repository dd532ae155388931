/** Texts that people write into rows, by the graph or by an import: what is taken, and the form that it is kept in. */
import { hiddenIn, isPrintableName, isStorable } from './printable.ts'

/** What a text must be like. */
export interface TextRule {
  readonly expected: string
  /** Characters that it has at most. */
  readonly most: number
  /** What is kept of it; null where it is not what is expected. */
  read(text: string): string | null
}

const longestText = 500
const longestMailAddress = 320
const longestDescription = 2_000

function namesOf(most: number): TextRule {
  return Object.freeze({
    expected: `1 to ${most} printable characters`,
    most,
    read(text: string) {
      const name = text.normalize('NFC')
      return isPrintableName(name, most) ? name : null
    },
  })
}

/** A name, kept in Unicode's normalization form C. A reader sees all of it. */
export const nameRule = namesOf(longestText)

/** The name of a token. */
export const tokenNameRule = namesOf(200)

/** What others have given a name to, kept as they write it. */
export const identifierRule: TextRule = Object.freeze({
  ...nameRule,
  read: (text: string) => (isPrintableName(text, longestText) ? text : null),
})

/** A mail address, kept like a name: that there is an @ in it, the rest is the business of whoever sends mail to it. */
export const mailRule: TextRule = Object.freeze({
  expected: `a mail address of at most ${longestMailAddress} printable characters`,
  most: longestMailAddress,
  read(text: string) {
    const address = text.normalize('NFC')
    return /^.+@.+$/.test(address) && isPrintableName(address, longestMailAddress) ? address : null
  },
})

/** A description, which may have several lines, kept like a name. */
export const descriptionRule: TextRule = Object.freeze({
  expected: `1 to ${longestDescription} characters, none of them NUL or half of a surrogate pair`,
  most: longestDescription,
  read(text: string) {
    const description = text.normalize('NFC')
    const fits = description.trim() !== '' && description.length <= longestDescription && isStorable(description)
    return fits ? description : null
  },
})

/** What came instead of what is expected, without repeating it: its length, and the first character that is not printable. */
export function lengthOf(text: string): string {
  const hidden = hiddenIn(text)
  return `${text.length} characters${hidden === null ? '' : `, with ${hidden}`}`
}
