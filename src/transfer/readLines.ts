/** Files of lines, read in pieces: however large they are, one line at most is kept. */
import type { Readable } from 'node:stream'

/** A line, without its end; or why it can't be read. Lines are counted from 1. */
export interface NumberedLine {
  readonly line: number
  readonly text: string | null
  readonly issue: string | null
}

/** Bytes of a line at most. */
export const longestLine = 1_000_000

const newline = 0x0a

/** What files begin with that are not text in UTF-8, and what they are. */
const signatures: readonly (readonly [bytes: string, what: string])[] = [
  ['1f8b', 'what gzip has packed'],
  ['28b52ffd', 'what zstd has packed'],
  ['fffe', 'UTF-16'],
  ['feff', 'UTF-16'],
]

/**
 * The lines of the stream, those of white space alone left out; one that says why where it is no text at all. `onRead` is told
 * of each piece: how many bytes it has.
 */
export async function* readLines(stream: Readable, onRead: (bytes: number) => void): AsyncGenerator<NumberedLine> {
  let line = 1
  /** What has been read of the line so far; null where that is too long to be kept. */
  let kept: Buffer[] | null = []
  let length = 0

  const add = (piece: Buffer): void => {
    length += piece.length
    if (length > longestLine) kept = null
    else kept?.push(piece)
  }
  const finished = (): NumberedLine | undefined => {
    const read = kept === null ? tooLong(line, length) : decoded(line, Buffer.concat(kept, length))
    kept = []
    length = 0
    line += 1
    return read.text?.trim() === '' ? undefined : read
  }

  for await (const piece of stream as AsyncIterable<Buffer>) {
    onRead(piece.length)
    const other = line === 1 && length === 0 ? signatureOf(piece) : undefined
    if (other !== undefined) {
      yield { line, text: null, issue: `expected text in UTF-8, received ${other}` }
      return
    }
    let start = 0
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      add(piece.subarray(start, end))
      const read = finished()
      if (read !== undefined) yield read
      start = end + 1
    }
    add(piece.subarray(start))
  }
  if (length > 0) {
    const read = finished()
    if (read !== undefined) yield read
  }
}

function signatureOf(piece: Buffer): string | undefined {
  const beginning = piece.subarray(0, 4).toString('hex')
  return signatures.find(([bytes]) => beginning.startsWith(bytes))?.[1]
}

function tooLong(line: number, length: number): NumberedLine {
  return { line, text: null, issue: `expected a line of at most ${longestLine} bytes, received ${length}` }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function decoded(line: number, bytes: Buffer): NumberedLine {
  try {
    return { line, text: decoder.decode(bytes), issue: null }
  } catch {
    return { line, text: null, issue: 'expected text in UTF-8' }
  }
}
