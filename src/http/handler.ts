/** The way of a request through HTTP, the same for every adapter: what is no request to a graph is answered here. */
import { GatewayError } from '../errors.ts'
import type { Observer } from '../observer.ts'
import { type OnUnexpectedError, unexpected } from '../operation/run.ts'
import { checkAddress } from './address.ts'
import { refusal } from './answer.ts'
import { originHeaders, preflightResponse } from './cors.ts'
import { beginExchange, type Exchange, observedExchange } from './exchange.ts'
import { checkHost } from './hosts.ts'
import { wholeType } from './mediaType.ts'
import type { HttpRequest, HttpResponse } from './message.ts'
import { isDpop } from './proven.ts'
import type { Routes } from './routes.ts'
import { standardHeaders } from './standardHeaders.ts'
import { forDpop } from './status.ts'

/** What answers at a path beside the graph, and how it refuses: in the form that its clients read. */
export interface Endpoint {
  /** Leaves what came of the request in the exchange, and rejects with a GatewayError where it refuses it before. */
  answer(exchange: Exchange): Promise<HttpResponse>
  refuse(error: GatewayError, request: HttpRequest): HttpResponse
}

/**
 * GraphQL over HTTP: leaves what the core came to in the exchange, and rejects with a GatewayError where it refuses the
 * request before.
 */
export type Graph = (exchange: Exchange) => Promise<HttpResponse>

export interface HandlerOptions {
  /** The graph at the path, or undefined where there is none. */
  readonly graphAt: (path: string) => Graph | undefined | Promise<Graph>
  /** By their paths. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  /** The address of the metadata of what is protected at the path; null where there is none. */
  readonly resourceMetadata: (path: string) => string | null
  readonly routes: Routes
  /** Hosts that requests may be for; null where any will do. */
  readonly allowedHosts: readonly string[] | null
  /** Origins whose pages may call the gateway. */
  readonly allowedOrigins: readonly string[]
  /** Told of every request when it ends. */
  readonly observe: Observer
  readonly onUnexpectedError: OnUnexpectedError
}

/** Never rejects. */
export type Handler = (request: HttpRequest) => Promise<HttpResponse>

export function createHandler(options: HandlerOptions): Handler {
  const { graphAt, endpoints, resourceMetadata, routes, allowedHosts, allowedOrigins, observe, onUnexpectedError } =
    options

  const answer = async (exchange: Exchange, endpoint: Endpoint | undefined): Promise<HttpResponse> => {
    const { request } = exchange
    checkAddress(request)
    checkHost(request, allowedHosts)
    const other = preflightResponse(request, allowedOrigins) ?? routes(request)
    if (other !== undefined) return other
    if (endpoint !== undefined) return endpoint.answer(exchange)
    const graph = graphAt(request.path)
    if (graph === undefined) throw new GatewayError('NOT_FOUND', 'there is no such path')
    return typeof graph === 'function' ? graph(exchange) : (await graph)(exchange)
  }

  /** A challenge tells where a client learns who issues credentials (RFC 9728, section 5.1). */
  const challengeOf = (challenge: string | undefined, request: HttpRequest): HttpResponse['headers'] | undefined => {
    if (challenge === undefined || !/^(Bearer|DPoP) /.test(challenge)) return undefined
    const inScheme = isDpop(request.header('authorization')) ? forDpop(challenge) : challenge
    const address = resourceMetadata(request.path)
    const where = address === null ? '' : `, resource_metadata="${address}"`
    return { 'www-authenticate': `${inScheme}${where}` }
  }

  return async (request) => {
    const exchange = beginExchange(request)
    const { requestId } = exchange
    const endpoint = endpoints.get(request.path)
    const { status, headers, body } = await answer(exchange, endpoint).catch((error: unknown) => {
      const refused = error instanceof GatewayError ? error : unexpected(error, requestId, onUnexpectedError)
      exchange.refused = refused
      if (endpoint !== undefined) return endpoint.refuse(refused, request)
      return refusal([refused], wholeType(request.header('accept')) ?? 'application/json')
    })
    observe(observedExchange(exchange, status))
    const complete = Object.assign(
      standardHeaders(requestId),
      headers,
      challengeOf(headers['www-authenticate'], request),
      originHeaders(headers.vary, request, allowedOrigins),
    )
    return { status, headers: complete, body }
  }
}
