/** OAuth over HTTP: forms in, JSON out, and refusals in the form that its clients read (RFC 6749, section 5.2). */

import type { ErrorCode, GatewayError } from '../errors.ts'
import { readClient } from '../oauth/client.ts'
import {
  type OAuthEndpoint,
  type ResourceOptions,
  resourceMetadata,
  resourceMetadataPath,
  serverMetadata,
  serverMetadataPath,
} from '../oauth/endpoints.ts'
import { readForm } from '../oauth/form.ts'
import { OAuthError } from '../oauth/oauthError.ts'
import { arrivalOf, type Exchange } from './exchange.ts'
import type { Endpoint } from './handler.ts'
import { isOfType } from './mediaType.ts'
import { type HttpResponse, json } from './message.ts'
import { checkMethod } from './method.ts'
import { provenOf } from './proven.ts'
import { httpError } from './status.ts'

export interface OAuthOptions {
  readonly endpoints: readonly OAuthEndpoint[]
  /** Where the keys of JWTs are that the gateway signs; null: it signs none. */
  readonly keySetPath: string | null
  /** The paths of what is protected, each of which has metadata; that of everything is empty. */
  readonly resources: readonly string[]
  /** What their metadata says. */
  readonly resource: () => ResourceOptions
}

/** Its endpoints and those of the metadata, by their paths. */
export function createOAuthRoutes({
  endpoints,
  keySetPath,
  resources,
  resource,
}: OAuthOptions): ReadonlyMap<string, Endpoint> {
  const metadata = (of: () => object): Endpoint => ({
    async answer({ request }) {
      checkMethod(request, ['GET', 'HEAD'])
      return json(200, of(), { 'cache-control': 'max-age=300' })
    },
    refuse,
  })
  return new Map([
    ...endpoints.map((endpoint) => [endpoint.path, { answer: answering(endpoint), refuse }] as const),
    [serverMetadataPath, metadata(() => serverMetadata(resource().publicUrl, endpoints, keySetPath))] as const,
    ...resources.map(
      (path) => [`${resourceMetadataPath}${path}`, metadata(() => resourceMetadata(path, resource()))] as const,
    ),
  ])
}

function answering({ operation, repeatable }: OAuthEndpoint): Endpoint['answer'] {
  return async (exchange: Exchange) => {
    const { request } = exchange
    checkMethod(request, ['POST'])
    if (!isOfType('application/x-www-form-urlencoded', request.header('content-type'))) {
      throw new OAuthError('invalid_request', 'expected a body of type application/x-www-form-urlencoded')
    }
    const form = readForm(await request.text(), repeatable)
    const arrival = arrivalOf(exchange)
    const outcome = await operation({
      form,
      client: readClient(arrival.authorization, form),
      arrival,
      proven: provenOf(request),
    })
    exchange.outcome = outcome
    if (outcome.executed) return json(200, outcome.answer)
    const [error] = outcome.errors
    if (error === undefined) throw new Error('expected an error to answer with')
    return refuse(error)
  }
}

/** What is said of what no endpoint refuses by itself. */
const errorNames: Partial<Record<ErrorCode, string>> = {
  // RFC 6749, section 5.2: also where no client authentication came at all.
  UNAUTHENTICATED: 'invalid_client',
  // RFC 6750, section 3.1.
  FORBIDDEN: 'insufficient_scope',
  // RFC 6749, section 4.1.2.1, which has no others for it.
  INTERNAL_SERVER_ERROR: 'server_error',
  OUTCOME_UNKNOWN: 'temporarily_unavailable',
  RATE_LIMITED: 'temporarily_unavailable',
  SERVICE_UNAVAILABLE: 'temporarily_unavailable',
  TIMEOUT: 'temporarily_unavailable',
}

function refuse(error: GatewayError): HttpResponse {
  const { status, headers } = httpError(error)
  const challenge =
    error instanceof OAuthError && error.byBasic ? { 'www-authenticate': 'Basic realm="iam-graph"' } : {}
  return json(status, { error: nameOf(error), error_description: printed(error.message) }, { ...headers, ...challenge })
}

function nameOf(error: GatewayError): string {
  if (error instanceof OAuthError) return error.error
  if (error.extensions.invalidToken === true) return 'invalid_token'
  return errorNames[error.code] ?? 'invalid_request'
}

/** The characters that a description may have (RFC 6749, section 5.2). */
function printed(message: string): string {
  return message.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?')
}
