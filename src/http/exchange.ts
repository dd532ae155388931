/** A request on its way to its response, and what is told of it at the end. */
import { createHash } from 'node:crypto'
import type { Arrival, Outcome, Trail } from '../entrance.ts'
import type { ErrorCode, GatewayError } from '../errors.ts'
import type { ObservedPrincipal, RequestObserved } from '../observer.ts'
import type { Answer } from '../operation/run.ts'
import type { HttpRequest } from './message.ts'
import { isDpop, provenOf } from './proven.ts'
import { remembering } from './remembering.ts'
import { requestIdOf } from './standardHeaders.ts'

export interface Exchange {
  readonly request: HttpRequest
  /** What the response, and the log, have it under. */
  readonly requestId: string
  /** By performance.now. */
  readonly began: number
  /** What it came to behind the entrance; undefined before it was let in. */
  outcome: Outcome<object> | undefined
  /** Why it was refused before the entrance; undefined where it was not. */
  refused: GatewayError | undefined
}

export function beginExchange(request: HttpRequest): Exchange {
  const requestId = requestIdOf(request.header('x-request-id'))
  return { request, requestId, began: performance.now(), outcome: undefined, refused: undefined }
}

/** What the entrance is told of it. */
export function arrivalOf({ request, requestId }: Exchange): Arrival {
  const authorization = request.header('authorization')
  return {
    authorization,
    proven: isDpop(authorization) ? provenOf(request) : null,
    requestId,
    whenAbandoned: (listener) => request.whenAbandoned(listener),
  }
}

/** What is told of an exchange that ends now, with this status if the client is still there. */
export function observedExchange(exchange: Exchange, status: number): RequestObserved {
  const { request, requestId, began, outcome } = exchange
  const { principal, operation, tally } = outcome?.trail ?? {}
  const isAbandoned = request.isAbandoned()
  return {
    kind: 'request',
    requestId,
    method: request.method,
    path: request.path,
    status: isAbandoned ? null : status,
    code: isAbandoned ? null : codeOf(exchange),
    duration: performance.now() - began,
    statements: tally?.statements ?? 0,
    operation: operation ?? null,
    principal: principal ? observedPrincipal(principal) : null,
  }
}

function codeOf({ outcome, refused }: Exchange): ErrorCode | null {
  if (outcome === undefined) return refused?.code ?? null
  if (!outcome.executed) return outcome.errors[0]?.code ?? null
  const { errors }: Pick<Answer, 'errors'> = outcome.answer
  return (errors?.[0]?.extensions?.code ?? null) as ErrorCode | null
}

function observedPrincipal({ subject, organizationId }: NonNullable<Trail['principal']>): ObservedPrincipal {
  return { subject: subject.includes('@') ? `sha256:${digest(subject)}` : subject, organizationId }
}

const digest = remembering((text) => createHash('sha256').update(text).digest('hex').slice(0, 16))
