/** GraphQL over HTTP: the request is read and refused here, the core decides, and the answer is written. */
import type { Core, GraphRequest } from '../core.ts'
import { outcomeResponse } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { Graph } from './handler.ts'
import { isWhole } from './mediaType.ts'
import { checkHeaders, type Parameters, readParameters } from './parameters.ts'
import { isDpop, provenOf } from './proven.ts'
import { type Ask, createYogaGraph } from './yoga.ts'

/**
 * Two ways lead to the same core. What nearly all clients send, a POST whose answer is given as a whole, needs nothing of
 * Yoga and takes a fraction of its time; everything else goes through Yoga.
 */
export function createGraph(core: Core): Graph {
  const ask: Ask = async (exchange, parameters) => {
    const outcome = await core.handle(graphRequest(exchange, parameters))
    exchange.outcome = outcome
    return outcome
  }
  const throughYoga = createYogaGraph(ask)
  return async (exchange) => {
    const { request } = exchange
    const type = checkHeaders(request)
    const parameters = await readParameters(request)
    if (request.method === 'POST' && isWhole(type)) return outcomeResponse(await ask(exchange, parameters), type)
    return throughYoga(exchange, type, parameters)
  }
}

function graphRequest({ request, requestId }: Exchange, { query, operationName, variables }: Parameters): GraphRequest {
  const authorization = request.header('authorization')
  return {
    authorization,
    proven: isDpop(authorization) ? provenOf(request) : null,
    document: query,
    operationName,
    variables,
    readOnly: request.method === 'GET',
    requestId,
    whenAbandoned(listener) {
      return request.whenAbandoned(listener)
    },
  }
}
