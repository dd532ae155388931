/** Authorization header → Principal. The only place that reads a credential. */
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import { JwtRefused, type JwtVerifier } from './jwt.ts'
import { KeysUnavailable } from './keys.ts'
import {
  ClaimError,
  type ClaimedIdentity,
  type ClaimNames,
  createPrincipal,
  type Principal,
  readClaims,
} from './principal.ts'

export type Authenticate = (authorization: string | null) => Promise<Principal>

export interface AuthenticatorOptions {
  readonly verify: JwtVerifier
  readonly claimNames: ClaimNames
  /** The id of the organization with this id and this customer number, of those that are given; null where there is none. */
  readonly findOrganization: (claimed: ClaimedIdentity['organization']) => Promise<string | null>
}

/** Organizations come and go rarely; each of these saves a statement on every request. */
const rememberedOrganizations = 10_000
const rememberedFor = 60_000

/**
 * Turns the value of an Authorization header (RFC 6750, section 2.1) into a frozen Principal.
 * Rejects with UNAUTHENTICATED where there is none or it is not valid, with SERVICE_UNAVAILABLE while it can't be checked.
 */
export function createAuthenticator({ verify, claimNames, findOrganization }: AuthenticatorOptions): Authenticate {
  const organizations = new LRUCache<string, string>({ max: rememberedOrganizations, ttl: rememberedFor })

  const organizationOf = async (claimed: ClaimedIdentity['organization']): Promise<string | null> => {
    const key = `${claimed.id} ${claimed.customerId}`
    const known = organizations.get(key)
    if (known !== undefined) return known
    const found = await findOrganization(claimed)
    if (found !== null) organizations.set(key, found)
    return found
  }

  return async (authorization) => {
    const token = bearerToken(authorization)
    const identity = await identify(token, verify, claimNames)
    const { id, customerId } = identity.organization
    if (id === null && customerId === null) {
      if (identity.scopes.has('organizations:all')) return createPrincipal(identity, null)
      throw refused(`expected a claim "${claimNames.organization}" or "${claimNames.customer}"`)
    }
    const organizationId = await organizationOf(identity.organization)
    if (organizationId === null) throw refused('the organization of the JWT is unknown')
    return createPrincipal(identity, organizationId)
  }
}

function bearerToken(authorization: string | null): string {
  if (authorization === null || authorization === '') {
    throw new GatewayError('UNAUTHENTICATED', 'expected an Authorization header with a bearer token, received none')
  }
  const match = /^Bearer +([^\s]+)$/i.exec(authorization)
  if (match?.[1] === undefined) throw refused('expected "Bearer" and a token in the Authorization header')
  return match[1]
}

async function identify(token: string, verify: JwtVerifier, claimNames: ClaimNames): Promise<ClaimedIdentity> {
  try {
    return readClaims(await verify(token), claimNames)
  } catch (error) {
    if (error instanceof JwtRefused || error instanceof ClaimError) throw refused(error.message)
    if (error instanceof KeysUnavailable) {
      throw new GatewayError('SERVICE_UNAVAILABLE', error.message, { retryAfter: error.retryAfter, cause: error })
    }
    throw error
  }
}

/** `invalidToken` tells the HTTP side to say so in its challenge (RFC 6750, section 3.1). */
function refused(reason: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', `the credential was refused: ${reason}`, {
    extensions: { invalidToken: true },
  })
}
