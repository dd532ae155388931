/** AuthZEN over HTTP (Authorization API 1.0, section 10): requests and refusals in the forms that it has for them. */
import { endpoints, metadataOf, metadataPath } from '../authzen/endpoints.ts'
import { createAsk, type Operation } from '../authzen/operation.ts'
import type { PageTokens } from '../authzen/pageToken.ts'
import type { Entrance } from '../entrance.ts'
import { GatewayError } from '../errors.ts'
import { parseJson } from '../json.ts'
import { arrivalOf, type Exchange } from './exchange.ts'
import type { Endpoint } from './handler.ts'
import { isOfType } from './mediaType.ts'
import { type HttpRequest, type HttpResponse, json } from './message.ts'
import { checkMethod } from './method.ts'
import { httpError } from './status.ts'

export interface AuthzenOptions {
  readonly entrance: Entrance
  readonly pageTokens: PageTokens
  /** Where clients reach the gateway, such as `https://iam.example.com`. */
  readonly publicUrl: () => string
}

/** Its endpoints and that of its metadata, by their paths. */
export function createAuthzenEndpoints(options: AuthzenOptions): ReadonlyMap<string, Endpoint> {
  const { entrance, pageTokens, publicUrl } = options
  const ask = createAsk(entrance)
  const answering = (operation: Operation) => async (exchange: Exchange) => {
    const { request } = exchange
    checkMethod(request, ['POST'])
    if (!isOfType('application/json', request.header('content-type'))) {
      throw new GatewayError('BAD_REQUEST', 'expected a body of type application/json')
    }
    const body = parseJson('the body', await request.text())
    const outcome = await ask(operation, arrivalOf(exchange), body)
    exchange.outcome = outcome
    if (outcome.executed) return json(200, outcome.answer, idOf(request))
    const [error] = outcome.errors
    if (error === undefined) throw new Error('expected an error to answer with')
    return refuse(error, request)
  }
  const metadata = async ({ request }: Exchange) => {
    checkMethod(request, ['GET', 'HEAD'])
    return json(200, metadataOf(publicUrl()), { ...idOf(request), 'cache-control': 'max-age=300' })
  }
  return new Map([
    ...endpoints.map(({ path, operation }) => [path, { answer: answering(operation(pageTokens)), refuse }] as const),
    [metadataPath, { answer: metadata, refuse }] as const,
  ])
}

/** A message and nothing else (section 10.1.2). It begins with the code of the error. */
function refuse(error: GatewayError, request: HttpRequest): HttpResponse {
  const { status, headers } = httpError(error)
  return {
    status,
    headers: { ...headers, ...idOf(request), 'content-type': 'text/plain; charset=utf-8' },
    body: `${error.code}: ${error.message}`,
  }
}

/** Whatever came as the request's id goes back (section 10.1.3), be it such that the log has another one for it. */
function idOf(request: HttpRequest): HttpResponse['headers'] {
  const given = request.header('x-request-id')
  return given === null || given === '' ? {} : { 'x-request-id': given }
}
