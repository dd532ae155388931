import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createJwtVerifier } from '../../src/auth/jwt.ts'
import { keysFromFile, usableKeys } from '../../src/auth/keys.ts'
import { testTime } from '../support/time.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1_024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ed25519 = generateKeyPairSync('ed25519')
const x25519 = generateKeyPairSync('x25519')

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as JWK
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

describe('the keys of a set', () => {
  it.each([
    ['RSA of 2048 bits', rsa],
    ['P-256', ec],
    ['Ed25519', ed25519],
  ])('are used where they are strong: %s', (_title, { publicKey }) => {
    const key = { ...jwkOf(publicKey), kid: 'one', alg: 'any', use: 'sig', key_ops: ['verify'] }
    expect(usableKeys({ keys: [key] })).toEqual({ keys: [key] })
  })

  const modulus = jwkOf(weakRsa.publicKey).n ?? ''
  it.each([
    ['RSA of 1024 bits', jwkOf(weakRsa.publicKey)],
    ['RSA of 1024 bits behind zeros', { kty: 'RSA', e: 'AQAB', n: `${'A'.repeat(176)}${modulus}` }],
    ['P-384', jwkOf(p384.publicKey)],
    ['X25519', jwkOf(x25519.publicKey)],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
    ['a key for encryption', { ...jwkOf(ec.publicKey), use: 'enc' }],
    ['a point that is not on the curve', { ...jwkOf(ec.publicKey), x: jwkOf(ec.publicKey).y }],
    ['a key with a part missing', { kty: 'EC', crv: 'P-256', x: jwkOf(ec.publicKey).x }],
    ['a kind of key that does not exist', { kty: 'ROT13', k: 'frperg' }],
    ['no key', null],
    ['a text', 'key'],
  ])('are dropped otherwise, and the others stay: %s', (_title, key) => {
    const good = jwkOf(ed25519.publicKey)
    expect(usableKeys({ keys: [key, good] })).toEqual({ keys: [good] })
  })

  it.each([rsa, ec, ed25519])('lose what is private', ({ privateKey, publicKey }) => {
    expect(usableKeys({ keys: [jwkOf(privateKey)] })).toEqual({ keys: [jwkOf(publicKey)] })
  })

  it.each([null, undefined, 7, 'keys', [], {}, { keys: null }, { keys: {} }])('are none in %j', (set) => {
    expect(usableKeys(set)).toEqual({ keys: [] })
  })
})

describe('a key file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const written = async (content: string) => {
    const path = join(folder, 'key')
    await writeFile(path, content)
    return path
  }
  const set = { keys: [jwkOf(weakRsa.publicKey), { ...jwkOf(ec.publicKey), kid: 'one' }] }

  it.each([
    ['a PEM with an RSA key', pemOf(rsa.publicKey), rsa, 'PS256'],
    ['a PEM with a P-256 key', pemOf(ec.publicKey), ec, 'ES256'],
    ['a PEM with an Ed25519 key', pemOf(ed25519.publicKey), ed25519, 'EdDSA'],
    ['a JWK', JSON.stringify(jwkOf(rsa.publicKey)), rsa, 'RS256'],
    ['a private JWK, of which it takes the public half', JSON.stringify(jwkOf(rsa.privateKey)), rsa, 'RS256'],
    ['a JWKS with a weak key beside', JSON.stringify(set), ec, 'ES256'],
  ])('may be %s', async (_title, content, { privateKey }, alg) => {
    const rules = {
      issuer: 'issuer',
      audience: 'iam-graph',
      type: 'at+jwt',
      maxAge: 60,
      clock: () => testTime,
    } as const
    const verify = createJwtVerifier(await keysFromFile(await written(content)), rules)
    const now = testTime.getTime() / 1_000
    const claims = { iss: 'issuer', aud: 'iam-graph', sub: 'ada', iat: now, exp: now + 60 }
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg, typ: 'at+jwt' }).sign(privateKey)
    expect(await verify(jwt)).toMatchObject({ claims })
  })

  const none = 'expected a public RSA (2048 bits or more), P-256 or Ed25519 key in '
  const noPem = 'expected a public key (BEGIN PUBLIC KEY) in '
  it.each([
    ['a PEM with an RSA key of 1024 bits', pemOf(weakRsa.publicKey), none],
    ['a PEM with a P-384 key', pemOf(p384.publicKey), none],
    ['a PEM with a private key', ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), noPem],
    ['a broken PEM', '-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n', noPem],
    ['a shared secret', '{"kty":"oct","k":"c2VjcmV0"}', none],
    ['an empty JWKS', '{"keys":[]}', none],
    ['an empty object', '{}', none],
    ['a list', '[]', none],
    ['null', 'null', 'expected PEM or JSON in '],
    ['nothing', '', 'expected PEM or JSON in '],
    ['prose', 'my key', 'expected PEM or JSON in '],
  ])('is refused with what was expected: %s', async (_title, content, message) => {
    const path = await written(content)
    const refused = keysFromFile(path)
    await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 2 })
    await expect(refused).rejects.toThrow(`JWT_KEY_FILE: ${message}${path}`)
  })

  it('is refused where it is not there, or no file', async () => {
    const missing = join(folder, 'missing')
    await expect(keysFromFile(missing)).rejects.toThrow(`JWT_KEY_FILE: ${missing} can't be read: ENOENT`)
    await expect(keysFromFile(folder)).rejects.toThrow(`JWT_KEY_FILE: ${folder} can't be read: EISDIR`)
  })
})
