/** GraphQL over HTTP: Yoga as a thin adapter over the core. It reads requests and writes answers; the core decides. */
import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Core, Outcome } from '../core.ts'
import { GatewayError } from '../errors.ts'
import { type OnUnexpectedError, unexpected } from '../operation/run.ts'
import type { Routes } from './routes.ts'
import { httpError } from './status.ts'

export interface YogaOptions {
  readonly core: Core
  readonly endpoint: string
  readonly routes: Routes
  /** Origins whose pages may call the gateway. */
  readonly allowedOrigins: readonly string[]
  readonly maxBodyBytes: number
  readonly onUnexpectedError: OnUnexpectedError
}

export function createYogaAdapter(options: YogaOptions): YogaServerInstance<object, object> {
  const { endpoint, allowedOrigins, maxBodyBytes } = options
  const requestIds = new WeakMap<Request, string>()
  return createYoga({
    graphqlEndpoint: endpoint,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    logging: false,
    parserAndValidationCache: false,
    maxRequestBodySize: maxBodyBytes,
    // No credentials: the gateway takes bearer tokens only, never cookies.
    cors:
      allowedOrigins.length === 0
        ? false
        : { origin: [...allowedOrigins], credentials: false, methods: ['GET', 'POST'] },
    maskedErrors: { maskError: (error) => maskTransportError(error, options.onUnexpectedError) },
    plugins: [
      everyResponse(requestIds),
      otherRoutes(options.routes),
      jsonOnly(),
      throughCore(options.core, requestIds),
    ],
  }) as YogaServerInstance<object, object>
}

/** A request id that the client gave, where it is one that may stand in a log. */
const usableRequestId = /^[\w.-]{1,100}$/

function everyResponse(requestIds: WeakMap<Request, string>): Plugin {
  return {
    onRequest({ request }) {
      const given = request.headers.get('x-request-id')
      requestIds.set(request, given !== null && usableRequestId.test(given) ? given : randomUUID())
    },
    onResponse({ request, response }) {
      response.headers.set('X-Request-Id', requestIds.get(request) ?? '')
      response.headers.set('X-Content-Type-Options', 'nosniff')
      if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store')
    },
  }
}

function otherRoutes(routes: Routes): Plugin {
  return {
    async onRequest({ request, url, endResponse }) {
      const response = await routes(request, url.pathname)
      if (response !== undefined) endResponse(response)
    },
  }
}

/** Forms and plain text are what a page of another origin may post without being asked; the gateway reads JSON. */
function jsonOnly(): Plugin {
  return {
    onRequestParse({ request }) {
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (request.method !== 'POST' || type === 'application/json' || type === 'application/graphql+json') return
      throw transportError(new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'expected a body of type application/json'))
    },
  }
}

function throughCore(core: Core, requestIds: WeakMap<Request, string>): Plugin {
  return {
    onParams({ request, setParamsHandler }) {
      setParamsHandler(async ({ params }) => {
        const outcome = await core.handle({
          authorization: request.headers.get('authorization'),
          document: params.query ?? '',
          operationName: params.operationName,
          variables: params.variables,
          readOnly: request.method === 'GET',
          requestId: requestIds.get(request) ?? randomUUID(),
        })
        return toResult(outcome)
      })
    },
  }
}

function toResult(outcome: Outcome) {
  if (!outcome.executed) return { errors: outcome.errors.map(transportError) }
  return outcome.answer as { data: Record<string, unknown>; errors?: GraphQLError[] }
}

/** The error with what Yoga reads from it: status and headers. Only for errors before execution. */
function transportError(error: GatewayError): GraphQLError {
  const { status, headers, onlyForGraphqlResponse } = httpError(error)
  const { invalidToken: _, ...extensions } = error.extensions
  const http = { status, headers, ...(onlyForGraphqlResponse ? { spec: true } : {}) }
  const told = new GraphQLError(error.message, { extensions: { ...extensions, http } })
  if (error.locations !== undefined)
    Object.defineProperty(told, 'locations', { value: error.locations, enumerable: true })
  return told
}

/** Errors of Yoga's own reading of the request, in the gateway's codes. */
function maskTransportError(error: unknown, onUnexpectedError: OnUnexpectedError): GraphQLError {
  if (error instanceof GatewayError) return transportError(error)
  if (!(error instanceof GraphQLError) || error.extensions.code === undefined) {
    return transportError(unexpected(error, randomUUID(), onUnexpectedError))
  }
  if (error.extensions.code === 'REQUEST_ENTITY_TOO_LARGE') {
    return transportError(new GatewayError('PAYLOAD_TOO_LARGE', 'expected a smaller body'))
  }
  return error
}
