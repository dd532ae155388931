/** Which pages of other origins may call the gateway (Fetch standard, section 3.2). No list: none may. */
import type { HttpRequest, HttpResponse } from './message.ts'

/** What a page may read of an answer, beside its body. */
const exposed = 'Retry-After, WWW-Authenticate, X-Request-Id'
/** Seconds that a browser may remember the answer to a preflight. */
const remembered = '600'

/** The answer to a preflight; undefined where the request is none, or where no origin is allowed. */
export function preflightResponse(request: HttpRequest, allowedOrigins: readonly string[]): HttpResponse | undefined {
  if (allowedOrigins.length === 0 || request.method !== 'OPTIONS') return undefined
  if (request.header('origin') === null || request.header('access-control-request-method') === null) return undefined
  if (!isAllowed(request, allowedOrigins)) return { status: 204, headers: {}, body: null }
  const asked = request.header('access-control-request-headers')
  const headers = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-max-age': remembered,
    ...(asked === null ? {} : { 'access-control-allow-headers': asked }),
  }
  return { status: 204, headers, body: null }
}

const none: HttpResponse['headers'] = Object.freeze({})

/**
 * The headers that let the page that asked read the response, where its origin is allowed; `vary` is what the response
 * depends on otherwise. Credentials never: there are no cookies.
 */
export function originHeaders(
  vary: string | undefined,
  request: HttpRequest,
  allowedOrigins: readonly string[],
): HttpResponse['headers'] {
  if (allowedOrigins.length === 0) return none
  const varying = vary === undefined ? 'Origin' : `${vary}, Origin`
  if (!isAllowed(request, allowedOrigins)) return { vary: varying }
  return {
    vary: varying,
    'access-control-allow-origin': request.header('origin') ?? '',
    'access-control-expose-headers': exposed,
  }
}

function isAllowed(request: HttpRequest, allowedOrigins: readonly string[]): boolean {
  const origin = request.header('origin')
  return origin !== null && allowedOrigins.includes(origin)
}
