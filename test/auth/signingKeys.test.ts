import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  formatSigningKeys,
  longestLifetime,
  makeSigningKey,
  publishedKeys,
  readSigningKeys,
  rotated,
  type SigningKey,
  signingKeysText,
  standingsAt,
  withoutKey,
} from '../../src/auth/signingKeys.ts'
import { testTime } from '../support/time.ts'

const start = testTime.getTime() / 1_000
const at = (seconds: number) => new Date((start + seconds) * 1_000)
const made = [
  await makeSigningKey(start),
  await makeSigningKey(start + 600),
  await makeSigningKey(start + 1_200),
] as const
const states = (keys: readonly SigningKey[], seconds: number) =>
  standingsAt(keys, at(seconds)).map(({ state }) => state)
const options = (seconds: number, lead = 600) => ({ now: at(seconds), lead, alg: 'ES256' as const })

describe('signing keys', () => {
  it('sign from their time on, until the next one does, and are published until their last JWT is dead', () => {
    expect(states(made, -1)).toEqual(['signing', 'waiting', 'waiting'])
    expect(states(made, 599)).toEqual(['signing', 'waiting', 'waiting'])
    expect(states(made, 600)).toEqual(['retired', 'signing', 'waiting'])
    expect(states(made, 600 + longestLifetime + 59)).toEqual(['retired', 'retired', 'signing'])
    expect(states(made, 600 + longestLifetime + 60)).toEqual(['dead', 'retired', 'signing'])
  })

  it('are published without what is private, with their thumbprints as ids', async () => {
    const { keys } = publishedKeys(standingsAt(made, at(600 + longestLifetime + 60)))
    expect(keys).toHaveLength(2)
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key).toMatchObject({ alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(key) })
    }
  })

  it('are read as they were written, whatever id and order they were given', async () => {
    const keys = [...made, await makeSigningKey(start + 1_800, 'EdDSA')]
    const written = JSON.parse(formatSigningKeys(keys)).keys.toReversed()
    const text = JSON.stringify({ keys: written.map((key: object) => ({ ...key, kid: 'mine', other: true })) })
    expect(await readSigningKeys(text)).toEqual(keys)
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' })
  const large = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })
  const { d: _, ...publicKey } = made[0].jwk
  it.each([
    ['no JSON', 'keys'],
    ['a key alone', JSON.stringify(made[0].jwk)],
    ['an empty set', '{"keys":[]}'],
    ['nothing', '{"keys":[null]}'],
    ['a public key', JSON.stringify({ keys: [publicKey] })],
    ['a key that is for encryption', JSON.stringify({ keys: [{ ...made[0].jwk, use: 'enc' }] })],
    ['an RSA key', JSON.stringify({ keys: [rsa] })],
    ['a key on another curve', JSON.stringify({ keys: [large] })],
    ['a time that is none', JSON.stringify({ keys: [{ ...made[0].jwk, signs_from: 'soon' }] })],
    ['two that sign at once', JSON.stringify({ keys: [made[0].jwk, made[1].jwk] })],
  ])('are refused without a word of them: %s', async (_title, text) => {
    const refused = readSigningKeys(text)
    await expect(refused).rejects.toThrow(/^expected /)
    await expect(refused).rejects.not.toThrow(String(made[0].jwk.d))
  })

  it('are rotated by a key that waits first, and by one at a time', async () => {
    const [first] = await rotated([], options(0))
    expect(first?.signsFrom).toBe(start)
    const two = await rotated([first as SigningKey], options(10))
    expect(states(two, 10)).toEqual(['signing', 'waiting'])
    expect(states(two, 610)).toEqual(['retired', 'signing'])
    await expect(rotated(two, options(609))).rejects.toThrow(`The key ${two[1]?.kid} is waiting to sign`)
    const three = await rotated(two, options(611 + longestLifetime + 60))
    expect(three.map(({ kid }) => kid)).toEqual([two[1]?.kid, expect.any(String)])
  })

  it('lose one that has leaked at once, and the next one, or a new one, signs', async () => {
    const [first, second, third] = made
    expect(await withoutKey(made, second.kid, at(0))).toEqual([first, third])
    const next = await withoutKey(made, first.kid, at(0))
    expect(next.map(({ kid }) => kid)).toEqual([second.kid, third.kid])
    expect(states(next, 0)).toEqual(['signing', 'waiting'])
    // Not one that has signed before.
    expect(states(await withoutKey(made, second.kid, at(700)), 700)).toEqual(['retired', 'signing'])
    const [anew, ...others] = await withoutKey([first], first.kid, at(5))
    expect({ others, signsFrom: anew?.signsFrom }).toEqual({ others: [], signsFrom: start + 5 })
    expect(anew?.kid).not.toBe(first.kid)
    await expect(withoutKey(made, 'unknown', at(0))).rejects.toThrow('There is no key unknown')
  })

  it('are listed by what they do', () => {
    const [first, second, third] = made
    const when = (seconds: number) => at(seconds).toISOString()
    expect(signingKeysText(made, at(700))).toBe(
      `${first.kid}  ES256  retired: published until ${when(600 + longestLifetime + 60)}\n` +
        `${second.kid}  ES256  signing until ${when(1_200)}\n` +
        `${third.kid}  ES256  waiting: signs from ${when(1_200)} on\n`,
    )
    expect(signingKeysText([first], at(0))).toBe(`${first.kid}  ES256  signing\n`)
    expect(signingKeysText(made, at(9_000))).toContain('dead: the next rotation takes it away')
  })

  it('however they are rotated, each JWT that is valid has a published key, and no key signs that was not published for the lead', async () => {
    const steps = fc.array(
      fc.record({ pause: fc.integer({ min: 1, max: 2_000 }), lead: fc.integer({ min: 30, max: 900 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (rotations) => {
        let now = 0
        let keys = await rotated([], options(0))
        const publishedSince = new Map([[keys[0]?.kid, Number.NEGATIVE_INFINITY]])
        const signed: { readonly kid: string; readonly until: number }[] = []
        for (const { pause, lead } of rotations) {
          for (const end = now + pause; now <= end; now += 250) {
            const standings = standingsAt(keys, at(now))
            const published = publishedKeys(standings).keys.map(({ kid }) => kid)
            const signing = standings.filter(({ state }) => state === 'signing')
            expect(signing).toHaveLength(1)
            const { kid } = signing[0] as SigningKey
            expect(now - (publishedSince.get(kid) ?? now)).toBeGreaterThanOrEqual(30)
            signed.push({ kid, until: now + longestLifetime })
            expect(published).toEqual(
              expect.arrayContaining(signed.filter(({ until }) => until >= now).map((jwt) => jwt.kid)),
            )
          }
          const changed = await rotated(keys, options(now, lead)).catch(() => keys)
          for (const { kid } of changed) if (!publishedSince.has(kid)) publishedSince.set(kid, now)
          keys = changed
        }
      }),
      { numRuns: 10 },
    )
  })
})
