import { createHmac, createPublicKey } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createJwtVerifier, type JwtRules } from '../../src/auth/jwt.ts'
import { fixedKeys, usableKeys } from '../../src/auth/keys.ts'
import { createSigner, type Signer } from '../support/jwks.ts'
import { testTime } from '../support/time.ts'

const now = testTime.getTime() / 1_000
const claims = { iss: 'https://issuer.example', aud: 'iam-graph', sub: 'ada', iat: now, exp: now + 600 }
const rules: JwtRules = {
  issuer: claims.iss,
  audience: 'iam-graph',
  type: 'at+jwt',
  maxAge: 3_600,
  clock: () => testTime,
}

/** Verifies with the signers' keys, and resolves to the claims. */
function verifierOf(signers: readonly Signer[], changed: Partial<JwtRules> = {}) {
  const keys = fixedKeys(usableKeys({ keys: signers.map(({ jwk }) => jwk) }))
  const verify = createJwtVerifier(keys, { ...rules, ...changed })
  return async (token: string) => (await verify(token)).claims
}

describe('a JWT', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'])('is taken with the algorithm %s', async (alg) => {
    const signer = await createSigner('one', alg)
    expect(await verifierOf([signer])(await signer.sign(claims))).toEqual(claims)
  })

  it.each(['RS384', 'PS512', 'ES384'])('is refused with the algorithm %s', async (alg) => {
    const signer = await createSigner('one', alg)
    const reason = 'expected one of the algorithms RS256, PS256, ES256, EdDSA, Ed25519'
    await expect(verifierOf([signer])(await signer.sign(claims))).rejects.toThrow(reason)
  })

  it.each(['RS256', 'ES256'])('is refused where the public %s key was taken for a shared secret', async (alg) => {
    const signer = await createSigner('one', alg)
    const payload = (await signer.sign(claims)).split('.')[1]
    const key = createPublicKey({ key: signer.jwk, format: 'jwk' })
    const secrets = [key.export({ type: 'spki', format: 'pem' }), key.export({ type: 'spki', format: 'der' })]
    for (const secret of [...secrets, JSON.stringify(signer.jwk)]) {
      const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })).toString('base64url')
      const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
      await expect(verifierOf([signer])(`${header}.${payload}.${signature}`)).rejects.toThrow(
        'expected one of the algorithms',
      )
    }
  })

  it('is refused where it is signed with a key of another kind than it says', async () => {
    const signer = await createSigner('one', 'RS256')
    const [, payload, signature] = (await signer.sign(claims)).split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })).toString('base64url')
    await expect(verifierOf([signer])(`${header}.${payload}.${signature}`)).rejects.toThrow('no key matches the JWT')
  })
})

describe('the typ', () => {
  it('may be JWT where the gateway is told so, and is no other then', async () => {
    const signer = await createSigner('one')
    const verify = verifierOf([signer], { type: 'JWT' })
    expect(await verify(await signer.sign(claims, { typ: 'JWT' }))).toEqual(claims)
    expect(await verify(await signer.sign(claims, { typ: 'jwt' }))).toEqual(claims)
    for (const typ of ['at+jwt', 'logout+jwt', undefined]) {
      await expect(verify(await signer.sign(claims, { typ }))).rejects.toThrow('header "typ": not as expected')
    }
  })
})

describe('two keys without a kid', () => {
  let first: Signer
  let second: Signer
  beforeAll(async () => {
    first = await createSigner()
    second = await createSigner()
  })

  it('are both tried', async () => {
    const verify = verifierOf([first, second])
    for (const signer of [first, second]) expect(await verify(await signer.sign(claims))).toEqual(claims)
  })

  it('take none that a third has signed', async () => {
    const third = await createSigner()
    const refused = verifierOf([first, second])(await third.sign(claims))
    await expect(refused).rejects.toThrow('the signature does not hold')
  })

  it('take none whose claims are not as expected', async () => {
    const verify = verifierOf([first, second])
    await expect(verify(await second.sign({ ...claims, exp: now - 60 }))).rejects.toThrow('the JWT has expired')
    await expect(verify(await second.sign({ ...claims, aud: 'other' }))).rejects.toThrow('claim "aud"')
  })
})

describe('a JWT that was verified', () => {
  it.each([
    ['its exp', { exp: now + 100 }, now + 100],
    ['its age', { iat: now - 1_000, exp: now + 10_000 }, now + 2_600],
  ])('is valid until %s says so', async (_title, times, validUntil) => {
    const signer = await createSigner('one')
    const verify = createJwtVerifier(fixedKeys({ keys: [signer.jwk] }), rules)
    expect(await verify(await signer.sign({ ...claims, ...times }))).toMatchObject({ validUntil: validUntil * 1_000 })
  })
})
