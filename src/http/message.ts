/** HTTP as the gateway sees it, whoever reads it from a wire and writes it there: node:http, or a function of Fetch. */
import type { Written } from '../octets.ts'

export interface HttpRequest {
  readonly method: string
  /** The host that is asked, with its port, as it was written; null where the request names none. */
  readonly host: string | null
  /** Absolute, percent-encoded as it came, and without the query string. */
  readonly path: string
  /** Without its question mark; empty where there is none. */
  readonly query: string
  /** The two ends of the connection; null where there is none. */
  readonly peers: Peers | null
  /** The value of a header, by its name in lower case; null where there is none. */
  header(name: string): string | null
  /** The body, to be asked for once. Rejects with PAYLOAD_TOO_LARGE, and with BAD_REQUEST where it breaks off. */
  text(): Promise<string>
  /** Whether the client has left without an answer. */
  isAbandoned(): boolean
  /** Calls the listener when the client leaves, at once where it has left, until what it returns is called. */
  whenAbandoned(listener: () => void): () => void
}

/** IP addresses, undefined once the connection is gone. */
export interface Peers {
  readonly remote: string | undefined
  readonly local: string | undefined
}

export interface HttpResponse {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Written | Uint8Array | AsyncIterable<Uint8Array> | null
}

/** A response of JSON. */
export function json(status: number, value: unknown, headers: HttpResponse['headers'] = {}): HttpResponse {
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
