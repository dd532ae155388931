import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { readSealingKey, type SealingKey, seal } from '../../src/auth/sealing.ts'

const publicOf = async (alg: string, options: object = {}) => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options })
  return { jwk: await exportJWK(publicKey), privateJwk: await exportJWK(privateKey), privateKey }
}

describe('a secret that is sealed', () => {
  it.each([
    ['EC on P-256', 'ECDH-ES', {}, 'ECDH-ES+A256KW'],
    ['EC on P-521', 'ECDH-ES', { crv: 'P-521' }, 'ECDH-ES+A256KW'],
    ['X25519', 'ECDH-ES', { crv: 'X25519' }, 'ECDH-ES+A256KW'],
    ['RSA', 'RSA-OAEP-256', {}, 'RSA-OAEP-256'],
  ])('is read with the private key only: %s', async (_, kind, options, alg) => {
    const { jwk, privateKey } = await publicOf(kind, options)
    const key = (await readSealingKey({ ...jwk, kid: 'mine' })) as SealingKey
    const [first, second] = [await seal('iamt_secret', key), await seal('iamt_secret', key)]
    expect(first).not.toBe(second)
    expect(first).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+$/)
    const { plaintext, protectedHeader } = await compactDecrypt(first, privateKey)
    expect(new TextDecoder().decode(plaintext)).toBe('iamt_secret')
    expect(protectedHeader).toMatchObject({ alg, enc: 'A256GCM', kid: 'mine' })
    const other = await publicOf(kind, options)
    await expect(compactDecrypt(first, other.privateKey)).rejects.toThrow()
  })

  it('is sealed as the key says', async () => {
    const { jwk } = await publicOf('ECDH-ES')
    expect(await readSealingKey({ ...jwk, alg: 'ECDH-ES', use: 'enc' })).toMatchObject({ alg: 'ECDH-ES' })
  })
})

describe('a key that a secret can be sealed to', async () => {
  const { jwk, privateJwk } = await publicOf('ECDH-ES')
  const { jwk: weak } = { jwk: { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' } }
  it.each([
    ['a text', 'key', 'expected a public JWK'],
    ['a list', [jwk], 'expected a public JWK'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'expected a JWK with one of the kty EC, OKP, RSA'],
    ['a private key', privateJwk, 'expected a public JWK, received a private one'],
    ['a half of one', { ...jwk, y: undefined }, 'expected a JWK with crv, x, y'],
    ['a key for signatures', { ...jwk, use: 'sig' }, 'expected a JWK whose use is enc'],
    ['a curve for signatures', { kty: 'OKP', crv: 'Ed25519', x: jwk.x }, 'expected a key on X25519'],
    ['a key for another algorithm', { ...jwk, alg: 'RSA1_5' }, 'expected one of the alg ECDH-ES+A256KW'],
    ['a weak key', weak, 'expected an RSA key of at least 2048 bits'],
    ['a point off its curve', { ...jwk, y: jwk.x }, 'expected a public JWK that can be encrypted to'],
  ])('is not %s', async (_, value, problem) => {
    expect(await readSealingKey(value)).toMatchObject({ problem: expect.stringContaining(problem) })
  })
})
