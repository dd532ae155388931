/** What a token exchange asks for (RFC 8693, section 2.1), and whether the token can give it. Pure. */
import type { AllowedScopes } from '../auth/allowedScopes.ts'
import { isSecretLike } from '../auth/apiToken.ts'
import { isScope } from '../auth/scopes.ts'
import { type Form, required } from './form.ts'
import { OAuthError } from './oauthError.ts'

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
/** What a JWT of the gateway may be called (RFC 8693, section 3). */
const issuedTypes: readonly string[] = [accessTokenType, 'urn:ietf:params:oauth:token-type:jwt']

/** Parameters of an exchange that may be given several times. */
export const repeatableParameters: ReadonlySet<string> = new Set(['audience', 'resource'])

export interface ExchangeRequest {
  /** The secret of an API token, by its looks. */
  readonly secret: string
  readonly issuedType: string
  readonly audiences: readonly string[]
  readonly resources: readonly string[]
  /** Null: all that there are. */
  readonly scopes: readonly string[] | null
}

/** Reads it. Throws an OAuthError. */
export function readExchange(form: Form): ExchangeRequest {
  if (required(form, 'grant_type') !== exchangeGrant) {
    throw new OAuthError('unsupported_grant_type', `expected the grant type ${exchangeGrant}`)
  }
  if (form.get('actor_token') !== undefined || form.get('actor_token_type') !== undefined) {
    throw new OAuthError('invalid_request', 'expected no actor_token: a token acts for its access, and nobody for it')
  }
  const secret = required(form, 'subject_token')
  if (required(form, 'subject_token_type') !== accessTokenType) {
    throw new OAuthError('invalid_request', `expected the subject_token_type ${accessTokenType}`)
  }
  if (!isSecretLike(secret)) {
    throw new OAuthError(
      'invalid_request',
      'expected the secret of an API token as subject_token: a JWT is not exchanged again',
    )
  }
  const issuedType = form.get('requested_token_type') ?? accessTokenType
  if (!issuedTypes.includes(issuedType)) {
    throw new OAuthError('invalid_request', `expected one of the requested_token_type ${issuedTypes.join(', ')}`)
  }
  const scope = form.get('scope')
  return {
    secret,
    issuedType,
    audiences: form.all('audience'),
    resources: form.all('resource'),
    scopes: scope === undefined ? null : [...new Set(scope.split(' ').filter((name) => name !== ''))],
  }
}

/** Whom a JWT is for: the gateway, and the organization with it, or a single service. */
export interface Target {
  /** Its `aud`. */
  readonly audience: string
  /** The service's id; null for the gateway. */
  readonly serviceDefinitionId: string | null
}

/** By what the gateway is asked for as a target. */
export interface OwnNames {
  readonly audience: string
  readonly publicUrl: string
}

/**
 * The one target that all of the request's parameters name; the gateway where there are none. Throws `invalid_target` (RFC 8693,
 * section 2.2.2) for several: a JWT for two of them would be one's to use at the other (RFC 9068, section 5).
 */
export function targetOf(
  { audiences, resources }: Pick<ExchangeRequest, 'audiences' | 'resources'>,
  { servicesScopes }: Pick<AllowedScopes, 'servicesScopes'>,
  { audience, publicUrl }: OwnNames,
): Target {
  const own: Target = { audience, serviceDefinitionId: null }
  const serviceOf = (name: string): Target => {
    const service = servicesScopes.find(({ serviceDefinitionId }) => serviceDefinitionId === name)
    if (service === undefined) {
      throw new OAuthError('invalid_target', `expected ${audience}, or a service that the API token has scopes for`)
    }
    return { audience: name, serviceDefinitionId: name }
  }
  const isOwnAddress = (resource: string) => resource === publicUrl || resource.startsWith(`${publicUrl}/`)
  const named = [
    ...audiences.map((name) => (name === audience ? own : serviceOf(name))),
    ...resources.map((resource) => (isOwnAddress(resource) ? own : serviceOf(resource))),
  ]
  const [first = own, ...others] = named
  if (others.some((other) => other.audience !== first.audience)) {
    throw new OAuthError('invalid_target', 'expected one audience, or one resource, for each JWT')
  }
  return first
}

/**
 * The scopes that the JWT gets: those asked for, or all that there are for the target. Scopes of the gateway are what the token
 * carries; its general scopes are for everybody else, and open nothing here. Throws `invalid_scope`, which names what is too much.
 */
export function scopesFor(
  asked: ExchangeRequest['scopes'],
  { serviceDefinitionId }: Target,
  token: { readonly carried: ReadonlySet<string>; readonly generalScopes: readonly string[] },
): readonly string[] {
  const general = token.generalScopes.filter((scope) => !isScope(scope))
  const available = new Set(serviceDefinitionId === null ? [...token.carried, ...general] : general)
  const excess = (asked ?? []).filter((scope) => !available.has(scope))
  if (excess.length > 0) {
    throw new OAuthError(
      'invalid_scope',
      `expected scopes that the API token has for this target, received beside them: ${excess.join(' ')}`,
    )
  }
  return (asked ?? [...available]).toSorted()
}
