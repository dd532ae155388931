/** The request for a token: its form, the rules of the gateway, and whether its issuer holds what it asks for. */
import {
  type AllowedScopes,
  contradictions,
  excessOf,
  mostEntries,
  namedRoles,
  noAllowedScopes,
  withoutRepetitions,
} from '../auth/allowedScopes.ts'
import { isOver } from '../auth/expiry.ts'
import { grantableScopes, isScope } from '../auth/scopes.ts'
import { heldRoles, permissionsOfRoles } from '../caller.ts'
import type { Context } from '../context.ts'
import type { Access } from '../db/generated/prisma/client.ts'
import { InputCheck, ScopeNotGranted, TokenPolicyBroken } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { userOfAccess } from '../links/graph.ts'
import { isPrintableName } from '../printable.ts'
import { AllowedScopesInput, storedAllowedScopes } from './allowedScopes.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'

export const IssueTokenInput = builder.inputType('IssueTokenInput', {
  description: 'A token to be issued.',
  fields: (t) => ({
    accessId: t.id({ required: true, description: 'The access that the token acts for. Profiles hold no tokens.' }),
    name: t.string({ required: true, description: 'A name that tells it apart, of 1 to 200 characters.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'When its time is over. Default and maximum are configured: TOKEN_DEFAULT_LIFETIME, TOKEN_MAX_LIFETIME.',
    }),
    scope: t.stringList({
      description: 'The gateway scopes that it carries, within those of its issuer. Left out: none.',
    }),
    allowedScopes: t.field({
      type: AllowedScopesInput,
      description: 'What it may be used for outside of the gateway, within what its issuer holds. Left out: nothing.',
    }),
    idempotencyKey: t.string({
      description:
        'A text of 1 to 255 characters. The same request under the same key within 24 hours gives the same token, but ' +
        'not its secret again; another request under it is a conflict.',
    }),
  }),
})

type Input = typeof IssueTokenInput.$inferInput

/** A request of the right form. */
export interface TokenRequest {
  readonly accessId: number
  /** In Unicode's normalization form C, as what is searched for is. */
  readonly name: string
  readonly expiresAt: Date
  /** Distinct and sorted. */
  readonly scope: readonly string[]
  readonly allowedScopes: AllowedScopes
}

const longestName = 200
const longestKey = 255

/** Reads the input. Throws InvalidInput with everything that is wrong with its form. */
export function readTokenRequest(input: Input, { policy, now }: Context): TokenRequest {
  const check = new InputCheck()
  const accessId = check.read(['accessId'], () => integerIdOf('accessId', input.accessId))
  const { scope, idempotencyKey } = input
  const name = input.name.normalize('NFC')
  if (!isPrintableName(name, longestName)) {
    check.add({ path: ['name'], message: `expected 1 to ${longestName} printable characters, received ${name.length}` })
  }
  const expiresAt = input.expiresAt ?? new Date(now.getTime() + policy.tokenDefaultLifetime * 1_000)
  if (expiresAt <= now) check.add({ path: ['expiresAt'], message: 'expected an instant in the future' })
  check.add(...scopeIssues(scope ?? []))
  const allowedScopes = input.allowedScopes ? storedAllowedScopes(input.allowedScopes) : noAllowedScopes
  check.add(
    ...contradictions(allowedScopes).map(({ path, message }) => ({ path: ['allowedScopes', ...path], message })),
  )
  if (typeof idempotencyKey === 'string' && !isPrintableName(idempotencyKey, longestKey)) {
    check.add({ path: ['idempotencyKey'], message: `expected 1 to ${longestKey} printable characters` })
  }
  check.finish()
  return {
    accessId: accessId as number,
    name,
    expiresAt,
    scope: [...new Set(scope)].sort(),
    allowedScopes: withoutRepetitions(allowedScopes),
  }
}

function scopeIssues(scope: readonly string[]) {
  if (scope.length > mostEntries) {
    return [{ path: ['scope'], message: `expected at most ${mostEntries} entries, received ${scope.length}` }]
  }
  return scope.flatMap((name, index) =>
    isScope(name) ? [] : [{ path: ['scope', String(index)], message: 'expected a scope of the gateway' }],
  )
}

/** Throws TokenPolicyBroken where a rule of the gateway forbids the token, whoever asks for it. */
export async function checkPolicy(
  request: TokenRequest,
  access: Access,
  { policy, principal, loaders, now }: Context,
): Promise<void> {
  if (principal.tokenId !== null) throw new TokenPolicyBroken('ISSUED_BY_TOKEN', 'an API token issues no tokens')
  if (access.type === 'PROFILE') throw new TokenPolicyBroken('PROFILE_ACCESS', 'a profile holds no tokens')
  const user = must(await loaders.one(userOfAccess, access), userOfAccess.name)
  if (isOver(user.expiresAt, now)) {
    throw new TokenPolicyBroken('EXPIRED_USER', 'the user of the access has expired')
  }
  const latest = new Date(now.getTime() + policy.tokenMaxLifetime * 1_000)
  if (request.expiresAt > latest) {
    throw new TokenPolicyBroken('TOKEN_MAX_LIFETIME', `expected an expiry no later than ${latest.toISOString()}`)
  }
}

/** Throws ScopeNotGranted with everything that the caller would give away without holding it. */
export async function checkHoldings(
  { scope, allowedScopes }: TokenRequest,
  access: Access,
  context: Context,
): Promise<void> {
  const { caller, loaders } = context
  const [issuer, subject, permissions] = await Promise.all([
    caller.holdings(access.organizationId),
    heldRoles(access, loaders),
    permissionsOfRoles(namedRoles(allowedScopes), loaders),
  ])
  const grantable = new Set<string>(grantableScopes(issuer.scopes))
  const tooMuch = excessOf(allowedScopes, issuer, subject, (role) => permissions.get(role) ?? [])
  const excess = new Set([...scope.filter((name) => !grantable.has(name)), ...tooMuch])
  if (excess.size > 0) throw new ScopeNotGranted([...excess].sort())
}

/**
 * What the input asks for, whatever its key: what has been read of it, so that null is the same as left out; but an expiry
 * that is left out is not the one that it comes to at the time.
 */
export function askedOf({ expiresAt }: Input, request: TokenRequest): object {
  return { ...request, expiresAt: expiresAt?.toISOString() ?? null }
}
