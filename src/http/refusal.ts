/** The answer where nothing has been executed: errors alone, with the status and the headers of the first. */
import type { GatewayError } from '../errors.ts'
import type { AnswerType } from './mediaType.ts'
import { httpError } from './status.ts'

/** The errors as an answer of this type. There is at least one. */
export function refusal(errors: readonly GatewayError[], type: AnswerType = 'application/json'): Response {
  const [first] = errors
  if (first === undefined) throw new Error('expected an error to answer with')
  const { status, headers, onlyForGraphqlResponse } = httpError(first)
  return new Response(JSON.stringify({ errors: errors.map(told) }), {
    status: onlyForGraphqlResponse && type === 'application/json' ? 200 : status,
    headers: { ...headers, 'Content-Type': `${type}; charset=utf-8` },
  })
}

function told({ message, locations, extensions: { invalidToken: _, ...extensions } }: GatewayError) {
  return { message, ...(locations === undefined ? {} : { locations }), extensions }
}
