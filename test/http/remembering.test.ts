import { describe, expect, it } from 'vitest'
import { remembering } from '../../src/http/remembering.ts'

/** A function that gives what it is asked in capitals, and counts; it throws for `wrong`. */
function counting() {
  const asked: string[] = []
  const find = remembering((text) => {
    asked.push(text)
    if (text === 'wrong') throw new Error('wrong')
    return text === '' ? undefined : text.toUpperCase()
  })
  return { find, asked }
}

describe('a function of texts that come again', () => {
  it('is asked once for each, and gives what it gave', () => {
    const { find, asked } = counting()
    expect(['a', 'b', '', 'a', 'b', ''].map(find)).toEqual(['A', 'B', undefined, 'A', 'B', undefined])
    expect(asked).toEqual(['a', 'b', ''])
  })

  it('is asked again where it threw', () => {
    const { find, asked } = counting()
    for (let i = 0; i < 2; i++) expect(() => find('wrong')).toThrow('wrong')
    expect(asked).toHaveLength(2)
  })

  it('keeps no more than so many, and none that is long', () => {
    const { find, asked } = counting()
    for (let i = 0; i < 200; i++) find(`${i}`)
    expect(find('0')).toBe('0')
    expect(asked).toHaveLength(200)
    find('one more')
    find('0')
    expect(asked.filter((text) => text === '0')).toHaveLength(2)
    const long = 'x'.repeat(201)
    for (let i = 0; i < 2; i++) find(long)
    expect(asked.filter((text) => text === long)).toHaveLength(2)
  })
})
