/**
 * Every error the gateway answers with on purpose: a stable code, a message that says what was expected and then
 * what came, and nothing that must stay hidden.
 */
import { GraphQLError } from 'graphql'
import { withoutSecrets } from './withoutSecrets.ts'

/** The codes that stand in `extensions.code`. The README's table lists the same ones; a test holds the two together. */
export const errorCodes = {
  UNAUTHENTICATED: 'There is no credential, or it is not valid.',
  FORBIDDEN: 'The credential is valid, but lacks scopes that the operation needs, or is bound to other operations.',
  BAD_REQUEST: 'The HTTP request is not one that GraphQL over HTTP, AuthZEN or OAuth knows.',
  MISDIRECTED_REQUEST: 'The request is for a host that the gateway does not answer for.',
  METHOD_NOT_ALLOWED: 'The HTTP method can not carry the operation.',
  NOT_ACCEPTABLE: 'The request accepts none of the media types that the gateway answers in.',
  UNSUPPORTED_MEDIA_TYPE: 'The body is not JSON.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  BAD_USER_INPUT: 'A variable or an argument has a value that is not allowed.',
  QUERY_TOO_COMPLEX: 'The document is beyond one of the limits.',
  RATE_LIMITED: 'The caller has too much waiting already.',
  PAYLOAD_TOO_LARGE: 'The body is larger than the gateway reads.',
  NOT_FOUND: 'There is no such thing, or none that the caller may see.',
  CONFLICT: 'The change contradicts what is there.',
  SCOPE_NOT_GRANTED: 'More would be given than the caller holds: by a token, or by a role.',
  TOKEN_POLICY: 'The token would break a rule of the gateway.',
  GUARD_RAIL: 'The change would lock somebody out.',
  TIMEOUT: 'The operation or the database took longer than the gateway waits.',
  SERVICE_UNAVAILABLE: 'The database or the key set is out of reach, or the gateway is busy: the message says what.',
  OUTCOME_UNKNOWN:
    'A change took too long, or the connection broke while it was being committed: it may have happened or not.',
  INTERNAL_SERVER_ERROR: 'Something unexpected. The log has it under the request id.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** Errors in an answer at most; how many more there were is told as a number. */
export const mostErrors = 20

interface GatewayErrorOptions {
  /** Further members of `extensions`. */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number
  /** The HTTP methods that would do. */
  readonly allow?: string
  /** The scopes that would do, separated by spaces. */
  readonly sufficientScope?: string
  /** Whether a proof of possession would do, or another one (RFC 9449, section 7.1). */
  readonly proof?: 'expected' | 'refused'
  /** What an operator can do about it. Clients are not told. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** An error that a client may see as it is, but for secrets that it sent. Anything else that is thrown gets masked. */
export class GatewayError extends GraphQLError {
  readonly code: ErrorCode
  readonly retryAfter: number | undefined
  readonly allow: string | undefined
  readonly sufficientScope: string | undefined
  readonly proof: GatewayErrorOptions['proof']
  readonly remedy: string | undefined

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(withoutSecrets(message), { extensions: { code, ...options.extensions } })
    this.name = 'GatewayError'
    this.code = code
    this.retryAfter = options.retryAfter
    this.allow = options.allow
    this.sufficientScope = options.sufficientScope
    this.proof = options.proof
    this.remedy = options.remedy
    if (options.cause !== undefined) this.cause = options.cause
  }
}

/**
 * Whether a rejection that nobody handled is that of a field which graphql-js has left behind: once an item of a list
 * fails at once, it gives up the list, and what fails in other items later has nobody who waits for it. The error of that
 * list stands in the answer already.
 */
export function isLeftBehind(reason: unknown): boolean {
  return reason instanceof GraphQLError && reason.path !== undefined
}

/** A start-up failure that one line explains to an operator. The process ends with `exitCode`. */
export class StartupError extends Error {
  /** 1: something outside is not as it must be. 2: the command or its configuration is wrong. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1, cause?: unknown) {
    super(message, { cause })
    this.name = 'StartupError'
    this.exitCode = exitCode
  }
}

/** BAD_USER_INPUT for an argument or an input's field; `expected` and `received` complete the sentence. */
export function badInput(argument: string, expected: string, received?: unknown): GatewayError {
  const came = received === undefined ? '' : `, received ${describe(received)}`
  return new GatewayError('BAD_USER_INPUT', `"${argument}": expected ${expected}${came}`, { extensions: { argument } })
}

function describe(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
