import { describe, expect, it } from 'vitest'
import { decodeOpaque, encodeOpaque } from '../src/opaqueId.ts'

describe('an opaque id', () => {
  it.each([
    ['User', '4f0c'],
    ['Access', '1'],
    ['Role', ''],
    ['Role', 'a:b::c'],
    ['User', JSON.stringify(['LASTNAME', 'van Dyk', 'é🔑'])],
    ['', 'x'],
  ])('gives back its kind %j and its text %j', (kind, text) => {
    const opaque = encodeOpaque(kind, text)
    expect(opaque).toMatch(/^[\w-]+$/)
    expect(decodeOpaque(opaque)).toEqual({ kind, text })
  })

  it('has the form that clients have stored', () => expect(encodeOpaque('Access', 42)).toBe('QWNjZXNzOjQy'))

  it.each([
    ['nothing', ''],
    ['no colon', Buffer.from('User').toString('base64url')],
    ['padding', Buffer.from('Role:ab').toString('base64')],
    ['the other alphabet', Buffer.from('User:ÿÿÿ>?').toString('base64')],
    ['something behind it', `${encodeOpaque('User', '1')}!`],
    ['a line break', `${encodeOpaque('User', '1')}\n`],
    ['bits that are left over', encodeOpaque('U', '12').replace(/g$/, 'h')],
    ['bytes that are no text', Buffer.from([0x55, 0x3a, 0xff]).toString('base64url')],
  ])('is none with %s', (_, opaque) => expect(decodeOpaque(opaque)).toBeNull())
})
