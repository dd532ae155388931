/** Errors before execution → HTTP: the status and the headers that each code stands for. */
import { algorithms } from '../auth/keys.ts'
import type { ErrorCode, GatewayError } from '../errors.ts'

const statusByCode: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MISDIRECTED_REQUEST: 421,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  TIMEOUT: 503,
  OUTCOME_UNKNOWN: 503,
}

/** Errors for which clients that do not accept application/graphql-response+json get 200 (GraphQL over HTTP, 6.4.1). */
const wellFormedRequest: ReadonlySet<ErrorCode> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
])

export interface HttpError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Whether 200 takes the status's place in an answer as application/json. */
  readonly onlyForGraphqlResponse: boolean
}

/** How the error is answered when nothing has been executed. */
export function httpError(error: GatewayError): HttpError {
  const headers: Record<string, string> = {}
  const asksFor = challenge(error)
  if (asksFor !== undefined) headers['www-authenticate'] = error.proof === undefined ? asksFor : forDpop(asksFor)
  if (error.allow !== undefined) headers.allow = error.allow
  if (error.retryAfter !== undefined) headers['retry-after'] = String(error.retryAfter)
  return {
    status: statusByCode[error.code] ?? 400,
    headers,
    onlyForGraphqlResponse: wellFormedRequest.has(error.code),
  }
}

/**
 * RFC 6750, section 3: the error is told only where a credential came, and with `insufficient_scope` the scopes that are
 * enough. Undefined where no other credential would help.
 */
function challenge({ code, extensions, message, sufficientScope, proof }: GatewayError): string | undefined {
  const realm = `${bearer}realm="iam-graph"`
  if (sufficientScope !== undefined) return `${realm}, error="insufficient_scope", scope="${sufficientScope}"`
  if (code !== 'UNAUTHENTICATED') return undefined
  if (extensions.invalidToken !== true) return realm
  const name = proof === 'refused' ? 'invalid_dpop_proof' : 'invalid_token'
  return `${realm}, error="${name}", error_description="${message.replace(/["\\]/g, "'")}"`
}

const bearer = 'Bearer '

/** The challenge for who comes with a proof of possession, or must (RFC 9449, section 7.1). */
export function forDpop(challenge: string): string {
  if (!challenge.startsWith(bearer)) return challenge
  return `DPoP ${challenge.slice(bearer.length)}, algs="${algorithms.join(' ')}"`
}
