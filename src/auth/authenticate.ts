/** Authorization header → Principal. The only place that reads a credential. */
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import type { Tally } from '../observer.ts'
import { hashSecret, isSecretLike, isWellFormedSecret } from './apiToken.ts'
import { type Currency, constant, type Epoch, togetherCurrent } from './currency.ts'
import { endOf } from './expiry.ts'
import { JwtRefused, type JwtVerifier } from './jwt.ts'
import { KeysUnavailable } from './keys.ts'
import { onlyOperationsOf } from './onlyOperations.ts'
import {
  ClaimError,
  type ClaimedIdentity,
  type ClaimNames,
  createPrincipal,
  createTokenPrincipal,
  type Principal,
  readClaims,
  type SignedInToken,
} from './principal.ts'
import { type BoundJwt, type CheckProof, ProofRefused, type ProvenRequest } from './proof.ts'
import { carriedScopes } from './scopes.ts'
import { idleEndOf, stopOf, type TokenState, type TokenStop, type TokenTime, tokenTime } from './token.ts'
import { createUnknownSecrets } from './unknownSecrets.ts'

/**
 * Gives a principal that is remembered at once. What finding it takes is counted in the request's tally. A credential of the scheme
 * DPoP needs what its proof speaks of; it is proven for each request, whatever is remembered.
 */
export type Authenticate = (
  authorization: string | null,
  tally: Tally,
  proven?: ProvenRequest | null,
) => Principal | Promise<Principal>

/** What was read together, in one snapshot. */
interface Snapshot {
  /** The organizations that it is about, with their versions. */
  readonly versions: readonly (readonly [organizationId: string, version: string])[] | null
  /** The number of the first transaction that had not ended. */
  readonly asOf: string
}

/** An API token whose credential is refused, although it is one. */
export interface RefusedToken {
  readonly id: number
  readonly organizationId: string
  /** Of the credential. */
  readonly subject: string
  readonly stop: TokenStop
}

/** The refusal of the credential of a token that is known: its secret, or a JWT that was made from it. */
export class TokenRefused extends GatewayError {
  readonly token: RefusedToken

  constructor(token: RefusedToken) {
    super('UNAUTHENTICATED', `${refusedBecause}${inactive[token.stop]}`, { extensions: { invalidToken: true } })
    this.token = token
  }
}

/** What the database knows of whom a JWT names: of those that its organization has, or of all where it sees all. */
export interface FoundCaller extends Snapshot {
  /** Null where there is none with the ids that are claimed. */
  readonly organizationId: string | null
  /** The user that the subject names; null where there is none. */
  readonly userId: string | null
  readonly lastDay: Date | null
  /** Whether there was a user of this id once. */
  readonly wasRemoved: boolean
  /** The user of the access; null where there is no such access. */
  readonly accessUserId: string | null
  readonly accessLastDay: Date | null
  /** Of the API token that the JWT was made from; all null where there is none. */
  readonly tokenOrganizationId: string | null
  readonly tokenExpiresAt: Date | null
  readonly tokenIdleSince: Date | null
  readonly tokenRevokedAt: Date | null
  readonly tokenDeactivated: boolean | null
  readonly tokenScope: readonly string[] | null
  readonly tokenOnlyOperations: readonly string[] | null
}

/** An API token and the user that it acts for. */
export interface FoundToken extends TokenState, SignedInToken, Snapshot {
  readonly lastDay: Date | null
  readonly lastUsedAt: Date | null
}

/** The uses of an API token, as far as they have been written. */
export interface TokenUse {
  readonly tokenId: number
  /** Milliseconds since the epoch. */
  writtenAt: number
}

/** Who issues JWTs. */
export interface TrustedIssuer {
  readonly verify: JwtVerifier
  readonly claimNames: ClaimNames
}

export interface AuthenticatorOptions extends TrustedIssuer {
  /** The gateway itself as an issuer, and whether a JWT says that it is by it; null where it issues none. */
  readonly own: (TrustedIssuer & { readonly isIssuerOf: (jwt: string) => boolean }) | null
  /** The version of all keys that JWTs are verified with. */
  readonly keyVersion: () => number
  readonly checkProof: CheckProof
  readonly findCaller: (identity: ClaimedIdentity, tally: Tally) => Promise<FoundCaller>
  readonly findToken: (secretHash: Uint8Array, tally: Tally) => Promise<FoundToken | undefined>
  readonly currency: Currency
  /** Seconds after which a token that is not used stops; null: it does not by that. */
  readonly tokenIdleLifetime: number | null
  /** Takes note of the use of an API token, in milliseconds since the epoch. It returns at once. */
  readonly noteUse: (use: TokenUse, now: number) => void
  /** What credentials are dated by. */
  readonly clock: () => Date
  /** Milliseconds by a clock that can't be set, by which things are remembered. */
  readonly monotonic: () => number
}

const rememberedPrincipals = 2_000
const rememberedCallers = 10_000
/** How often somebody is looked up for one request. */
const mostLooks = 3

interface KnownPrincipal {
  readonly principal: Principal
  /** The thumbprint of the key that its JWT is bound to; null where it is to none. */
  readonly jkt: string | null
  /** Of the keys that its JWT was verified with. */
  readonly keyVersion: number
  /** When its credential, or the time of its user, is over. */
  readonly validUntil: number
  /** Whether what the database knew of it is still so. */
  readonly epoch: Epoch
  /** Null where it came with a JWT. */
  readonly use: TokenUse | null
}

interface KnownCaller {
  readonly organizationId: string | null
  /** What the API token is bound to that its JWT was made from. */
  readonly onlyOperations: Principal['onlyOperations']
  /** What that API token carries now; null where there is none. */
  readonly carried: ReadonlySet<string> | null
  readonly validUntil: number
  readonly epoch: Epoch
}

/**
 * Turns the value of an Authorization header (RFC 6750, section 2.1) into a frozen Principal.
 * Rejects with UNAUTHENTICATED where there is none or it is not valid, with SERVICE_UNAVAILABLE while it can't be checked.
 *
 * A principal is remembered by the header as nearly everybody writes it, and so by the whole text of the credential: while
 * that is valid, the keys are the same, and nothing has been taken from anybody in its organization.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { own, keyVersion, checkProof, findCaller, findToken, currency, tokenIdleLifetime, noteUse, clock, monotonic } =
    options
  const principals = new LRUCache<string, KnownPrincipal>({ max: rememberedPrincipals })
  /** Those that must be proven for each request. Never looked up without that. */
  const bound = new LRUCache<string, KnownPrincipal>({ max: rememberedPrincipals })
  const callers = new LRUCache<string, KnownCaller>({ max: rememberedCallers })
  const unknownSecrets = createUnknownSecrets(monotonic)

  const epochOf = ({ versions, asOf }: Snapshot) =>
    togetherCurrent((versions ?? []).map(([id, version]) => currency.epochAt(id, BigInt(version), BigInt(asOf))))

  /** Makes sure that no change has gone unknown for long. */
  const relyOnEpochs = async () => {
    if (monotonic() >= currency.reliedOnUntil) await currency.renew()
  }

  /** Looks somebody up. What took longer than the bound counts only where nothing has changed meanwhile; else it is asked again. */
  const lookUp = async <Found extends Snapshot | undefined>(look: () => Promise<Found>) => {
    for (let looks = 0; looks < mostLooks; looks++) {
      const begun = monotonic()
      const found = await look()
      const epoch = found === undefined ? constant : epochOf(found)
      if (monotonic() < begun + currency.bound) return { found, epoch }
      await relyOnEpochs()
      if (epoch.current) return { found, epoch }
    }
    const message = 'it took too long to find out who the caller is'
    throw new GatewayError('SERVICE_UNAVAILABLE', message, { retryAfter: 1 })
  }

  const callerOf = async (identity: ClaimedIdentity, claimNames: ClaimNames, tally: Tally): Promise<KnownCaller> => {
    const { subject, organization, accessId, tokenId, allOrganizations } = identity
    const { id, customerId } = organization
    if (id === null && customerId === null && !allOrganizations) {
      throw refused(`expected a claim "${claimNames.organization}" or "${claimNames.customer}"`)
    }
    await relyOnEpochs()
    const key = JSON.stringify([subject, id, customerId, accessId, tokenId, allOrganizations])
    const known = callers.get(key)
    if (known?.epoch.current && clock().getTime() < known.validUntil) return known
    const { found, epoch } = await lookUp(() => findCaller(identity, tally))
    const objection = objectionTo(identity, found, clock())
    if (objection !== null) throw refused(objection, objection === unknownOrganization ? howToAdd : undefined)
    requireActiveToken(identity, found, tokenTime(clock(), tokenIdleLifetime))
    const { organizationId, lastDay, accessLastDay, tokenExpiresAt, tokenIdleSince, tokenScope, tokenOnlyOperations } =
      found
    const validUntil = Math.min(
      endOf(lastDay),
      endOf(accessLastDay),
      tokenExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
      idleEnd(tokenIdleSince),
    )
    const onlyOperations = onlyOperationsOf(tokenOnlyOperations ?? [])
    const carried = tokenScope && carriedScopes(tokenScope)
    const caller = { organizationId, onlyOperations, carried, validUntil, epoch }
    callers.set(key, caller)
    return caller
  }

  /** In milliseconds since the epoch; infinity where there is none. */
  const idleEnd = (idleSince: Date | null): number =>
    (idleSince && idleEndOf({ idleSince }, tokenIdleLifetime)?.getTime()) ?? Number.POSITIVE_INFINITY

  const ofJwt = async (jwt: string, tally: Tally): Promise<KnownPrincipal> => {
    // Before it is verified: keys that change meanwhile are not those that it was verified with.
    const version = keyVersion()
    const isOwn = own?.isIssuerOf(jwt) === true
    const issuer = isOwn ? own : options
    const { identity, validUntil } = await identify(jwt, issuer)
    const caller = await callerOf(identity, issuer.claimNames, tally)
    return {
      // What the gateway has made of a token is worth no more than the token is now.
      principal: createPrincipal(identity, { ...caller, mostScopes: isOwn ? caller.carried : null }),
      jkt: identity.jkt,
      keyVersion: version,
      validUntil: Math.min(validUntil, caller.validUntil),
      epoch: caller.epoch,
      use: null,
    }
  }

  const ofApiToken = async (secret: string, tally: Tally): Promise<KnownPrincipal> => {
    if (!isWellFormedSecret(secret)) throw refused('expected an API token as it was shown when it was issued')
    const secretHash = hashSecret(secret)
    if (unknownSecrets.has(secretHash)) throw refused(noSuchToken)
    await relyOnEpochs()
    const { found: token, epoch } = await lookUp(() => findToken(secretHash, tally))
    if (token === undefined) {
      unknownSecrets.add(secretHash)
      throw refused(noSuchToken)
    }
    const { id, organizationId, userId, lastDay, lastUsedAt, expiresAt, idleSince } = token
    const stop = stopOf(token, { expiresAt: lastDay }, tokenTime(clock(), tokenIdleLifetime))
    if (stop !== null) throw new TokenRefused({ id, organizationId, subject: userId, stop })
    return {
      principal: createTokenPrincipal(token),
      jkt: null,
      keyVersion: keyVersion(),
      validUntil: Math.min(expiresAt.getTime(), endOf(lastDay), idleEnd(idleSince)),
      epoch,
      use: { tokenId: id, writtenAt: lastUsedAt?.getTime() ?? Number.NEGATIVE_INFINITY },
    }
  }

  /** Whether it is still so, as far as is known. */
  const isValid = (known: KnownPrincipal) =>
    known.epoch.current && known.keyVersion === keyVersion() && clock().getTime() < known.validUntil

  const isFresh = (known: KnownPrincipal) => {
    const now = monotonic()
    if (now >= currency.dueAt) currency.renew().catch(() => {})
    return now < currency.reliedOnUntil && isValid(known)
  }

  const used = ({ principal, use }: KnownPrincipal): Principal => {
    if (use !== null) noteUse(use, clock().getTime())
    return principal
  }

  /** The principal of a credential that has been sent by the scheme that it is for. */
  const principalOf = async ({ isProven, text }: Credential, tally: Tally): Promise<KnownPrincipal> => {
    const remembered = isProven ? bound : principals
    const header = `${usualScheme}${text}`
    const known = remembered.get(header)
    if (known !== undefined && isValid(known)) {
      await relyOnEpochs()
      if (isValid(known)) return known
    }
    const found = await (isSecretLike(text) ? ofApiToken(text, tally) : ofJwt(text, tally))
    if (found.jkt !== null && !isProven)
      throw unproven('a JWT that is bound to a key comes by the scheme DPoP', 'expected')
    if (found.jkt === null && isProven) throw refused('expected a JWT that is bound to a key, by the scheme DPoP')
    remembered.set(header, found)
    return found
  }

  const authenticate = async (
    authorization: string | null,
    tally: Tally,
    proven: ProvenRequest | null,
  ): Promise<Principal> => {
    const credential = credentialOf(authorization)
    const known = await principalOf(credential, tally)
    if (known.jkt !== null) await prove(checkProof, proven, { jwt: credential.text, jkt: known.jkt })
    return used(known)
  }

  return (authorization, tally, proven = null) => {
    const known = authorization === null ? undefined : principals.get(authorization)
    return known !== undefined && isFresh(known) ? used(known) : authenticate(authorization, tally, proven)
  }
}

const noSuchToken = 'there is no such API token'

/** Why a token is refused that is not active. */
const inactive: Readonly<Record<TokenStop, string>> = {
  REVOKED: 'the API token is revoked',
  EXPIRED: 'the API token has expired, or the time of its user is over',
  USER_EXPIRED: 'the API token has expired, or the time of its user is over',
  UNUSED: 'the API token has stopped, because it was not used for too long',
  DEACTIVATED: 'the API token is deactivated',
}

/** Why a JWT is refused, whose claims contradict what the database knows; null where they do not. */
function objectionTo(identity: ClaimedIdentity, found: FoundCaller, now: Date): string | null {
  const { organization, userId, accessId, tokenId } = identity
  const { organizationId, accessUserId, lastDay, accessLastDay, tokenExpiresAt } = found
  const isOfOne = organization.id !== null || organization.customerId !== null
  if (isOfOne && organizationId === null) return unknownOrganization
  if (userId !== null && found.userId === null && found.wasRemoved) return 'the user of the JWT has been removed'
  // A subject that is no UUID may be how the identity provider calls the user of the access.
  if (accessId !== null && (accessUserId === null || (userId !== null && userId !== accessUserId))) {
    return 'the access of the JWT is not one of its subject'
  }
  if (now.getTime() >= Math.min(endOf(lastDay), endOf(accessLastDay))) return 'the time of the user is over'
  return tokenId !== null && tokenExpiresAt === null ? 'the API token of the JWT is unknown' : null
}

/** Throws TokenRefused where the API token that the JWT was made from is not active; its user has been looked at by then. */
function requireActiveToken({ subject, tokenId }: ClaimedIdentity, found: FoundCaller, time: TokenTime): void {
  const { tokenOrganizationId: organizationId, tokenExpiresAt: expiresAt, tokenIdleSince: idleSince } = found
  if (tokenId === null || organizationId === null || expiresAt === null || idleSince === null) return
  const { tokenRevokedAt: revokedAt, tokenDeactivated } = found
  const state = { revokedAt, expiresAt, idleSince, deactivated: tokenDeactivated === true }
  const stop = stopOf(state, { expiresAt: null }, time)
  if (stop !== null) throw new TokenRefused({ id: tokenId, organizationId, subject, stop })
}

const usualScheme = 'Bearer '

interface Credential {
  /** Whether it came by the scheme DPoP, and not as a bearer token. */
  readonly isProven: boolean
  readonly text: string
}

function credentialOf(authorization: string | null): Credential {
  if (authorization === null || authorization === '') {
    throw new GatewayError('UNAUTHENTICATED', 'expected an Authorization header with a bearer token, received none')
  }
  const [, scheme, text] = /^(Bearer|DPoP) +([^\s]+)$/i.exec(authorization) ?? []
  if (scheme === undefined || text === undefined) {
    throw refused('expected "Bearer" and a token in the Authorization header')
  }
  return { isProven: scheme.toLowerCase() === 'dpop', text }
}

async function prove(checkProof: CheckProof, proven: ProvenRequest | null, jwt: BoundJwt): Promise<void> {
  if (proven === null) throw new Error('expected what the proof of the request speaks of')
  try {
    await checkProof(proven, jwt)
  } catch (error) {
    if (error instanceof ProofRefused) throw unproven(error.message, 'refused')
    throw error
  }
}

async function identify(token: string, { verify, claimNames }: TrustedIssuer) {
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

const unknownOrganization = 'the organization of the JWT is unknown'
const howToAdd =
  'add it with "npm run organization -- add --customer N --name …", or bring it in with "npm run import -- FILE"'

const refusedBecause = 'the credential was refused: '

function unproven(reason: string, proof: 'expected' | 'refused'): GatewayError {
  return new GatewayError('UNAUTHENTICATED', `${refusedBecause}${reason}`, {
    extensions: { invalidToken: true },
    proof,
  })
}

/** `invalidToken` tells the HTTP side to say so in its challenge (RFC 6750, section 3.1). */
function refused(reason: string, remedy?: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', `${refusedBecause}${reason}`, {
    extensions: { invalidToken: true },
    ...(remedy === undefined ? {} : { remedy }),
  })
}
