/**
 * Prepared operation → answer, in steps: whether the caller may run the document, the variables are coerced, the scopes are
 * checked, the cost is weighed, the caller is admitted, the operation is executed, and its errors are told as they may be.
 */

import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
} from 'graphql'
import { mayRun } from '../auth/onlyOperations.ts'
import type { Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import { databaseFailure } from '../db/failure.ts'
import { GatewayError, mostErrors } from '../errors.ts'
import type { Written } from '../octets.ts'
import type { Given } from './arguments.ts'
import { documentHash } from './documentHash.ts'
import { createExecutor, type ExecutedByFields, type ExecutorOptions } from './execute.ts'
import { checkCost, type Limits } from './limits.ts'
import { DocumentRefused, type PreparedOperation } from './prepare.ts'
import { missingScopes } from './requiredScopes.ts'

export interface RunOptions extends ExecutorOptions {
  readonly limits: Limits
  /** Told of everything unexpected, which clients do not see. */
  readonly onUnexpectedError: OnUnexpectedError
  /** Whether messages may name parts of the schema that the request did not. */
  readonly openIntrospection: boolean
}

export type OnUnexpectedError = (error: unknown, requestId: string) => void

/** The answer of an operation that was executed: errors are those of its fields. */
export interface Answer {
  readonly data?: ExecutionResult['data']
  /** The whole answer as JSON, in the place of all else: then there are no errors. */
  readonly written?: Written
  /** At most `mostErrors`. */
  readonly errors?: readonly GraphQLFormattedError[]
  readonly extensions?: {
    /** Errors that have been left out. */
    readonly furtherErrors?: number
    /** What the root fields of a mutation answered before a later one failed and left it without data. */
    readonly completed?: ExecutionResult['data']
  }
}

export type Run = (prepared: PreparedOperation, variables: unknown, context: Context) => Promise<Answer>

/**
 * A runner. It throws before anything is executed: DocumentRefused for variables that do not fit (BAD_USER_INPUT),
 * FORBIDDEN with every missing scope, or where the caller is bound to other documents, QUERY_TOO_COMPLEX beyond the cost, RATE_LIMITED where too much of the caller's waits.
 * Once executing, failures are in the answer.
 */
export function createRunner({ limits, onUnexpectedError, openIntrospection, ...execution }: RunOptions): Run {
  const coerce = createCoercion(execution.schema, !openIntrospection)
  const execute = createExecutor(execution)
  return async (prepared, variables, context) => {
    checkDocument(prepared, context.principal)
    const given = coerce(prepared, variables)
    checkScopes(prepared, given, context.principal)
    checkCost(prepared.cost(given), limits)
    context.share.admit()
    const result = await execute(prepared.executable, given, context)
    return 'written' in result ? result : presentable(result, context.requestId, onUnexpectedError)
  }
}

/** Who is bound to documents is refused any other: no scope helps. */
function checkDocument({ document }: PreparedOperation, principal: Principal): void {
  if (mayRun(principal, () => documentHash(document))) return
  throw new GatewayError('FORBIDDEN', 'the token is bound to other documents, and may run nothing else')
}

/** What comes as variables → their values. It throws DocumentRefused. Suggestions would tell names of a closed schema. */
export function createCoercion(schema: GraphQLSchema, hideSuggestions: boolean) {
  return ({ operation, conditions }: PreparedOperation, variables: unknown): Given => {
    const { coerced, errors } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      (variables ?? {}) as Record<string, unknown>,
      { maxErrors: 10, hideSuggestions },
    )
    if (errors !== undefined) {
      throw new DocumentRefused(errors.map((error) => new GatewayError('BAD_USER_INPUT', error.message)))
    }
    return { variables: coerced, holding: conditions.holding(coerced) }
  }
}

function checkScopes({ required }: PreparedOperation, { holding }: Given, { scopes }: Principal): void {
  const missing = missingScopes(required, scopes, holding)
  if (missing.length === 0) return
  const names = missing.map(({ scope }) => scope).join(', ')
  const all = missingScopes(required, new Set(), holding)
  throw new GatewayError('FORBIDDEN', `the operation needs scopes that the caller lacks: ${names}`, {
    extensions: { missingScopes: missing },
    sufficientScope: all.map(({ scope }) => scope).join(' '),
  })
}

/** The answer as clients see it: what the gateway says on purpose as it is, everything else masked, and told once. */
function presentable(
  { data, errors = [], completed }: ExecutedByFields,
  requestId: string,
  onUnexpectedError: OnUnexpectedError,
): Answer {
  if (errors.length === 0) return { data }
  // What broke behind many fields, such as the statement that all of them waited for, broke once.
  const told = new Map<Error, GatewayError>()
  const shown = [...new Set(errors)].slice(0, mostErrors).map((error) => {
    const cause = error.originalError ?? error
    const known = told.get(cause) ?? toldError(cause, requestId, onUnexpectedError)
    told.set(cause, known)
    return formatted(error, known)
  })
  const furtherErrors = errors.length - shown.length
  const extensions = { ...(furtherErrors > 0 ? { furtherErrors } : {}), ...(completed ? { completed } : {}) }
  return { data, errors: shown, ...(Object.keys(extensions).length > 0 ? { extensions } : {}) }
}

function formatted({ locations, path }: GraphQLError, { message, extensions }: GatewayError): GraphQLFormattedError {
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions,
  }
}

function toldError(cause: Error, requestId: string, onUnexpectedError: OnUnexpectedError): GatewayError {
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
  const unavailable = (message: string) =>
    new GatewayError('SERVICE_UNAVAILABLE', message, { retryAfter: 1, cause: error })
  switch (databaseFailure(error)) {
    case 'unreachable':
      return unavailable('the database is out of reach')
    case 'impaired':
      return unavailable('the database can not work at present')
    case 'readOnly':
      return unavailable('the database takes no changes at present')
    case 'busy':
      return unavailable('the gateway is busy: none of its connections to the database became free in time')
    case 'conflict':
      return unavailable('others are changing the same at present')
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
