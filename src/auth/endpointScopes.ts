/** What a caller needs at an endpoint beside the graph. */
import { GatewayError } from '../errors.ts'
import type { Principal } from './principal.ts'
import type { Scope } from './scopes.ts'

/**
 * Throws FORBIDDEN where the caller lacks a scope. Who is bound to documents of the graph is refused whatever else there is: no
 * scope helps.
 */
export function checkEndpointScopes(needed: readonly Scope[], { onlyOperations, scopes }: Principal): void {
  if (onlyOperations !== null) {
    throw new GatewayError('FORBIDDEN', 'the token is bound to documents of the graph, and may ask nothing else')
  }
  const missing = needed.filter((scope) => !scopes.has(scope))
  if (missing.length === 0) return
  throw new GatewayError('FORBIDDEN', `the request needs scopes that the caller lacks: ${missing.join(', ')}`, {
    sufficientScope: needed.join(' '),
  })
}
