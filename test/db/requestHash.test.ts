import { describe, expect, it } from 'vitest'
import { requestHash } from '../../src/db/requestHash.ts'

const hash = (asked: object, mutation = 'issueToken', version = 1) =>
  Buffer.from(requestHash(mutation, version, asked)).toString('hex')

describe('the hash of a request', () => {
  const asked = { name: 'a', list: ['b', 'a'], nested: [{ x: [1, 2], y: null }, { x: [] }] }

  it('is the same in any order of members and of lists, and however often an entry is said', () => {
    const other = {
      nested: [{ x: [] }, { y: null, x: [2, 1, 2] }, { x: [1, 2], y: null }],
      list: ['a', 'b', 'a'],
      name: 'a',
    }
    expect(hash(other)).toBe(hash(asked))
    expect(hash(asked)).toHaveLength(64)
  })

  it.each([
    ['a value', { ...asked, name: 'b' }],
    ['a type', { ...asked, list: ['b', 'a', 1] }],
    ['null for nothing', { ...asked, nested: [{ x: [1, 2] }, { x: [] }] }],
    ['a list in a list', { ...asked, list: [['b', 'a']] }],
    ['a text that looks like the end of one', { ...asked, name: 'a","list":["a' }],
  ])('is another one with %s', (_, other) => expect(hash(other)).not.toBe(hash(asked)))

  it('is another one for another mutation and for another version of its form', () => {
    expect(new Set([hash(asked), hash(asked, 'rotateToken'), hash(asked, 'issueToken', 2)]).size).toBe(3)
  })
})
