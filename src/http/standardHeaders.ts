/** What stands on every response. */
import { randomUUID } from 'node:crypto'
import { withoutSecrets } from '../withoutSecrets.ts'

/** A request id that may stand in a log. */
const usable = /^[\w.-]{1,100}$/

/** The request id that the client gave, where it is usable; a new one otherwise. */
export function requestIdOf(given: string | null): string {
  return given !== null && usable.test(given) && withoutSecrets(given) === given ? given : randomUUID()
}

export function standardHeaders(requestId: string) {
  return { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': requestId }
}
