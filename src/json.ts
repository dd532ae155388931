/** JSON that clients send, before anything is known of its form. */
import { GatewayError } from './errors.ts'

export type Members = Readonly<Record<string, unknown>>

/** The value that the text stands for. Throws BAD_REQUEST where it is no JSON; `what` begins the sentence. */
export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What JSON.parse says quotes the text, which may hold a secret.
    throw new GatewayError('BAD_REQUEST', `expected ${what} to be JSON`)
  }
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the value is, after "received". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
