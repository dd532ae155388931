/** Authorization header → Principal. The only place that reads a credential. */
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import type { Tally } from '../observer.ts'
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

/** Gives a principal that is remembered at once. What finding it takes is counted in the request's tally. */
export type Authenticate = (authorization: string | null, tally: Tally) => Principal | Promise<Principal>

export interface AuthenticatorOptions {
  readonly verify: JwtVerifier
  /** The version of the keys that `verify` uses. */
  readonly keyVersion: () => number
  readonly claimNames: ClaimNames
  /** The id of the organization with this id and this customer number, of those that are given; null where there is none. */
  readonly findOrganization: (claimed: ClaimedIdentity['organization'], tally: Tally) => Promise<string | null>
  /** What JWTs are dated by. */
  readonly clock: () => Date
  /** Milliseconds by a clock that can't be set, by which things are remembered. */
  readonly monotonic: () => number
}

const rememberedPrincipals = 2_000
const rememberedOrganizations = 10_000
/** How long an organization that is removed stays usable, at most. */
const rememberedFor = 60_000

interface KnownPrincipal {
  readonly principal: Principal
  /** Of the keys that its JWT was verified with. */
  readonly keyVersion: number
  /** When its JWT stops being valid. */
  readonly validUntil: number
  /** By the monotonic clock. */
  readonly rememberedUntil: number
}

interface KnownOrganization {
  readonly id: string
  /** By the monotonic clock. */
  readonly rememberedUntil: number
}

/**
 * Turns the value of an Authorization header (RFC 6750, section 2.1) into a frozen Principal.
 * Rejects with UNAUTHENTICATED where there is none or it is not valid, with SERVICE_UNAVAILABLE while it can't be checked.
 *
 * The principal of a JWT is remembered by the header as nearly everybody writes it, and so by the whole text of the JWT: while that is valid, the keys are the same, and for
 * a minute from when the organization was last found.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { verify, keyVersion, claimNames, findOrganization, clock, monotonic } = options
  const principals = new LRUCache<string, KnownPrincipal>({ max: rememberedPrincipals })
  const organizations = new LRUCache<string, KnownOrganization>({ max: rememberedOrganizations })

  const organizationOf = async (claimed: ClaimedIdentity['organization'], tally: Tally): Promise<KnownOrganization> => {
    const key = `${claimed.id} ${claimed.customerId}`
    const known = organizations.get(key)
    if (known !== undefined && monotonic() < known.rememberedUntil) return known
    const rememberedUntil = monotonic() + rememberedFor
    const id = await findOrganization(claimed, tally)
    if (id === null) throw refused('the organization of the JWT is unknown', howToAdd)
    const found = { id, rememberedUntil }
    organizations.set(key, found)
    return found
  }

  /** The principal and until when it may be remembered. */
  const principalOf = async (
    identity: ClaimedIdentity,
    tally: Tally,
  ): Promise<Pick<KnownPrincipal, 'principal' | 'rememberedUntil'>> => {
    const { id, customerId } = identity.organization
    if (id !== null || customerId !== null) {
      const organization = await organizationOf(identity.organization, tally)
      return { principal: createPrincipal(identity, organization.id), rememberedUntil: organization.rememberedUntil }
    }
    if (identity.scopes.has('organizations:all')) {
      return { principal: createPrincipal(identity, null), rememberedUntil: monotonic() + rememberedFor }
    }
    throw refused(`expected a claim "${claimNames.organization}" or "${claimNames.customer}"`)
  }

  const isFresh = (known: KnownPrincipal) =>
    known.keyVersion === keyVersion() && monotonic() < known.rememberedUntil && clock().getTime() < known.validUntil

  const authenticate = async (authorization: string | null, tally: Tally): Promise<Principal> => {
    const token = bearerToken(authorization)
    const header = `${usualScheme}${token}`
    const known = principals.get(header)
    if (known !== undefined && isFresh(known)) return known.principal
    // Before it is verified: keys that change meanwhile are not those that it was verified with.
    const version = keyVersion()
    const { identity, validUntil } = await identify(token, verify, claimNames)
    const found = await principalOf(identity, tally)
    principals.set(header, { ...found, keyVersion: version, validUntil })
    return found.principal
  }

  return (authorization, tally) => {
    const known = authorization === null ? undefined : principals.get(authorization)
    return known !== undefined && isFresh(known) ? known.principal : authenticate(authorization, tally)
  }
}

const usualScheme = 'Bearer '

function bearerToken(authorization: string | null): string {
  if (authorization === null || authorization === '') {
    throw new GatewayError('UNAUTHENTICATED', 'expected an Authorization header with a bearer token, received none')
  }
  const match = /^Bearer +([^\s]+)$/i.exec(authorization)
  if (match?.[1] === undefined) throw refused('expected "Bearer" and a token in the Authorization header')
  return match[1]
}

async function identify(token: string, verify: JwtVerifier, claimNames: ClaimNames) {
  try {
    const { claims, validUntil } = await verify(token)
    return { identity: readClaims(claims, claimNames), validUntil }
  } catch (error) {
    if (error instanceof JwtRefused || error instanceof ClaimError) throw refused(error.message)
    if (error instanceof KeysUnavailable) {
      throw new GatewayError('SERVICE_UNAVAILABLE', error.message, { retryAfter: error.retryAfter, cause: error })
    }
    throw error
  }
}

const howToAdd =
  'add it with "npm run organization -- add --customer N --name …", or bring it in with "npm run import -- FILE"'

/** `invalidToken` tells the HTTP side to say so in its challenge (RFC 6750, section 3.1). */
function refused(reason: string, remedy?: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', `the credential was refused: ${reason}`, {
    extensions: { invalidToken: true },
    ...(remedy === undefined ? {} : { remedy }),
  })
}
