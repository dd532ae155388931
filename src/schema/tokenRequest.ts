/** The request for a token: its form. */
import {
  type AllowedScopes,
  contradictions,
  type Issue,
  mostEntries,
  noAllowedScopes,
  withoutRepetitions,
} from '../auth/allowedScopes.ts'
import type { WantedToken } from '../auth/issuing.ts'
import { isScope } from '../auth/scopes.ts'
import { readSealingKey, type SealingKey } from '../auth/sealing.ts'
import type { Context } from '../context.ts'
import { InputCheck } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { isPrintableName } from '../printable.ts'
import { tokenNameRule } from '../writtenTexts.ts'
import { AllowedScopesInput, storedAllowedScopes } from './allowedScopes.ts'
import { builder } from './builder.ts'
import { readTexts } from './writtenFields.ts'

export const keyDescription =
  'A text of 1 to 255 characters. The same request under the same key within 24 hours gives the same token, but not its ' +
  'secret again, unless it is sealed; another request under it is a conflict.'

export const sealToDescription =
  'A public JWK (RFC 7517): EC, X25519 or RSA. The secret comes as a JWE for it, and is in no answer otherwise.'

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
    forOperations: t.stringList({
      description:
        'Documents, instead of `scope`: it carries the scopes that their operations need, whatever the variables. They are ' +
        'refused where they would be if they were sent.',
    }),
    onlyThem: t.boolean({
      defaultValue: false,
      description:
        'Whether it runs nothing but those documents: as they are, but for white space, commas and comments. It then answers ' +
        'to no other endpoint either.',
    }),
    allowedScopes: t.field({
      type: AllowedScopesInput,
      description: 'What it may be used for outside of the gateway, within what its issuer holds. Left out: nothing.',
    }),
    sealTo: t.field({ type: 'JSON', description: sealToDescription }),
    idempotencyKey: t.string({ description: keyDescription }),
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
  /** Hashes of the documents that are all it may run, distinct and sorted. None: it may run any. */
  readonly onlyOperations: readonly string[]
}

const longestKey = 255

/** Reads the input. Throws InvalidInput with everything that is wrong with its form. */
export async function readTokenRequest(
  input: Input,
  context: Context,
): Promise<{ readonly request: TokenRequest; readonly sealTo: SealingKey | null }> {
  const check = new InputCheck()
  const accessId = check.read(['accessId'], () => integerIdOf('accessId', input.accessId))
  const { name } = readTexts(input, { name: tokenNameRule }, check)
  const expiresAt = readExpiry(input, context, check)
  const { scope, onlyOperations, issues } = readScope(input, context)
  check.add(...issues)
  const allowedScopes = input.allowedScopes ? storedAllowedScopes(input.allowedScopes) : noAllowedScopes
  check.add(
    ...contradictions(allowedScopes).map(({ path, message }) => ({ path: ['allowedScopes', ...path], message })),
  )
  const sealTo = await readSealTo(input, check)
  readKey(input, check)
  check.finish()
  const request = {
    accessId: accessId as number,
    name: name as string,
    expiresAt,
    scope: distinct(scope),
    allowedScopes: withoutRepetitions(allowedScopes),
    onlyOperations: distinct(onlyOperations),
  }
  return { request, sealTo }
}

/** When the time of a new token is over. */
export function readExpiry({ expiresAt }: Pick<Input, 'expiresAt'>, { policy, now }: Context, check: InputCheck): Date {
  const end = expiresAt ?? new Date(now.getTime() + policy.tokenDefaultLifetime * 1_000)
  if (end <= now) check.add({ path: ['expiresAt'], message: 'expected an instant in the future' })
  return end
}

/** The idempotency key; null where there is none. */
export function readKey({ idempotencyKey: key }: Pick<Input, 'idempotencyKey'>, check: InputCheck): string | null {
  if (typeof key !== 'string') return null
  if (!isPrintableName(key, longestKey)) {
    check.add({ path: ['idempotencyKey'], message: `expected 1 to ${longestKey} printable characters` })
  }
  return key
}

/** The key that the secret is sealed to; null where it is not. */
export async function readSealTo({ sealTo }: Pick<Input, 'sealTo'>, check: InputCheck): Promise<SealingKey | null> {
  if (sealTo === null || sealTo === undefined) return null
  const key = await readSealingKey(sealTo)
  if ('alg' in key) return key
  check.add({ path: ['sealTo'], message: key.problem })
  return null
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort()
}

/** What it carries, and what it is bound to: by name, or as its documents need. */
interface ReadScope {
  readonly scope: readonly string[]
  readonly onlyOperations: readonly string[]
  readonly issues: readonly Issue[]
}

function readScope({ scope, forOperations, onlyThem }: Input, context: Context): ReadScope {
  if (!forOperations) {
    const unbound = onlyThem ? [{ path: ['onlyThem'], message: 'expected it beside forOperations only' }] : []
    return { scope: scope ?? [], onlyOperations: [], issues: [...scopeIssues(scope ?? []), ...unbound] }
  }
  const read = readDocuments(forOperations, context)
  const twice = scope ? [{ path: ['scope'], message: 'expected either scope or forOperations, not both' }] : []
  return { ...read, onlyOperations: onlyThem ? read.onlyOperations : [], issues: [...twice, ...read.issues] }
}

/** What the documents need, and the hash of each. */
function readDocuments(sources: readonly string[], { documents }: Context): ReadScope {
  const path = ['forOperations']
  if (sources.length === 0 || sources.length > mostEntries) {
    const message = `expected 1 to ${mostEntries} documents, received ${sources.length}`
    return { scope: [], onlyOperations: [], issues: [{ path, message }] }
  }
  const read = sources.map((source) => documents.read(source))
  const sound = read.filter((each) => 'hash' in each)
  return {
    scope: sound.flatMap(({ scopes }) => scopes),
    onlyOperations: sound.map(({ hash }) => hash),
    issues: read.flatMap((each, index) => {
      if ('hash' in each) return []
      const place = [...path, String(index)]
      return each.problems.map((problem) => ({ path: place, message: `document ${index + 1}, ${problem}` }))
    }),
  }
}

function scopeIssues(scope: readonly string[]): readonly Issue[] {
  if (scope.length > mostEntries) {
    return [{ path: ['scope'], message: `expected at most ${mostEntries} entries, received ${scope.length}` }]
  }
  return scope.flatMap((name, index) =>
    isScope(name) ? [] : [{ path: ['scope', String(index)], message: 'expected a scope of the gateway' }],
  )
}

/**
 * What the input asks for, whatever its key: what has been read of it, so that null is the same as left out; but an expiry
 * that is left out is not the one that it comes to at the time, and documents are not what they happen to need.
 */
export function askedOf(
  { expiresAt, forOperations, onlyThem }: Input,
  request: TokenRequest,
  sealTo: SealingKey | null,
): object {
  const { scope, onlyOperations, ...others } = request
  const what = forOperations ? { forOperations, onlyThem: onlyThem ?? false } : { scope }
  const sealed = sealTo === null ? {} : { sealTo }
  return { ...others, ...what, ...sealed, expiresAt: expiresAt?.toISOString() ?? null }
}
