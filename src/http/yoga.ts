/** GraphQL over HTTP: Yoga as a thin adapter over the core. It reads requests and writes answers; the core decides. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Core, Outcome } from '../core.ts'
import { GatewayError } from '../errors.ts'
import { type OnUnexpectedError, unexpected } from '../operation/run.ts'
import { makesAddress, refuseAddress } from './address.ts'
import { allowOrigin, preflightResponse } from './cors.ts'
import { acceptedType } from './mediaType.ts'
import { checkHeaders, type Parameters, readParameters } from './parameters.ts'
import { refusal } from './refusal.ts'
import type { Routes } from './routes.ts'
import { requestIdOf, standardHeaders } from './standardHeaders.ts'

export interface YogaOptions {
  readonly core: Core
  readonly endpoint: string
  readonly routes: Routes
  /** Origins whose pages may call the gateway. */
  readonly allowedOrigins: readonly string[]
  readonly maxBodyBytes: number
  readonly onUnexpectedError: OnUnexpectedError
}

/** A listener for node:http, and the same as a function from requests to responses. */
export interface YogaAdapter {
  (request: IncomingMessage, response: ServerResponse): Promise<void>
  fetch(request: Request): Response | Promise<Response>
}

export function createYogaAdapter(options: YogaOptions): YogaAdapter {
  const { endpoint, maxBodyBytes } = options
  const requestIds = new WeakMap<Request, string>()
  const yoga = createYoga({
    graphqlEndpoint: endpoint,
    // Yoga's own answers every address that ends so. A space ends none.
    healthCheckEndpoint: ' ',
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    logging: false,
    parserAndValidationCache: false,
    maxRequestBodySize: maxBodyBytes,
    cors: false,
    // `ownRefusals` masks, because it knows the request and so the id that the client is told.
    maskedErrors: false,
    plugins: [
      everyResponse(options, requestIds),
      otherRoutes(options, requestIds),
      throughCore(options.core, requestIds),
      ownRefusals(options.onUnexpectedError, requestIds),
    ],
  })
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    // Yoga makes an address of the two, and answers with its stack where they make none.
    if (makesAddress(request.headers.host, request.url)) await yoga(request, response)
    else refuseAddress(response)
  }
  return Object.assign(listener, { fetch: async (request: Request) => yoga.fetch(request) })
}

function everyResponse(
  { endpoint, allowedOrigins }: Pick<YogaOptions, 'endpoint' | 'allowedOrigins'>,
  requestIds: WeakMap<Request, string>,
): Plugin {
  return {
    onRequest({ request, endResponse }) {
      requestIds.set(request, requestIdOf(request.headers.get('x-request-id')))
      const preflight = preflightResponse(request, allowedOrigins)
      if (preflight !== undefined) endResponse(preflight)
    },
    onResponse({ request, response }) {
      // GraphiQL's files may be kept; what the endpoint says never, streams included.
      const isCacheable = response.headers.has('Cache-Control') && new URL(request.url).pathname !== endpoint
      for (const [name, value] of Object.entries(standardHeaders(idOf(request, requestIds)))) {
        if (name !== 'Cache-Control' || !isCacheable) response.headers.set(name, value)
      }
      allowOrigin(request, response, allowedOrigins)
    },
  }
}

function otherRoutes({ routes, endpoint, onUnexpectedError }: YogaOptions, ids: WeakMap<Request, string>): Plugin {
  return {
    async onRequest({ request, url, endResponse }) {
      try {
        const response = await routes(request, url.pathname)
        if (response !== undefined) endResponse(response)
        else if (url.pathname !== endpoint)
          endResponse(refusal([new GatewayError('NOT_FOUND', 'there is no such path')]))
      } catch (error) {
        endResponse(refusal([unexpected(error, idOf(request, ids), onUnexpectedError)]))
      }
    },
  }
}

function throughCore(core: Core, requestIds: WeakMap<Request, string>): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      checkHeaders(request)
      setRequestParser(readParameters)
    },
    onParams({ request, setParamsHandler }) {
      setParamsHandler(async ({ params }) => {
        const { query, operationName, variables } = params as Parameters
        const outcome = await core.handle({
          authorization: request.headers.get('authorization'),
          document: query,
          operationName,
          variables,
          readOnly: request.method === 'GET',
          requestId: idOf(request, requestIds),
        })
        return toResult(outcome)
      })
    },
  }
}

function toResult(outcome: Outcome) {
  return outcome.executed ? (outcome.answer as { data: Record<string, unknown> }) : { errors: [...outcome.errors] }
}

/** Writes the answers where nothing has been executed: the core refused, or Yoga could not read the request. */
function ownRefusals(onUnexpectedError: OnUnexpectedError, requestIds: WeakMap<Request, string>): Plugin {
  return {
    onResultProcess({ request, result, setResultProcessor }) {
      // What has been executed has data, be it null.
      if (!('errors' in result) || 'data' in result || !result.errors?.length) return
      const errors = result.errors.map((error) => inOwnWords(error, idOf(request, requestIds), onUnexpectedError))
      const type = acceptedType(request.headers.get('accept')) ?? 'application/json'
      setResultProcessor(() => refusal(errors, type), type)
    },
  }
}

function inOwnWords(error: unknown, requestId: string, onUnexpectedError: OnUnexpectedError): GatewayError {
  if (error instanceof GatewayError) return error
  const { extensions, originalError } = error instanceof GraphQLError ? error : { originalError: error }
  if (extensions?.code === 'REQUEST_ENTITY_TOO_LARGE') {
    return new GatewayError('PAYLOAD_TOO_LARGE', 'expected a smaller body')
  }
  if (extensions?.code === 'BAD_REQUEST') return new GatewayError('BAD_REQUEST', 'expected a request that can be read')
  return unexpected(originalError ?? error, requestId, onUnexpectedError)
}

function idOf(request: Request, requestIds: WeakMap<Request, string>): string {
  return requestIds.get(request) ?? requestIdOf(null)
}
