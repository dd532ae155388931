/** Finds the ends of HTTP/1.1 responses in what a socket gives (RFC 9112, section 6), and looks at how each begins. */

export interface ResponseReader {
  /** Takes what has come; calls back at the end of each response. */
  read(chunk: Buffer): void
}

/** How much of a body is looked at for what each right answer has. */
const lookedAt = 400
const endOfHead = Buffer.from('\r\n\r\n')
const endOfLine = Buffer.from('\r\n')

/** `onEnd` is told whether the response was a success that holds the mark near its beginning, and what it began with. */
export function createResponseReader(
  mark: string,
  onEnd: (isRight: boolean, beginning: string) => void,
): ResponseReader {
  let pending: Buffer | undefined
  let inBody = false
  let isChunked = false
  /** Bytes of the body that are still to come, or of its current chunk with the line's end behind it. */
  let left = 0
  let isSuccess = false
  let beginning = ''

  const look = (part: Buffer) => {
    if (beginning.length < lookedAt)
      beginning += part.toString('latin1', 0, Math.min(part.length, lookedAt - beginning.length))
  }
  const end = () => {
    inBody = false
    onEnd(isSuccess && beginning.includes(mark), beginning)
  }
  /** Gives what it could not use yet. */
  const consume = (chunk: Buffer): Buffer | undefined => {
    let at = 0
    while (at < chunk.length) {
      if (!inBody) {
        const stop = chunk.indexOf(endOfHead, at)
        if (stop < 0) return chunk.subarray(at)
        const head = chunk.toString('latin1', at, stop + 2)
        isSuccess = head.startsWith('HTTP/1.1 200 ')
        const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1]
        isChunked = length === undefined
        left = Number(length ?? 0)
        beginning = ''
        inBody = true
        at = stop + 4
        if (!isChunked && left === 0) end()
      } else if (isChunked && left === 0) {
        const stop = chunk.indexOf(endOfLine, at)
        if (stop < 0) return chunk.subarray(at)
        const size = Number.parseInt(chunk.toString('latin1', at, stop), 16)
        if (size === 0) {
          // Servers here send no trailers: an empty line ends the body.
          if (chunk.length < stop + 4) return chunk.subarray(at)
          at = stop + 4
          end()
        } else {
          left = size + endOfLine.length
          at = stop + 2
        }
      } else {
        const part = chunk.subarray(at, at + left)
        look(isChunked ? part.subarray(0, Math.max(0, left - endOfLine.length)) : part)
        left -= part.length
        at += part.length
        if (!isChunked && left === 0) end()
      }
    }
    return undefined
  }
  return {
    read(chunk) {
      const rest = consume(pending === undefined ? chunk : Buffer.concat([pending, chunk]))
      // The socket's buffer is used again.
      pending = rest === undefined ? undefined : Buffer.from(rest)
    },
  }
}
