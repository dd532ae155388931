/** Who is calling, as a verified credential says. Everything downstream reads it, nothing reads the credential. */
import { isPrintable, isPrintableName } from '../printable.ts'
import { isInt4, parseInt4 } from './int4.ts'
import { onlyOperationsOf } from './onlyOperations.ts'
import { carriedScopes, withIncluded } from './scopes.ts'
import { isUuid } from './uuid.ts'

export interface Principal {
  /** The JWT's `sub`; of an API token the id of its user. */
  readonly subject: string
  /** The caller's own organization. Null only for a caller that sees all of them. */
  readonly organizationId: string | null
  /** Whether the caller sees every organization (`organizations:all`). */
  readonly allOrganizations: boolean
  /** The user that `sub` names, where it is a UUID. */
  readonly userId: string | null
  /** The access that signed in. */
  readonly accessId: number | null
  /** The API token the caller came with, or that the JWT was made from. */
  readonly tokenId: number | null
  /** With those that they include. */
  readonly scopes: ReadonlySet<string>
  /** Hashes of the documents that are all it may run; null: any. */
  readonly onlyOperations: ReadonlySet<string> | null
}

/** Who shows no credential: it holds no scope, and sees nothing. The nil UUID is no organization's. */
export const nobody: Principal = Object.freeze({
  subject: 'nobody',
  organizationId: '00000000-0000-0000-0000-000000000000',
  allOrganizations: false,
  userId: null,
  accessId: null,
  tokenId: null,
  scopes: new Set<string>(),
  onlyOperations: null,
})

/** Which claims say what; identity providers differ. */
export interface ClaimNames {
  /** In order: the first claim that has a scope counts. */
  readonly scopes: readonly string[]
  readonly organization: string
  readonly customer: string
  readonly access: string
  readonly token: string
}

/** What verified claims say, before the organization has been looked up. */
export interface ClaimedIdentity {
  readonly subject: string
  readonly organization: { readonly id: string | null; readonly customerId: number | null }
  /** The user that the subject names, where it is a UUID. */
  readonly userId: string | null
  readonly accessId: number | null
  readonly tokenId: number | null
  readonly scopes: ReadonlySet<string>
  readonly allOrganizations: boolean
  /** The thumbprint of the key that the JWT is bound to (RFC 9449, section 6.1); null where it is to none. */
  readonly jkt: string | null
}

/** A claim that is there but says nothing usable. The message names the claim, never its value. */
export class ClaimError extends Error {}

const longestSubject = 255

/**
 * Reads the identity out of verified claims. Scopes are a space-separated text or a list of texts (RFC 9068, section
 * 2.2.3; RFC 8693, section 4.2). Throws ClaimError where a claim has the wrong form.
 */
export function readClaims(claims: Readonly<Record<string, unknown>>, names: ClaimNames): ClaimedIdentity {
  const { sub } = claims
  if (typeof sub !== 'string' || !isPrintableName(sub, longestSubject)) {
    throw new ClaimError(`claim "sub": expected a text of 1 to ${longestSubject} printable characters`)
  }
  const scopes = readScopes(claims, names.scopes)
  return {
    subject: sub,
    userId: isUuid(sub) ? sub.toLowerCase() : null,
    organization: { id: readUuid(claims, names.organization), customerId: readInteger(claims, names.customer) },
    accessId: readInteger(claims, names.access),
    tokenId: readInteger(claims, names.token),
    scopes,
    allOrganizations: scopes.has('organizations:all'),
    jkt: readKey(claims),
  }
}

/** What is known of an identity: its organization, and what the API token that it came from is bound to. */
export interface KnownIdentity extends Pick<Principal, 'organizationId' | 'onlyOperations'> {
  /** The scopes that it has at most; null: those that it claims. */
  readonly mostScopes: ReadonlySet<string> | null
}

/** The principal of an identity. Frozen. */
export function createPrincipal(
  identity: ClaimedIdentity,
  { organizationId, onlyOperations, mostScopes }: KnownIdentity,
): Principal {
  const claimed = withIncluded(identity.scopes)
  return Object.freeze({
    subject: identity.subject,
    organizationId,
    allOrganizations: identity.allOrganizations,
    userId: identity.userId,
    accessId: identity.accessId,
    tokenId: identity.tokenId,
    scopes: mostScopes === null ? claimed : new Set([...claimed].filter((scope) => mostScopes.has(scope))),
    onlyOperations,
  })
}

/** What is known of an API token that somebody signs in with. */
export interface SignedInToken {
  readonly id: number
  readonly organizationId: string
  readonly accessId: number
  readonly userId: string
  readonly scope: readonly string[]
  readonly onlyOperations: readonly string[]
}

/**
 * The principal of an API token: its access, with the token's scopes. An access holds no scopes, so that is all that it may ask
 * the gateway; what it may do elsewhere is decided on what its access holds at the time. Frozen.
 */
export function createTokenPrincipal(token: SignedInToken): Principal {
  return Object.freeze({
    subject: token.userId,
    organizationId: token.organizationId,
    allOrganizations: false,
    userId: token.userId,
    accessId: token.accessId,
    tokenId: token.id,
    scopes: carriedScopes(token.scope),
    onlyOperations: onlyOperationsOf(token.onlyOperations),
  })
}

function readScopes(claims: Readonly<Record<string, unknown>>, names: readonly string[]): ReadonlySet<string> {
  for (const name of names) {
    const scopes = listOf(claims[name], name)
    if (scopes.length > 0) return new Set(scopes)
  }
  return new Set()
}

/** The scopes of one claim; none where it is not there. */
function listOf(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? value.split(' ') : value
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
    throw new ClaimError(`claim "${name}": expected scopes separated by spaces, or a list of them`)
  }
  if (!list.every((item) => isPrintable(item, item.length))) {
    throw new ClaimError(`claim "${name}": expected scopes of printable characters`)
  }
  return list.filter((item) => item.trim() !== '')
}

/** RFC 7800, section 3.1: a JWT may be confirmed by other means, which are none of the gateway's. */
function readKey({ cnf }: Readonly<Record<string, unknown>>): string | null {
  if (typeof cnf !== 'object' || cnf === null || !('jkt' in cnf)) return null
  if (typeof cnf.jkt !== 'string') throw new ClaimError('claim "cnf": expected the thumbprint of a key as "jkt"')
  return cnf.jkt
}

function readUuid(claims: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = claims[name]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || !isUuid(value)) throw new ClaimError(`claim "${name}": expected a UUID`)
  return value.toLowerCase()
}

/** Whole numbers from 1, as a number or as decimal digits: some identity providers write every custom claim as a text. */
function readInteger(claims: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = claims[name]
  if (value === undefined || value === null) return null
  const number = typeof value === 'string' ? parseInt4(value) : value
  if (!isInt4(number) || number < 1) throw new ClaimError(`claim "${name}": expected a whole number`)
  return number
}
