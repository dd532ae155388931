/** Fetch's requests and responses ↔ the gateway's. */
import { GatewayError } from '../errors.ts'
import { Written } from '../octets.ts'
import { brokenOff, createBody } from './body.ts'
import type { HttpRequest, HttpResponse } from './message.ts'

export function fetchRequest(request: Request, maxBodyBytes: number): HttpRequest {
  const { host, pathname, search } = new URL(request.url)
  return {
    method: request.method,
    host,
    path: pathname,
    query: search.slice(1),
    peers: null,
    header: (name) => request.headers.get(name),
    async text() {
      const body = createBody(maxBodyBytes, request.headers.get('content-length'))
      try {
        for await (const chunk of request.body ?? []) body.add(chunk)
      } catch (error) {
        throw error instanceof GatewayError ? error : brokenOff(error)
      }
      return body.text()
    },
    isAbandoned: () => request.signal.aborted,
    whenAbandoned(listener) {
      if (request.signal.aborted) listener()
      request.signal.addEventListener('abort', listener)
      return () => request.signal.removeEventListener('abort', listener)
    },
  }
}

export function fetchResponse({ body, ...init }: HttpResponse): Response {
  return new Response(fetchBody(body), init)
}

/** The body as a Response takes it. */
export function fetchBody(body: HttpResponse['body']): BodyInit | null {
  // Node's Response takes whatever can be iterated, its types do not say so.
  return (body instanceof Written ? body.bytes() : body) as BodyInit | null
}
