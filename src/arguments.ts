/** Arguments of the command line → values. Each throws InvalidArgumentError, which commander tells the user. */
import { InvalidArgumentError } from 'commander'
import { developmentLifetime } from './auth/developmentIssuer.ts'
import { leastLead } from './auth/signingKeys.ts'
import { isUuid } from './auth/uuid.ts'
import { parseDuration } from './duration.ts'

/** A whole number from 1. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.')
  return Number(text)
}

/** A whole number from 1 to `most`. */
export function countOfUsers(most: number): (text: string) => number {
  return (text) => {
    const count = positiveInteger(text)
    if (count > most) throw new InvalidArgumentError(`Expected at most ${most}.`)
    return count
  }
}

export function uuid(text: string): string {
  if (!isUuid(text)) throw new InvalidArgumentError('Expected a UUID.')
  return text
}

/** Seconds of a duration that a JWT of the development issuer may have. */
export function lifetime(text: string): number {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds < 1 || seconds > developmentLifetime) {
    throw new InvalidArgumentError('Expected a duration of at most 12h, such as 30m.')
  }
  return seconds
}

/** Seconds for which a signing key is published before it signs. */
export function lead(text: string): number {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds < leastLead) {
    throw new InvalidArgumentError(`Expected a duration of at least ${leastLead}s, such as 15m.`)
  }
  return seconds
}
