/** Refusals in the words of OAuth 2.0: what stands as `error` in the answer of an endpoint. */
import { type ErrorCode, GatewayError } from '../errors.ts'

/** Each error that an endpoint gives on purpose, and the gateway's code that the log has for it. */
const codes = {
  invalid_request: 'BAD_REQUEST',
  invalid_client: 'UNAUTHENTICATED',
  // RFC 7009, section 2.2.1.
  unsupported_token_type: 'BAD_REQUEST',
  unsupported_grant_type: 'BAD_REQUEST',
  invalid_scope: 'BAD_REQUEST',
  // RFC 8693, section 2.2.2.
  invalid_target: 'BAD_REQUEST',
  // RFC 9449, section 5.
  invalid_dpop_proof: 'BAD_REQUEST',
} as const satisfies Readonly<Record<string, ErrorCode>>

export type OAuthErrorName = keyof typeof codes

/** A refusal of an endpoint (RFC 6749, section 5.2). The description never repeats what came. */
export class OAuthError extends GatewayError {
  readonly error: OAuthErrorName
  /** Whether the client has authenticated itself by HTTP's Basic scheme, in which it is challenged then. */
  readonly byBasic: boolean

  constructor(error: OAuthErrorName, description: string, { byBasic = false } = {}) {
    super(codes[error], description)
    this.error = error
    this.byBasic = byBasic
  }
}
