/**
 * The way of a request: authenticate → prepare → run. It knows nothing of HTTP; every adapter comes through here, so that
 * no rule holds on one way only.
 */
import type { Authenticate } from './auth/authenticate.ts'
import type { Context, ContextOptions } from './context.ts'
import { GatewayError } from './errors.ts'
import { DocumentRefused, type Prepare } from './operation/prepare.ts'
import { type Answer, expectedFailure, type OnUnexpectedError, type Run, unexpected } from './operation/run.ts'

export interface GraphRequest {
  /** The value of the Authorization header. */
  readonly authorization: string | null
  readonly document: string
  readonly operationName: string | null | undefined
  readonly variables: unknown
  /** Whether the request must change nothing, as HTTP's GET must not. */
  readonly readOnly: boolean
  readonly requestId: string
}

/** An answer, or why nothing was executed. */
export type Outcome =
  | { readonly executed: true; readonly answer: Answer }
  | { readonly executed: false; readonly errors: readonly GatewayError[] }

export interface Core {
  /** Never rejects: what goes wrong is part of the outcome. */
  handle(request: GraphRequest): Promise<Outcome>
}

export interface CoreOptions {
  readonly authenticate: Authenticate
  readonly prepare: Prepare
  readonly run: Run
  readonly createContext: (request: Pick<ContextOptions, 'principal' | 'requestId' | 'members' | 'signal'>) => Context
  readonly onUnexpectedError: OnUnexpectedError
}

/** The core over its three parts. */
export function createCore({ authenticate, prepare, run, createContext, onUnexpectedError }: CoreOptions): Core {
  const execute = async (request: GraphRequest): Promise<Answer> => {
    const principal = await authenticate(request.authorization)
    const prepared = prepare(request.document, request.operationName)
    if (request.readOnly && prepared.operation.operation !== 'query') {
      throw new GatewayError('METHOD_NOT_ALLOWED', 'expected a query: a mutation must be sent by POST', {
        allow: 'POST',
      })
    }
    const { signal } = new AbortController()
    const { members } = prepared
    return run(prepared, request.variables, createContext({ principal, requestId: request.requestId, members, signal }))
  }
  return {
    async handle(request) {
      try {
        return { executed: true, answer: await execute(request) }
      } catch (error) {
        if (error instanceof DocumentRefused) return { executed: false, errors: error.errors }
        if (error instanceof GatewayError) return { executed: false, errors: [error] }
        const told = expectedFailure(error) ?? unexpected(error, request.requestId, onUnexpectedError)
        return { executed: false, errors: [told] }
      }
    },
  }
}
