import { describe, expect, it } from 'vitest'
import { createResponseReader } from '../../bench/responseReader.ts'

const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"mark":true}'.replace('12', '13')
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"mark\r\n7\r\n":true}\r\n0\r\n\r\n'
const refused = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\n"mark"'

/** What the reader makes of a text that comes in pieces of this size. */
function read(text: string, size: number): boolean[] {
  const found: boolean[] = []
  const reader = createResponseReader('"mark"', (isRight) => found.push(isRight))
  const bytes = Buffer.from(text)
  // One buffer for all pieces, as a socket has it.
  const piece = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(piece, 0, at, at + size)
    reader.read(piece.subarray(0, length))
  }
  return found
}

describe('the reader of responses', () => {
  it.each([1, 2, 3, 7, 50, 1_000])('finds the end of each response in pieces of %i bytes', (size) => {
    expect(read(plain + chunked + plain, size)).toEqual([true, true, true])
  })

  it('takes no answer for right that is not a success', () => {
    expect(read(refused + plain, 1_000)).toEqual([false, true])
  })

  it('takes no answer for right that lacks the mark', () => {
    expect(read(plain.replace('mark', 'fail'), 1_000)).toEqual([false])
  })

  it('does not look for the mark in the answer before', () => {
    expect(read(plain + chunked.replace('mark', 'fail'), 1_000)).toEqual([true, false])
  })
})
