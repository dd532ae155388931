/** Prepared operation → answer: variables, the check of scopes and cost, execution, and errors that may be shown. */
import {
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
} from 'graphql'
import type { Context } from '../context.ts'
import { databaseFailure } from '../db/failure.ts'
import { GatewayError } from '../errors.ts'
import { type Limits, tooComplex } from './limits.ts'
import { DocumentRefused, type PreparedOperation } from './prepare.ts'
import { missingScopes } from './requiredScopes.ts'

export interface RunOptions {
  readonly schema: GraphQLSchema
  readonly limits: Limits
  /** Seconds that an operation may run. */
  readonly timeout: number
  /** Told of everything unexpected, which clients do not see. */
  readonly onUnexpectedError: OnUnexpectedError
  /** Whether messages may name parts of the schema that the request did not. */
  readonly openIntrospection: boolean
}

export type OnUnexpectedError = (error: unknown, requestId: string) => void

/** The answer of an operation that was executed: errors are those of its fields. */
export interface Answer {
  readonly data?: ExecutionResult['data']
  readonly errors?: readonly GraphQLFormattedError[]
}

export type Run = (prepared: PreparedOperation, variables: unknown, context: Context) => Promise<Answer>

/**
 * A runner. It throws before anything is executed: DocumentRefused for variables that do not fit (BAD_USER_INPUT),
 * FORBIDDEN with every missing scope, QUERY_TOO_COMPLEX beyond the cost. Once executing, failures are in the answer.
 */
export function createRunner({ schema, limits, timeout, onUnexpectedError, openIntrospection }: RunOptions): Run {
  const hideSuggestions = !openIntrospection
  return async ({ document, operation, required, cost }, given, context) => {
    const variables = coerceVariables(schema, operation, given, hideSuggestions)
    const missing = missingScopes(required, context.principal.scopes, variables)
    if (missing.length > 0) {
      const names = missing.map(({ scope }) => scope).join(', ')
      throw new GatewayError('FORBIDDEN', `the operation needs scopes that the caller lacks: ${names}`, {
        extensions: { missingScopes: missing },
      })
    }
    const estimate = cost(variables)
    if (estimate > limits.cost) throw tooComplex('cost', limits.cost, estimate)

    const answer = Promise.resolve(
      execute({
        schema,
        document,
        operationName: operation.name?.value ?? null,
        variableValues: given as Record<string, unknown> | null | undefined,
        contextValue: context,
        hideSuggestions,
      }),
    )
    const { data, errors } = await within(timeout, answer, operation.operation === 'mutation')
    if (errors === undefined) return { data }
    return { data, errors: errors.map((error) => presentable(error, context.requestId, onUnexpectedError)) }
  }
}

function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: PreparedOperation['operation'],
  given: unknown,
  hideSuggestions: boolean,
) {
  const variables = (given ?? {}) as Record<string, unknown>
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, variables, {
    maxErrors: 10,
    hideSuggestions,
  })
  if (errors === undefined) return coerced
  throw new DocumentRefused(errors.map((error) => new GatewayError('BAD_USER_INPUT', error.message)))
}

/**
 * The result, or an error when it takes longer: a query is given up, a change may still be committed. What was begun in
 * the database ends by its own timeout.
 */
async function within(seconds: number, result: Promise<ExecutionResult>, changes: boolean): Promise<ExecutionResult> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<ExecutionResult>((resolve) => {
    const message = `the operation took longer than ${seconds} s`
    const error = changes
      ? new GatewayError('OUTCOME_UNKNOWN', message, { extensions: { retryable: true } })
      : new GatewayError('TIMEOUT', message)
    timer = setTimeout(() => resolve({ data: null, errors: [error] }), seconds * 1_000)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The error as clients see it: what the gateway says on purpose as it is, everything else masked. */
function presentable(
  error: GraphQLError,
  requestId: string,
  onUnexpectedError: OnUnexpectedError,
): GraphQLFormattedError {
  const told = toldError(error, requestId, onUnexpectedError)
  return {
    message: told.message,
    ...(error.locations === undefined ? {} : { locations: error.locations }),
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions: told.extensions,
  }
}

function toldError(error: GraphQLError, requestId: string, onUnexpectedError: OnUnexpectedError): GatewayError {
  const cause = error.originalError ?? error
  if (cause instanceof GatewayError) return cause
  if (isAboutInput(cause)) return new GatewayError('BAD_USER_INPUT', cause.message)
  return expectedFailure(cause) ?? unexpected(cause, requestId, onUnexpectedError)
}

/** Whether graphql-js complains about a value that the request gave: then it points at the value, not at the field. */
function isAboutInput(cause: Error): boolean {
  const kind = cause instanceof GraphQLError ? cause.nodes?.[0]?.kind : undefined
  return kind !== undefined && kind !== Kind.FIELD
}

/** The error for a failure of the database that clients can do something about; undefined for any other. */
export function expectedFailure(error: unknown): GatewayError | undefined {
  switch (databaseFailure(error)) {
    case 'unreachable':
      return new GatewayError('SERVICE_UNAVAILABLE', 'the database is out of reach', { retryAfter: 1, cause: error })
    case 'timeout':
      return new GatewayError('TIMEOUT', 'the database took too long', { cause: error })
    default:
      return undefined
  }
}

/** The masked error. The original goes to the log, under the request id that the client gets. */
export function unexpected(error: unknown, requestId: string, onUnexpectedError: OnUnexpectedError): GatewayError {
  onUnexpectedError(error, requestId)
  return new GatewayError('INTERNAL_SERVER_ERROR', 'something unexpected happened', { extensions: { requestId } })
}
