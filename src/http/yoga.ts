/** GraphQL over HTTP: Yoga as a thin adapter over the core. It reads requests and writes answers; the core decides. */
import { GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Core, Outcome } from '../core.ts'
import { GatewayError } from '../errors.ts'
import { type Answer, type OnUnexpectedError, unexpected } from '../operation/run.ts'
import { answerResponse, refusal } from './answer.ts'
import type { Exchange, Graph } from './handler.ts'
import { isWhole, type StreamType, type WholeType } from './mediaType.ts'
import type { HttpResponse } from './message.ts'
import { checkHeaders, type Parameters, readParameters } from './parameters.ts'

export interface YogaOptions {
  readonly core: Core
  readonly onUnexpectedError: OnUnexpectedError
}

/** What Yoga's hooks know of a request. */
interface YogaContext {
  readonly exchange: Exchange
  readonly type: WholeType | StreamType
}

/** Of the request itself Yoga sees the method and the type to answer in, and so can't read its body, or choose, again. */
const endpoint = '/'

export function createYogaGraph({ core, onUnexpectedError }: YogaOptions): Graph {
  const yoga = createYoga<YogaContext>({
    graphqlEndpoint: endpoint,
    // Yoga's own answers every address that ends so. A space ends none.
    healthCheckEndpoint: ' ',
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    logging: false,
    parserAndValidationCache: false,
    maxRequestBodySize: false,
    cors: false,
    // `written` masks, because it knows the id that the client is told.
    maskedErrors: false,
    plugins: [throughCore(core), written(onUnexpectedError)],
  })
  return async (exchange) => {
    const type = checkHeaders(exchange.request)
    const request = new yoga.fetchAPI.Request(`http://localhost${endpoint}`, {
      method: exchange.request.method,
      headers: { accept: type },
    })
    return responseOf(await yoga.handleRequest(request, { exchange, type }))
  }
}

function throughCore(core: Core): Plugin<YogaContext, YogaContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => readParameters(serverContext.exchange.request))
    },
    onParams({ params, context, setParamsHandler }) {
      const { request, requestId } = context.exchange
      const { query, operationName, variables } = params as Parameters
      setParamsHandler(async () => {
        const outcome = await core.handle({
          authorization: request.header('authorization'),
          document: query,
          operationName,
          variables,
          readOnly: request.method === 'GET',
          requestId,
        })
        return toResult(outcome)
      })
    },
  }
}

function toResult(outcome: Outcome) {
  return outcome.executed ? (outcome.answer as { data: Record<string, unknown> }) : { errors: [...outcome.errors] }
}

/** Writes what is answered as a whole, refusals in any case; streams are left to Yoga. */
function written(onUnexpectedError: OnUnexpectedError): Plugin<YogaContext, YogaContext> {
  return {
    onResultProcess({ result, serverContext, setResultProcessor }) {
      const { exchange, type } = serverContext
      const write = ({ body, ...init }: HttpResponse) => {
        setResultProcessor((_, { Response }) => new Response(body as string, init), type)
      }
      // What has been executed has data, be it null.
      if ('errors' in result && !('data' in result) && result.errors !== undefined) {
        const errors = result.errors.map((error) => inOwnWords(error, exchange.requestId, onUnexpectedError))
        write(refusal(errors, isWhole(type) ? type : 'application/json'))
      } else if (isWhole(type)) {
        write(answerResponse(result as Answer, type))
      }
    },
  }
}

function inOwnWords(error: unknown, requestId: string, onUnexpectedError: OnUnexpectedError): GatewayError {
  if (error instanceof GatewayError) return error
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error
  return unexpected(cause, requestId, onUnexpectedError)
}

async function responseOf(response: Response): Promise<HttpResponse> {
  const { status, headers, body } = response
  const isStream = headers.get('content-type')?.startsWith('application/') !== true
  return { status, headers: Object.fromEntries(headers), body: isStream ? body : await response.text() }
}
