import { describe, expect, it } from 'vitest'
import { octetsOf, textOf } from '../src/octets.ts'

describe('octets', () => {
  it.each(['', 'plain', 'Zoë Müller', '\u0000\u007f', '\u0080\u00ff', '漢字', '👩🏽‍🚀', 'a\ud83d\ude00b'])(
    'stand for their text: %j',
    (text) => {
      expect(octetsOf(text)).toBe(Buffer.from(text, 'utf8').toString('latin1'))
      expect(textOf(octetsOf(text))).toBe(text)
    },
  )
})
