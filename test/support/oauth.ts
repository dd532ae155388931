/** OAuth's endpoints of a gateway, asked with forms. */
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import type { Caller, Harness } from './harness.ts'

export interface Replied {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  /** The SQL statements that the request took. */
  readonly statements: readonly string[]
}

export type Parameters = Readonly<Record<string, string>> | string

export interface Sending {
  /** Left out: nobody. */
  readonly caller?: Caller
  readonly headers?: Readonly<Record<string, string>>
}

/** Posts the form, which is sent as it is where it is a text, to a path below `/oauth/`. */
export type PostForm = (path: string, form: Parameters, sending?: Sending) => Promise<Replied>

export function postingForms(harness: Harness): PostForm {
  return async (path, form, { caller = null, headers = {} } = {}) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const sent = { ...type, ...(await harness.authorize(caller)), ...headers }
    const before = harness.sent.length
    const response = await harness.fetch(`/oauth/${path}`, {
      method: 'POST',
      headers: sent,
      body: typeof form === 'string' ? form : String(new URLSearchParams(form)),
    })
    const body = await response.json()
    await harness.answered()
    return {
      status: response.status,
      headers: response.headers,
      body,
      statements: harness.sent.slice(before),
    }
  }
}

/** The secret of a token of the demo. */
export function demoSecret(name: string): string {
  return formatSecret(fixedBytes(`secret of token ${demoTokenId(name)}`))
}

/** A secret that no token has. */
export const unknownSecret = formatSecret(fixedBytes('nobody has this'))

/** The header of client_secret_basic, encoded as RFC 6749, section 2.3.1, has it. */
export function basic(id: string | number, secret: string): Readonly<Record<string, string>> {
  const text = `${encodeURIComponent(id)}:${encodeURIComponent(secret).replaceAll('_', '%5F')}`
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}
