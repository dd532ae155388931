/** GraphQL over HTTP by Yoga, a thin adapter: the request is read and refused before it, the core decides behind it. */

import { GraphQLError } from 'graphql'
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga'
import type { Outcome } from '../entrance.ts'
import { readAnswer } from '../operation/execute.ts'
import type { Answer } from '../operation/run.ts'
import { outcomeResponse, refusal } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { fetchBody } from './fetch.ts'
import { isWhole, type StreamType, type WholeType } from './mediaType.ts'
import type { HttpResponse } from './message.ts'
import type { Parameters } from './parameters.ts'

/** What Yoga's hooks know of a request. */
interface YogaContext {
  readonly exchange: Exchange
  readonly type: WholeType | StreamType
  readonly parameters: Parameters
  /** What the core came to, once it was asked. */
  readonly asked: { outcome?: Outcome<Answer> }
}

/** Of the request itself Yoga sees the method and the type to answer in, and so can't read its body, or choose, again. */
const endpoint = '/'

/** Asks the core, and leaves what it came to in the exchange. */
export type Ask = (exchange: Exchange, parameters: Parameters) => Promise<Outcome<Answer>>

/** Answers what has been read of a request, in this type. */
export type YogaGraph = (
  exchange: Exchange,
  type: WholeType | StreamType,
  parameters: Parameters,
) => Promise<HttpResponse>

export function createYogaGraph(ask: Ask): YogaGraph {
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
    maskedErrors: false,
    plugins: [throughCore(ask), written],
  })
  return async (exchange, type, parameters) => {
    const init = { method: exchange.request.method, headers: { accept: type } }
    const seen = new yoga.fetchAPI.Request(`http://localhost${endpoint}`, init)
    return responseOf(await yoga.handleRequest(seen, { exchange, type, parameters, asked: {} }))
  }
}

function throughCore(ask: Ask): Plugin<YogaContext, YogaContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      // For Yoga, undefined is left out.
      setRequestParser(() => serverContext.parameters as GraphQLParams)
    },
    onParams({ context: { exchange, parameters, asked }, setParamsHandler }) {
      setParamsHandler(async () => {
        asked.outcome = await ask(exchange, parameters)
        return toResult(asked.outcome)
      })
    },
  }
}

function toResult(outcome: Outcome<Answer>) {
  if (!outcome.executed) return { errors: [...outcome.errors] }
  const { written, ...answer } = outcome.answer
  return written === undefined ? (answer as { data: Record<string, unknown> }) : readAnswer(written)
}

/** Writes what is answered as a whole, refusals in any case. Streams of what was executed are left to Yoga. */
const written: Plugin<YogaContext, YogaContext> = {
  onResultProcess({ result, serverContext: { asked, type }, setResultProcessor }) {
    const { outcome } = asked
    if (outcome === undefined) throw failureOf(result)
    const write = ({ body, ...init }: HttpResponse) => {
      setResultProcessor((_, { Response }) => new Response(fetchBody(body), init), type)
    }
    if (isWhole(type)) write(outcomeResponse(outcome, type))
    else if (!outcome.executed) write(refusal(outcome.errors, 'application/json'))
  },
}

/** What went wrong inside of Yoga, before the core was asked. */
function failureOf(result: unknown): unknown {
  const { errors } = result as { readonly errors?: readonly unknown[] }
  const [error] = errors ?? []
  return error instanceof GraphQLError ? (error.originalError ?? error) : new Error('Yoga answered by itself')
}

async function responseOf(response: Response): Promise<HttpResponse> {
  const { status, headers, body } = response
  const isStream = headers.get('content-type')?.startsWith('application/') !== true
  // Its streams say otherwise than all responses do.
  headers.delete('cache-control')
  return { status, headers: Object.fromEntries(headers), body: isStream ? body : await response.text() }
}
