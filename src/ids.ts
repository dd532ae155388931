/** Ids as clients write them → ids as the database has them. What is no id is BAD_USER_INPUT, not "not found". */
import { parseInt4 } from './auth/int4.ts'
import { isUuid } from './auth/uuid.ts'
import { badInput } from './errors.ts'
import { isPrintableName } from './printable.ts'

const nameLength = 200

/** The UUID, in lower case; null where the text is none. */
export function asUuid(text: string): string | null {
  return isUuid(text) ? text.toLowerCase() : null
}

/** The number that the decimal digits say, from 1 to the largest int4; null otherwise. */
export function asIntegerId(text: string): number | null {
  return parseInt4(text)
}

/** The id of a role or a permission, 1 to 200 printable characters; null otherwise. */
export function asNameId(text: string): string | null {
  return isPrintableName(text, nameLength) ? text : null
}

/** `asUuid`, but throws BAD_USER_INPUT. */
export function uuidOf(argument: string, text: string): string {
  return asUuid(text) ?? refuse(argument, 'a UUID', text)
}

/** `asIntegerId`, but throws BAD_USER_INPUT. */
export function integerIdOf(argument: string, text: string): number {
  return asIntegerId(text) ?? refuse(argument, 'an id in decimal digits', text)
}

/** `asNameId`, but throws BAD_USER_INPUT. */
export function nameIdOf(argument: string, text: string): string {
  return asNameId(text) ?? refuse(argument, `an id of 1 to ${nameLength} printable characters`, text)
}

function refuse(argument: string, expected: string, text: string): never {
  throw badInput(argument, expected, text)
}
