/** What the core says → the response: an answer is 200, a refusal has the status and the headers of its first error. */

import type { Outcome } from '../entrance.ts'
import type { GatewayError } from '../errors.ts'
import type { Written } from '../octets.ts'
import type { Answer } from '../operation/run.ts'
import type { WholeType } from './mediaType.ts'
import type { HttpResponse } from './message.ts'
import { httpError } from './status.ts'

export function outcomeResponse(outcome: Outcome<Answer>, type: WholeType): HttpResponse {
  if (!outcome.executed) return refusal(outcome.errors, type)
  return { status: 200, headers: { 'content-type': `${type}; charset=utf-8` }, body: written(outcome.answer) }
}

function written(answer: Answer): string | Written {
  return answer.written ?? JSON.stringify(answer)
}

/** The response where nothing has been executed: errors alone. There is at least one. */
export function refusal(errors: readonly GatewayError[], type: WholeType): HttpResponse {
  const [first] = errors
  if (first === undefined) throw new Error('expected an error to answer with')
  const { status, headers, onlyForGraphqlResponse } = httpError(first)
  return {
    status: onlyForGraphqlResponse && type === 'application/json' ? 200 : status,
    headers: { ...headers, 'content-type': `${type}; charset=utf-8` },
    body: JSON.stringify({ errors: errors.map(told) }),
  }
}

function told({ message, locations, extensions: { invalidToken: _, ...extensions } }: GatewayError) {
  return { message, ...(locations === undefined ? {} : { locations }), extensions }
}
