import { describe, expect, it } from 'vitest'
import { canonicalZone } from '../../src/auth/zone.ts'

const label = 'a'.repeat(63)
/** 253 characters. */
const longest = `${[label, label, label].join('.')}.${'a'.repeat(61)}`

/** The one form, and other spellings of the same zone. */
const spellings: readonly (readonly [canonical: string, others: readonly string[]])[] = [
  ['example.com', ['Example.COM', 'example.com.', 'EXAMPLE.COM.', 'ｅｘａｍｐｌｅ.com', 'exam\u00adple.com']],
  ['example.com', ['example。com', 'example．com', 'example｡com', 'example.com。']],
  ['com', ['COM.']],
  ['a-b.c--d.example', ['A-b.C--d.Example']],
  ['_msdcs.example.com', ['_MSDCS.example.com.']],
  ['2.0.192.in-addr.arpa', ['2.0.192.IN-ADDR.ARPA.']],
  [
    'xn--mnster-3ya.example',
    ['münster.example', 'MÜNSTER.Example.', 'mu\u0308nster.example', 'XN--MNSTER-3YA.example'],
  ],
  // Two zones, not one: nontransitional processing keeps the letter.
  ['xn--fa-hia.example', ['faß.example', 'FAẞ.example']],
  ['fass.example', ['FASS.example']],
  ['xn--pple-43d.example', ['аpple.example']],
  ['xn--4db.example', ['\u05d0.example']],
  // Joiners are part of a name where the script has them, and are no part of any other.
  ['xn--11b2ezcw70k.example', ['क्\u200dष.example']],
  ['xn--ls8h.example', ['💩.example']],
  [longest, [`${longest}.`, longest.toUpperCase()]],
]

describe('the canonical name of a zone', () => {
  it.each(spellings)('is %s for all its spellings', (canonical, others) => {
    expect([canonical, ...others].map(canonicalZone)).toEqual([canonical, ...others].map(() => canonical))
  })

  it.each([
    ['nothing', ''],
    ['the root', '.'],
    ['a path', '../*'],
    ['a wildcard', '*.example.com'],
    ['an empty label', 'a..example'],
    ['an empty first label', '.example'],
    ['two final dots', 'example.com..'],
    ['spaces', 'two words.example'],
    ['a tab', 'exam\tple.com'],
    ['NUL', 'example.com\u0000'],
    ['a hyphen at the start', '-a.example'],
    ['a hyphen at the end', 'a-.example'],
    ['a label of 64 characters', `a${label}.example`],
    ['254 characters', `${longest}a`],
    ['a port', 'example.com:53'],
    ['a path behind it', 'example.com/x'],
    ['a slash', '0/25.2.0.192.in-addr.arpa'],
    ['a user', 'me@example.com'],
    ['an escape', 'a%2eb.example'],
    ['brackets', '[::1]'],
    ['what becomes a symbol', '⑴.example'],
    ['what becomes a dot in a label of its own', '…example'],
    ['half a surrogate pair', 'a\ud800.example'],
    ['a direction of its own', 'a\u202eb.example'],
    ['two directions in one label', '\u05d0a.example'],
    ['a joiner that joins nothing', 'a\u200db.example'],
    ['an A-label that decodes to nothing', 'xn--.example'],
    ['an A-label that does not decode', 'xn--a.example'],
    ['an A-label of ASCII', 'xn--ab-.example'],
    ['an A-label that would be written otherwise', 'xn--e-xbb.example'],
    ['an internationalized label that is too long', `${'é'.repeat(60)}.example`],
  ])('is not there for %s', (_, text) => expect(canonicalZone(text)).toBeNull())

  it('is not even looked for in a text that is longer than any name', () => {
    canonicalZone('é.'.repeat(100))
    const before = process.cpuUsage()
    expect(canonicalZone('é.'.repeat(60_000))).toBeNull()
    expect(process.cpuUsage(before).user).toBeLessThan(50_000)
  })

  it('means what a URL of the same host means, wherever both take the name', () => {
    for (const [canonical, others] of spellings) {
      for (const text of others.filter((other) => !/ẞ/.test(other))) {
        expect(new URL(`http://${text}`).hostname.replace(/\.$/, '')).toBe(canonical)
      }
    }
  })
})
