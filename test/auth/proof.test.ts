import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CheckProof, createProofCheck, ProofRefused } from '../../src/auth/proof.ts'
import { testTime } from '../support/time.ts'

const jwt = 'header.payload.signature'
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const jwk = await exportJWK(publicKey)
const jkt = await calculateJwkThumbprint(jwk)
const bound = { jwt, jkt }

let now: Date
let check: CheckProof
beforeEach(() => {
  now = testTime
  check = createProofCheck({ publicUrl: () => 'https://iam.example', clock: () => now })
})

const claims = () => ({
  jti: randomUUID(),
  htm: 'POST',
  htu: 'https://iam.example/graphql',
  iat: now.getTime() / 1_000,
  ath: createHash('sha256').update(jwt).digest('base64url'),
})
const proofOf = (given: object = {}, header: object = {}, key = privateKey) =>
  new SignJWT({ ...claims(), ...given }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header }).sign(key)
const asked = (proof: string | null) => ({ proof, method: 'POST', path: '/graphql' })

describe('a proof', () => {
  it('is taken for the request, the JWT and the key that it is about', async () => {
    expect(await check(asked(await proofOf()), bound)).toBe(jkt)
  })

  it('is taken for no JWT yet, and tells the key', async () => {
    expect(await check(asked(await proofOf({ ath: undefined })), null)).toBe(jkt)
  })

  it.each([
    'https://IAM.example:443/graphql',
    'https://iam.example/graphql?query=1#top',
    'https://iam.example/a/../graphql',
  ])('may spell the address otherwise: %s', async (htu) => {
    expect(await check(asked(await proofOf({ htu })), bound)).toBe(jkt)
  })

  it.each(['EdDSA', 'RS256', 'PS256'])('may be signed by %s', async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true })
    const other = await exportJWK(pair.publicKey)
    const thumbprint = await calculateJwkThumbprint(other)
    const proof = await proofOf({}, { alg, jwk: other }, pair.privateKey)
    expect(await check(asked(proof), { jwt, jkt: thumbprint })).toBe(thumbprint)
  })

  it.each([
    ['another method', { htm: 'GET' }, 'htm'],
    ['the method in another case', { htm: 'post' }, 'htm'],
    ['another path', { htu: 'https://iam.example/subgraph' }, 'htu'],
    ['another host', { htu: 'https://other.example/graphql' }, 'htu'],
    ['another scheme', { htu: 'http://iam.example/graphql' }, 'htu'],
    ['no address', { htu: '/graphql' }, 'htu'],
    ['another JWT', { ath: createHash('sha256').update('other').digest('base64url') }, 'ath'],
    ['no JWT', { ath: undefined }, 'ath'],
    ['no id', { jti: undefined }, 'jti'],
    ['an empty id', { jti: '' }, 'jti'],
    ['an id that is too long', { jti: 'x'.repeat(201) }, 'jti'],
    ['no time', { iat: undefined }, 'iat'],
    ['a time that is long ago', { iat: testTime.getTime() / 1_000 - 66 }, 'just now'],
    ['a time to come', { iat: testTime.getTime() / 1_000 + 6 }, 'iat'],
  ])('is refused that is about %s', async (_title, given, reason) => {
    const refused = check(asked(await proofOf(given)), bound)
    await expect(refused).rejects.toBeInstanceOf(ProofRefused)
    await expect(refused).rejects.toThrow(reason)
  })

  it('is refused that another key has made, with its own name or with that of the bound one', async () => {
    const other = await generateKeyPair('ES256', { extractable: true })
    const stolen = await proofOf({}, { jwk: await exportJWK(other.publicKey) }, other.privateKey)
    await expect(check(asked(stolen), bound)).rejects.toThrow('by the key that the JWT is bound to')
    await expect(check(asked(await proofOf({}, {}, other.privateKey)), bound)).rejects.toThrow('signature')
  })

  it.each([
    ['none', null],
    ['an empty one', ''],
    ['two', 'a.b.c, a.b.c'],
    ['no JWT', 'proof'],
    ['a large one', `${'a'.repeat(4_096)}.b.c`],
    ['junk', 'a.b.c'],
  ])('is refused that is %s', async (_title, proof) => {
    await expect(check(asked(proof), bound)).rejects.toBeInstanceOf(ProofRefused)
  })

  it('is refused of another type, without a key, with a private or a shared one', async () => {
    const secret: JWK = { kty: 'oct', k: 'c2VjcmV0' }
    const hmac = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: secret })
    for (const proof of [
      await proofOf({}, { typ: 'JWT' }),
      await proofOf({}, { typ: 'at+jwt' }),
      await proofOf({}, { jwk: undefined }),
      await proofOf({}, { jwk: await exportJWK(privateKey) }),
      await proofOf({}, { jwk: 'key' }),
      await hmac.sign(new Uint8Array(32)),
    ]) {
      await expect(check(asked(proof), bound)).rejects.toBeInstanceOf(ProofRefused)
    }
  })

  it('is good for one request, for as long as it could be used again', async () => {
    const proof = await proofOf()
    await check(asked(proof), bound)
    for (const seconds of [0, 30, 64]) {
      now = new Date(testTime.getTime() + seconds * 1_000)
      await expect(check(asked(proof), bound)).rejects.toThrow('not been used before')
    }
  })

  it('takes nobody’s id away: another key may have used the same one', async () => {
    const other = await generateKeyPair('ES256', { extractable: true })
    const otherJwk = await exportJWK(other.publicKey)
    const ids = { jti: 'same' }
    const theirs = { jwt, jkt: await calculateJwkThumbprint(otherJwk) }
    await check(asked(await proofOf(ids, { jwk: otherJwk }, other.privateKey)), theirs)
    expect(await check(asked(await proofOf(ids)), bound)).toBe(jkt)
  })

  it('is not burnt by a request that it is refused for', async () => {
    const proof = await proofOf()
    await expect(check({ ...asked(proof), method: 'GET' }, bound)).rejects.toThrow('htm')
    expect(await check(asked(proof), bound)).toBe(jkt)
  })

  it('is never taken twice, however many there are: beyond the bound, those as old as what is forgotten are refused', async () => {
    check = createProofCheck({ publicUrl: () => 'https://iam.example', clock: () => now, mostSeen: 2 })
    const proofs = []
    for (const age of [3, 2, 1]) proofs.push(await proofOf({ iat: testTime.getTime() / 1_000 - age }))
    for (const proof of proofs) await check(asked(proof), bound)
    for (const proof of proofs) await expect(check(asked(proof), bound)).rejects.toThrow('not been used before')
    await expect(check(asked(await proofOf({ iat: testTime.getTime() / 1_000 - 3 })), bound)).rejects.toThrow('before')
    expect(await check(asked(await proofOf()), bound)).toBe(jkt)
  })
})
