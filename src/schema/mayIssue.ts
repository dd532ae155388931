/** Whether a caller may put a token into the world as it stands: asked when one is issued, and when one is switched on again. */
import { brokenPolicy, reaches, reachingAll, type TokenHolder, tokenExcess } from '../auth/issuing.ts'
import type { Context } from '../context.ts'
import { catalogueAt, emptyCatalogue } from '../db/catalogue.ts'
import { Forbidden, ScopeNotGranted, TokenPolicyBroken } from '../failures.ts'
import { concernsOf, type HeldText, noHoldings, tokenHoldings } from './issuedTokens.ts'
import type { TokenRequest } from './tokenRequest.ts'

/** What makes the failure of a caller who may do this to its own only; null where it may. */
export function notReached(
  what: 'access' | 'token',
  isOwn: boolean,
  { principal }: Pick<Context, 'principal'>,
): (() => Forbidden) | null {
  if (reaches(principal.scopes, isOwn)) return null
  return () => new Forbidden(`the ${what} belongs to another user, which takes the scope ${reachingAll}`, [reachingAll])
}

/** What makes the failure of a token that a rule of the gateway forbids the caller; null where none does. As `brokenPolicy` does. */
export function againstPolicy(
  expiresAt: Date | null,
  holder: TokenHolder,
  { principal, policy, now }: Pick<Context, 'principal' | 'policy' | 'now'>,
): (() => TokenPolicyBroken) | null {
  const { tokenMaxLifetime } = policy
  const broken = brokenPolicy(expiresAt, holder, { byToken: principal.tokenId !== null, now, tokenMaxLifetime })
  return broken && (() => new TokenPolicyBroken(broken.limit, broken.message))
}

/** Throws ScopeNotGranted where the caller would give away more than it holds. Null: the token is concerned with no roles. */
export async function requireWithin(
  token: Pick<TokenRequest, 'accessId' | 'scope' | 'allowedScopes'>,
  held: HeldText | null,
  context: Pick<Context, 'principal' | 'changes' | 'read' | 'now'>,
): Promise<void> {
  const excess = await excessOf(token, held, context)
  if (excess.length > 0) throw new ScopeNotGranted(excess)
}

async function excessOf(
  token: Pick<TokenRequest, 'accessId' | 'scope' | 'allowedScopes'>,
  held: HeldText | null,
  { principal: { scopes, accessId }, changes, read, now }: Pick<Context, 'principal' | 'changes' | 'read' | 'now'>,
): Promise<readonly string[]> {
  const isIssuers = token.accessId === accessId
  if (held === null) {
    const { caller, holder } = noHoldings
    return tokenExcess(token, { scopes, subject: caller }, { held: holder, isIssuers }, emptyCatalogue)
  }
  const catalogue = await catalogueAt(BigInt(held.version), changes.catalogues, read)
  const { caller, holder } = tokenHoldings(held, { ...concernsOf(token), callerAccess: accessId }, now)
  return tokenExcess(token, { scopes, subject: caller }, { held: holder, isIssuers }, catalogue)
}
