/** Whether a token may be issued: the gateway's own rules, and whether its issuer holds what it would carry. No I/O here. */
import { type AllowedScopes, excessOf, type HeldRole, type Holdings } from './allowedScopes.ts'
import { grantableScopes } from './scopes.ts'

/** What an issuer asks for. */
export interface WantedToken {
  readonly expiresAt: Date
  /** Gateway scopes. */
  readonly scope: readonly string[]
  readonly allowedScopes: AllowedScopes
}

/** Who asks, when, and what the operator allows. */
export interface Issuing {
  /** Whether the issuer came with an API token. */
  readonly byToken: boolean
  readonly now: Date
  /** Seconds that a token may live. */
  readonly tokenMaxLifetime: number
}

/** The access that a token is for. */
export interface TokenHolder {
  readonly isProfile: boolean
  /** Whether the time of its user is over. */
  readonly isExpired: boolean
}

/** A rule of the gateway that a token would break. */
export interface BrokenPolicy {
  readonly limit: 'ISSUED_BY_TOKEN' | 'PROFILE_ACCESS' | 'EXPIRED_USER' | 'TOKEN_MAX_LIFETIME'
  readonly message: string
}

/** The first rule of the gateway that forbids the token, whoever asks for it; null where none does. */
export function brokenPolicy(
  { expiresAt }: Pick<WantedToken, 'expiresAt'>,
  { isProfile, isExpired }: TokenHolder,
  { byToken, now, tokenMaxLifetime }: Issuing,
): BrokenPolicy | null {
  if (byToken) return { limit: 'ISSUED_BY_TOKEN', message: 'an API token issues no tokens' }
  if (isProfile) return { limit: 'PROFILE_ACCESS', message: 'a profile holds no tokens' }
  if (isExpired) return { limit: 'EXPIRED_USER', message: 'the user of the access has expired' }
  const latest = new Date(now.getTime() + tokenMaxLifetime * 1_000)
  if (expiresAt > latest) {
    return { limit: 'TOKEN_MAX_LIFETIME', message: `expected an expiry no later than ${latest.toISOString()}` }
  }
  return null
}

/**
 * What of the token its issuer does not hold, sorted; empty where it is within. `subject` and `permissionsOf` are those of
 * `excessOf`.
 */
export function tokenExcess(
  { scope, allowedScopes }: Pick<WantedToken, 'scope' | 'allowedScopes'>,
  issuer: Holdings,
  subject: readonly HeldRole[],
  permissionsOf: (role: string) => readonly string[],
): readonly string[] {
  const grantable = new Set<string>(grantableScopes(issuer.scopes))
  const tooMuch = excessOf(allowedScopes, issuer, subject, permissionsOf)
  return [...new Set([...scope.filter((name) => !grantable.has(name)), ...tooMuch])].sort()
}
