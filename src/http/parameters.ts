/** HTTP request → the parameters of GraphQL over HTTP (section 5). Forms and plain text are not among its ways. */
import { GatewayError } from '../errors.ts'
import { isObject, kindOf, type Members, parseJson } from '../json.ts'
import { answerType, isJson, type StreamType, type WholeType } from './mediaType.ts'
import type { HttpRequest } from './message.ts'

export interface Parameters {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Members | undefined
  readonly extensions: Members | undefined
}

const names: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions'])

/**
 * The type to answer in. Throws METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE or NOT_ACCEPTABLE where the body need not even be read. What can't be
 * answered is refused here: afterwards it would have been carried out.
 */
export function checkHeaders(request: Pick<HttpRequest, 'method' | 'header'>): WholeType | StreamType {
  const { method } = request
  if (method !== 'GET' && method !== 'POST') {
    throw new GatewayError('METHOD_NOT_ALLOWED', 'expected GET or POST', { allow: 'GET, POST' })
  }
  // Forms and plain text are what a page of another origin may post without being asked.
  if (method === 'POST' && !isJson(request.header('content-type'))) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'expected a body of type application/json')
  }
  const type = answerType(request.header('accept'))
  if (type === undefined) throw new GatewayError('NOT_ACCEPTABLE', 'expected a request that accepts application/json')
  return type
}

/** Reads the parameters. Rejects with BAD_REQUEST where they have the wrong form, and with whatever reading the body does. */
export async function readParameters(request: HttpRequest): Promise<Parameters> {
  if (request.method === 'GET') return checked(fromQuery(new URLSearchParams(request.query)))
  return checked(parseJson('the body', await request.text()))
}

/** Other parameters of an address are not the gateway's business; an empty one counts as left out. */
function fromQuery(search: URLSearchParams): Record<string, unknown> {
  const json = (name: string) => {
    const text = search.get(name)
    return text ? parseJson(`"${name}"`, text) : undefined
  }
  return {
    query: search.get('query') || undefined,
    operationName: search.get('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  }
}

function checked(given: unknown): Parameters {
  if (Array.isArray(given)) throw new GatewayError('BAD_REQUEST', 'expected one request: batches are not taken')
  if (!isObject(given)) throw new GatewayError('BAD_REQUEST', `expected a JSON object, received ${kindOf(given)}`)
  for (const name in given) {
    if (!names.has(name)) throw new GatewayError('BAD_REQUEST', `expected no parameters but ${[...names].join(', ')}`)
  }
  const { query, operationName, variables, extensions } = given
  if (typeof query !== 'string') throw wrong('query', 'a text', query)
  if (!isAbsent(operationName) && typeof operationName !== 'string')
    throw wrong('operationName', 'a text', operationName)
  if (!isAbsent(variables) && !isObject(variables)) throw wrong('variables', 'an object', variables)
  if (!isAbsent(extensions) && !isObject(extensions)) throw wrong('extensions', 'an object', extensions)
  return {
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  }
}

function wrong(name: string, expected: string, received: unknown): GatewayError {
  return new GatewayError('BAD_REQUEST', `"${name}": expected ${expected}, received ${kindOf(received)}`)
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
