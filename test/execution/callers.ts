/** Who asks: callers of several organizations, with many scopes and with few, with an access and without. */
import { type DemoCaller, demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { allScopes } from '../../src/auth/scopes.ts'
import { type Caller, type Claims, claimsOf } from '../support/harness.ts'

const { administrator, otherReader, auditor } = demoCallers
const ofOne = allScopes.filter((scope) => scope !== 'organizations:all').join(' ')

function withScopes(caller: DemoCaller, scope: string, claims: Claims = {}): Caller {
  return { claims: { ...claimsOf(caller), scope, ...claims } }
}

/** The first may do the most; most of the callers may read everything, so that most of what is asked is executed. */
export const callers: readonly Caller[] = Object.freeze([
  administrator,
  withScopes(otherReader, ofOne),
  withScopes(auditor, allScopes.join(' ')),
  withScopes(administrator, `${ofOne} openid`, { token_id: demoTokenId('Provisioning staging') }),
  // A service: it has neither a user nor an access.
  { claims: { sub: 'service', customer_id: 1, scope: ofOne } },
  { claims: { sub: 'all-seeing service', scope: allScopes.join(' ') } },
  // Its access is one of another organization.
  withScopes(administrator, ofOne, { access_id: otherReader.accessId }),
  // The scopes of one type only: others are null among nodes, and most of what is asked is refused.
  withScopes(otherReader, 'users:read accesses:read roles:read'),
  withScopes(administrator, 'users:read schema:read'),
])
