/** AuthZEN's endpoints of a gateway, asked as a policy enforcement point does. */
import { demoCallers } from '../../examples/data/demo/callers.ts'
import type { Caller, Harness } from './harness.ts'

export interface Replied {
  readonly status: number
  readonly headers: Headers
  /** The JSON of an answer, the text of a refusal. */
  readonly body: unknown
  /** The SQL statements that the request took. */
  readonly statements: readonly string[]
}

export interface Sending {
  /** Left out: the administrator of organization 1. */
  readonly caller?: Caller
  readonly headers?: Readonly<Record<string, string>>
}

/** Posts the body, which is sent as it is where it is a text, to a path below `/access/v1/`. */
export type Post = (path: string, body: unknown, sending?: Sending) => Promise<Replied>

export function posting(harness: Harness): Post {
  return async (path, body, { caller = demoCallers.administrator, headers = {} } = {}) => {
    const sent = { 'content-type': 'application/json', ...(await harness.authorize(caller)), ...headers }
    const before = harness.sent.length
    const response = await harness.fetch(`/access/v1/${path}`, {
      method: 'POST',
      headers: sent,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    await harness.answered()
    const isJson = response.headers.get('content-type') === 'application/json'
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
      statements: harness.sent.slice(before),
    }
  }
}

/** The subject, as a request has it. */
export function user(id: string) {
  return { type: 'user', id } as const
}

/** The zone, as a request has it. */
export function zone(id: string) {
  return { type: 'zone', id } as const
}
