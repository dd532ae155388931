/** The way of a request through HTTP, the same for every adapter: what is no request to a graph is answered here. */
import { GatewayError } from '../errors.ts'
import { type OnUnexpectedError, unexpected } from '../operation/run.ts'
import { checkAddress } from './address.ts'
import { refusal } from './answer.ts'
import { preflightResponse, withOrigin } from './cors.ts'
import { wholeType } from './mediaType.ts'
import type { HttpRequest, HttpResponse } from './message.ts'
import type { Routes } from './routes.ts'
import { requestIdOf, standardHeaders } from './standardHeaders.ts'

/** A request and the id that its answer, and the log, will have. */
export interface Exchange {
  readonly request: HttpRequest
  readonly requestId: string
}

/** GraphQL over HTTP. Rejects with a GatewayError where it refuses a request without asking the core. */
export type Graph = (exchange: Exchange) => Promise<HttpResponse>

export interface HandlerOptions {
  /** The graph at the path, or undefined where there is none. */
  readonly graphAt: (path: string) => Graph | undefined | Promise<Graph>
  readonly routes: Routes
  /** Origins whose pages may call the gateway. */
  readonly allowedOrigins: readonly string[]
  readonly onUnexpectedError: OnUnexpectedError
}

/** Never rejects. */
export type Handler = (request: HttpRequest) => Promise<HttpResponse>

export function createHandler({ graphAt, routes, allowedOrigins, onUnexpectedError }: HandlerOptions): Handler {
  const answer = async (exchange: Exchange): Promise<HttpResponse> => {
    const { request } = exchange
    checkAddress(request)
    const other = preflightResponse(request, allowedOrigins) ?? (await routes(request))
    if (other !== undefined) return other
    const graph = await graphAt(request.path)
    if (graph === undefined) return refusal([new GatewayError('NOT_FOUND', 'there is no such path')])
    const response = await graph(exchange)
    // Whatever Yoga's streams say.
    return { ...response, headers: { ...response.headers, 'cache-control': 'no-store' } }
  }
  return async (request) => {
    const requestId = requestIdOf(request.header('x-request-id'))
    const { status, headers, body } = await answer({ request, requestId }).catch((error: unknown) => {
      const told = error instanceof GatewayError ? error : unexpected(error, requestId, onUnexpectedError)
      return refusal([told], wholeType(request.header('accept')))
    })
    const complete = { ...standardHeaders(requestId), ...headers }
    return { status, headers: withOrigin(complete, request, allowedOrigins), body }
  }
}
