/** A body while it is read: its bound holds for what the request says of its length, and for what comes. */
import { GatewayError } from '../errors.ts'

export interface Body {
  /** Throws PAYLOAD_TOO_LARGE from the chunk on that exceeds the bound; nothing is kept then. */
  add(chunk: Uint8Array): void
  /** What was added, as UTF-8. */
  text(): string
}

/** A body of at most so many bytes. Throws PAYLOAD_TOO_LARGE where its Content-Length says more. */
export function createBody(mostBytes: number, contentLength: string | null): Body {
  if (Number(contentLength) > mostBytes) throw tooLarge()
  let chunks: Uint8Array[] = []
  let size = 0
  return {
    add(chunk) {
      size += chunk.byteLength
      if (size > mostBytes) {
        chunks = []
        throw tooLarge()
      }
      chunks.push(chunk)
    },
    text() {
      const [only] = chunks
      const whole = chunks.length === 1 && only instanceof Buffer ? only : Buffer.concat(chunks)
      return whole.toString('utf8')
    },
  }
}

/** What is said of a body that breaks off, mostly to nobody. */
export function brokenOff(cause: unknown): GatewayError {
  return new GatewayError('BAD_REQUEST', 'expected a whole body', { cause })
}

function tooLarge(): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', 'expected a smaller body')
}
