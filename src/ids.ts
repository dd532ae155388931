/** Ids as clients write them → ids as the database has them. What is no id is BAD_USER_INPUT, not "not found". */
import { isUuid } from './auth/uuid.ts'
import { badInput } from './errors.ts'
import { isPrintableName } from './printable.ts'

const int4Max = 2_147_483_647
const nameLength = 200

/** The UUID, in lower case. Throws BAD_USER_INPUT where the text is none. */
export function uuidOf(argument: string, text: string): string {
  if (!isUuid(text)) throw badInput(argument, 'a UUID', text)
  return text.toLowerCase()
}

/** The number that the decimal digits say, from 1 to the largest int4. Throws BAD_USER_INPUT otherwise. */
export function integerIdOf(argument: string, text: string): number {
  const value = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= int4Max)) throw badInput(argument, 'an id in decimal digits', text)
  return value
}

/** The id of a role or a permission: 1 to 200 printable characters. Throws BAD_USER_INPUT otherwise. */
export function nameIdOf(argument: string, text: string): string {
  if (!isPrintableName(text, nameLength)) {
    throw badInput(argument, `an id of 1 to ${nameLength} printable characters`, text)
  }
  return text
}
