/** Callers among the demo's people, by mail address or by the name of an API connection. */
import { demoAccess } from '../../examples/data/demo/identities.ts'
import type { Caller, Claims } from './harness.ts'

/** The person at that access, with a JWT that has these scopes, and claims that replace its own. */
export function asDemoUser(access: string, scopes: string, claims: Claims = {}): Caller {
  const { accessId, person } = demoAccess(access)
  const { customerId } = person.organization
  return { claims: { sub: person.userId, customer_id: customerId, access_id: accessId, scope: scopes, ...claims } }
}

/** The id of the access, as a client writes it. */
export function demoAccessId(access: string): string {
  return String(demoAccess(access).accessId)
}
