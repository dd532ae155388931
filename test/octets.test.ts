import { describe, expect, it } from 'vitest'
import { octetsOf, textOf, Written } from '../src/octets.ts'

describe('octets', () => {
  it.each(['', 'plain', 'Zoë Müller', '\u0000\u007f', '\u0080\u00ff', '漢字', '👩🏽‍🚀', 'a\ud83d\ude00b'])(
    'stand for their text: %j',
    (text) => {
      expect(octetsOf(text)).toBe(Buffer.from(text, 'utf8').toString('latin1'))
      expect(textOf(octetsOf(text))).toBe(text)
    },
  )
})

describe('what has been written', () => {
  it.each([1, 1_000, 10_000])('is its bytes and its text, however long it is: %d times', (times) => {
    const text = 'Zoë 👩🏽'.repeat(times)
    const bytes = Buffer.from(text, 'utf8')
    const written = new Written(octetsOf(text))
    expect(written.length).toBe(bytes.length)
    expect(bytes.equals(written.bytes())).toBe(true)
    expect(written.text()).toBe(text)
  })
})
