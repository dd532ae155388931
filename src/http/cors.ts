/** Which pages of other origins may call the gateway (Fetch standard, section 3.2). No list: none may. */

/** What a page may read of an answer, beside its body. */
const exposed = 'Retry-After, WWW-Authenticate, X-Request-Id'
/** Seconds that a browser may remember the answer to a preflight. */
const remembered = '600'

/** The answer to a preflight; undefined where the request is none, or where no origin is allowed. */
export function preflightResponse(request: Request, allowedOrigins: readonly string[]): Response | undefined {
  const { method, headers } = request
  if (allowedOrigins.length === 0 || method !== 'OPTIONS') return undefined
  if (!headers.has('origin') || !headers.has('access-control-request-method')) return undefined
  const response = new Response(null, { status: 204 })
  if (isAllowed(request, allowedOrigins)) {
    response.headers.set('Access-Control-Allow-Methods', 'GET, POST')
    response.headers.set('Access-Control-Max-Age', remembered)
    const asked = headers.get('access-control-request-headers')
    if (asked !== null) response.headers.set('Access-Control-Allow-Headers', asked)
  }
  return response
}

/** Lets the page that asked read the response, where its origin is allowed. Credentials never: there are no cookies. */
export function allowOrigin(request: Request, response: Response, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0) return
  response.headers.append('Vary', 'Origin')
  if (!isAllowed(request, allowedOrigins)) return
  response.headers.set('Access-Control-Allow-Origin', request.headers.get('origin') ?? '')
  response.headers.set('Access-Control-Expose-Headers', exposed)
}

function isAllowed({ headers }: Request, allowedOrigins: readonly string[]): boolean {
  const origin = headers.get('origin')
  return origin !== null && allowedOrigins.includes(origin)
}
