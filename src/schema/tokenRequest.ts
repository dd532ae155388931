/** The request for a token: its form. */
import {
  type AllowedScopes,
  contradictions,
  mostEntries,
  noAllowedScopes,
  withoutRepetitions,
} from '../auth/allowedScopes.ts'
import type { WantedToken } from '../auth/issuing.ts'
import { isScope } from '../auth/scopes.ts'
import type { Context } from '../context.ts'
import { InputCheck } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { isPrintableName } from '../printable.ts'
import { AllowedScopesInput, storedAllowedScopes } from './allowedScopes.ts'
import { builder } from './builder.ts'

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
export interface TokenRequest extends WantedToken {
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

/**
 * What the input asks for, whatever its key: what has been read of it, so that null is the same as left out; but an expiry
 * that is left out is not the one that it comes to at the time.
 */
export function askedOf({ expiresAt }: Input, request: TokenRequest): object {
  return { ...request, expiresAt: expiresAt?.toISOString() ?? null }
}
