/**
 * How a client says who it is (RFC 6749, section 2.3). Its credential is an API token: the id of the token is the client's
 * id, and the token's secret is the client's. Whoever speaks for itself may come with a bearer token instead.
 */
import { isSecretLike } from '../auth/apiToken.ts'
import { parseInt4 } from '../auth/int4.ts'
import type { Form } from './form.ts'
import { OAuthError } from './oauthError.ts'

export type Client =
  /** Nobody in particular: a public client, which may have told its id. */
  | { readonly kind: 'none' }
  /** The Authorization header is the credential. */
  | { readonly kind: 'bearer'; readonly authorization: string }
  | {
      readonly kind: 'secret'
      readonly byBasic: boolean
      /** The id of an API token; null where it is none. */
      readonly tokenId: number | null
      /** What stands in an Authorization header for the secret. */
      readonly authorization: string
    }

/** The ways that are taken, by the names that they are registered under (RFC 7591, section 2; RFC 8414, section 2). */
export const secretMethods = ['client_secret_basic', 'client_secret_post'] as const

/** Reads it. Throws `invalid_request` where it comes in two ways at once, `invalid_client` where it is none that is taken. */
export function readClient(authorization: string | null, form: Form): Client {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')]
  if (form.get('client_assertion') !== undefined || form.get('client_assertion_type') !== undefined) {
    throw new OAuthError('invalid_client', `expected one of ${secretMethods.join(', ')}, received an assertion`)
  }
  if (authorization === null || authorization === '') {
    if (secret === undefined) return { kind: 'none' }
    return secretClient(id ?? '', secret, false)
  }
  if (secret !== undefined) {
    throw new OAuthError('invalid_request', 'expected one way of client authentication, received two')
  }
  const basic = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  if (basic === undefined) {
    if (/^Basic(\s|$)/i.test(authorization)) throw failed(true)
    return { kind: 'bearer', authorization }
  }
  const [name, password] = credentialsOf(basic)
  if (id !== undefined && id !== name) throw new OAuthError('invalid_request', 'expected one client, received two')
  return secretClient(name, password, true)
}

/** What is told where a client is not who it says: the same whatever is wrong with it. */
export function failed(byBasic: boolean): OAuthError {
  return new OAuthError('invalid_client', 'expected the id of an API token that works, and its secret', { byBasic })
}

function secretClient(id: string, secret: string, byBasic: boolean): Client {
  // A JWT is no client's secret.
  if (!isSecretLike(secret)) throw failed(byBasic)
  return { kind: 'secret', byBasic, tokenId: parseInt4(id), authorization: `Bearer ${secret}` }
}

/** Id and secret, each of which is encoded as in a form (RFC 6749, section 2.3.1). */
function credentialsOf(base64: string): readonly [id: string, secret: string] {
  const text = Buffer.from(base64, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) throw failed(true)
  return [decoded(text.slice(0, colon)), decoded(text.slice(colon + 1))]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw failed(true)
  }
}
