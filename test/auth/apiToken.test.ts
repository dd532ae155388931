import { createHash, randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { formatSecret, hashSecret, isWellFormedSecret, mintSecret, secretHint } from '../../src/auth/apiToken.ts'
import { withoutSecrets } from '../../src/withoutSecrets.ts'

const cases = Number(process.env.SECRET_CASES ?? 2_000)
/** The form that scanners look for, as the README publishes it. */
const published = /^iamt_[0-9A-Za-z]{49}$/
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const withChanged = (text: string, index: number, other = '') => text.slice(0, index) + other + text.slice(index + 1)
const zeros = formatSecret(new Uint8Array(32))
const ones = formatSecret(new Uint8Array(32).fill(0xff))

describe('the secret of an API token', () => {
  it('is 54 characters long, whatever the random bytes are, and says them all', () => {
    // base62 of 2^256 - 1 and CRC-32 reckoned with Python's zlib.
    expect(zeros).toMatch(/^iamt_0{43}[0-9A-Za-z]{6}$/)
    expect(ones).toMatch(/^iamt_[0-9A-Za-z]{49}$/)
    expect([zeros.length, ones.length]).toEqual([54, 54])
    expect(ones.slice(5, 48)).toBe('yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1')
    expect(zeros.slice(-6)).toBe('4TGbcT')
  })

  it(`is another one each time, of the published form, and no other with one character changed (${cases} cases)`, () => {
    const minted = new Set<string>()
    for (let round = 0; round < cases; round++) {
      const { secret } = mintSecret()
      minted.add(secret)
      expect(published.test(secret) && isWellFormedSecret(secret)).toBe(true)
      const changed = randomInt(secret.length)
      const other = alphabet[randomInt(alphabet.length)]
      if (other !== secret[changed] && isWellFormedSecret(withChanged(secret, changed, other))) {
        expect.fail(`${secret} is a secret with ${other} at ${changed}, too`)
      }
    }
    expect(minted.size).toBe(cases)
  })

  it('comes with its SHA-256 and its last four characters', () => {
    const { secret, hash, hint } = mintSecret()
    expect(Buffer.from(hash)).toEqual(createHash('sha256').update(secret, 'utf8').digest())
    expect(hash).toEqual(hashSecret(secret))
    expect(hint).toBe(secret.slice(50))
    expect(secretHint(secret)).toBe(hint)
  })

  it('shows in its hint nothing that was drawn at random', () => {
    expect(secretHint(zeros)).toBe(zeros.slice(-4))
    expect(zeros.length - secretHint(zeros).length).toBeGreaterThan('iamt_'.length + 43)
  })

  it('is found out by its checksum when any one character is mistyped', () => {
    for (const { secret } of Array.from({ length: Math.ceil(cases / 1_000) }, mintSecret)) {
      for (let index = 0; index < secret.length; index++) {
        const others = [...alphabet].filter((typed) => typed !== secret[index])
        expect(others.filter((typed) => isWellFormedSecret(withChanged(secret, index, typed)))).toEqual([])
      }
    }
  })

  it('is found out when two neighbouring characters are swapped', () => {
    const { secret } = mintSecret()
    for (let index = 5; index < secret.length - 1; index++) {
      const [a = '', b = ''] = secret.slice(index, index + 2)
      if (a !== b) expect(isWellFormedSecret(secret.slice(0, index) + b + a + secret.slice(index + 2))).toBe(false)
    }
  })

  it('is left out of what is repeated to anybody', () => {
    const { secret } = mintSecret()
    expect(withoutSecrets(`received "${secret}", and ${secret}0`)).toBe('received "iamt_…", and iamt_…')
    expect(withoutSecrets(secret.slice(0, 20))).toBe('iamt_…')
    expect(withoutSecrets('expected iamt_… as it was shown')).toBe('expected iamt_… as it was shown')
  })

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'iamt_'],
    ['a secret with something before it', ` ${zeros}`],
    ['a secret with a line break after it', `${zeros}\n`],
    ['a secret that goes on', `${zeros}0`],
    ['a secret that is cut off', zeros.slice(0, -1)],
    ['a secret in capitals', ones.toUpperCase()],
    ['a secret with another prefix', zeros.replace('iamt_', 'iamT_')],
    ['a secret with a letter of another alphabet', zeros.replace('0', '０')],
    ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl'],
    ['a megabyte', `iamt_${'a'.repeat(1_000_000)}`],
  ])('is not %s', (_, text) => {
    expect(isWellFormedSecret(text)).toBe(false)
  })
})
