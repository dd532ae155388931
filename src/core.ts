/**
 * The way of a request: authenticate → prepare → run. It knows nothing of HTTP; every adapter comes through here, so that
 * no rule holds on one way only.
 */
import type { Authenticate } from './auth/authenticate.ts'
import type { Principal } from './auth/principal.ts'
import type { Context, ContextOptions } from './context.ts'
import { createDeadline } from './deadline.ts'
import { GatewayError } from './errors.ts'
import type { ObservedOperation, Observer, Tally } from './observer.ts'
import { DocumentRefused, type Prepare, type PreparedOperation } from './operation/prepare.ts'
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
  /**
   * Calls the listener when nobody waits for the answer any more, at once where nobody does already, until what it returns
   * is called.
   */
  whenAbandoned(listener: () => void): () => void
}

/** An answer, or why nothing was executed; and how far the request came. */
export type Outcome = { readonly trail: Readonly<Trail> } & (
  | { readonly executed: true; readonly answer: Answer }
  | { readonly executed: false; readonly errors: readonly GatewayError[] }
)

/** What is known of a request, as far as it has come. */
export interface Trail {
  /** Null where no credential was accepted. */
  principal: Principal | null
  /** Null where the document was refused. */
  operation: ObservedOperation | null
  readonly tally: Tally
}

export interface Core {
  /** Never rejects: what goes wrong is part of the outcome. */
  handle(request: GraphRequest): Promise<Outcome>
}

export interface CoreOptions {
  readonly authenticate: Authenticate
  readonly prepare: Prepare
  readonly run: Run
  /** Seconds that an operation may run. */
  readonly timeout: number
  readonly createContext: (
    request: Pick<ContextOptions, 'principal' | 'requestId' | 'tally' | 'members' | 'deadline'>,
  ) => Context
  readonly observe: Observer
  readonly onUnexpectedError: OnUnexpectedError
}

/** The core over its three parts. */
export function createCore(options: CoreOptions): Core {
  const { authenticate, prepare, run, timeout, createContext, observe, onUnexpectedError } = options

  const observing = async (found: Promise<Principal>, requestId: string): Promise<Principal> => {
    try {
      return await found
    } catch (error) {
      if (error instanceof GatewayError && error.extensions.invalidToken === true) {
        observe({ kind: 'credentialRefused', requestId, reason: error.message })
      }
      throw error
    }
  }
  const execute = async (request: GraphRequest, trail: Trail): Promise<Answer> => {
    const { tally } = trail
    const found = authenticate(request.authorization, tally)
    const principal = found instanceof Promise ? await observing(found, request.requestId) : found
    trail.principal = principal
    const prepared = prepare(request.document, request.operationName)
    trail.operation = observed(prepared)
    if (request.readOnly && prepared.operation.operation !== 'query') {
      throw new GatewayError('METHOD_NOT_ALLOWED', 'expected a query: a mutation must be sent by POST', {
        allow: 'POST',
      })
    }
    const changes = prepared.operation.operation === 'mutation'
    const deadline = createDeadline({ seconds: timeout, changes, client: request })
    try {
      const { members } = prepared
      const context = createContext({ principal, requestId: request.requestId, tally, members, deadline })
      return await run(prepared, request.variables, context)
    } finally {
      deadline.end()
    }
  }
  return {
    async handle(request) {
      const trail: Trail = { principal: null, operation: null, tally: { statements: 0 } }
      try {
        return { executed: true, answer: await execute(request, trail), trail }
      } catch (error) {
        return { executed: false, errors: refusals(error, request.requestId), trail }
      }
    },
  }

  function refusals(error: unknown, requestId: string): readonly GatewayError[] {
    if (error instanceof DocumentRefused) return error.errors
    if (error instanceof GatewayError) return [error]
    return [expectedFailure(error) ?? unexpected(error, requestId, onUnexpectedError)]
  }
}

function observed({ operation: { operation, name }, hash }: PreparedOperation): ObservedOperation {
  return { type: operation, name: name?.value ?? null, hash }
}
