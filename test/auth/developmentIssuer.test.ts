import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDevelopmentIssuer } from '../../src/auth/developmentIssuer.ts'
import { createJwtVerifier } from '../../src/auth/jwt.ts'
import { testTime } from '../support/time.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  path = join(folder, 'development-key.jwk')
})
afterEach(() => rm(folder, { recursive: true }))

const open = (where = folder) => openDevelopmentIssuer({ folder: where, audience: 'iam-graph', clock: () => testTime })
const claims = { sub: 'ada', scope: 'users:read', customer_id: 1, access_id: 7 }

function verifierOf({ issuer, keys }: Awaited<ReturnType<typeof open>>) {
  const verify = createJwtVerifier(keys, {
    issuer,
    audience: 'iam-graph',
    type: 'at+jwt',
    maxAge: 43_200,
    clock: () => testTime,
  })
  return async (jwt: string) => (await verify(jwt)).claims
}

describe('the development issuer', () => {
  it('signs what the gateway takes, for as long as it is told', async () => {
    const issuer = await open()
    const jwt = await issuer.sign(claims, 600)
    const now = testTime.getTime() / 1_000
    expect(await verifierOf(issuer)(jwt)).toMatchObject({ ...claims, iat: now, exp: now + 600 })
    expect(decodeJwt(await issuer.sign(claims, 600)).jti).not.toBe(decodeJwt(jwt).jti)
  })

  it('keeps its key in the folder, for its own user only', async () => {
    const first = await open()
    const kept = await readFile(path, 'utf8')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const second = await open()
    expect(await readFile(path, 'utf8')).toBe(kept)
    expect(await verifierOf(second)(await first.sign(claims, 600))).toMatchObject(claims)
  })

  it('makes the folder, closed to other users', async () => {
    const missing = join(folder, 'deeply', 'nested')
    await open(missing)
    expect((await stat(missing)).mode & 0o777).toBe(0o700)
  })

  it('has one key where many open it at once', async () => {
    const issuers = await Promise.all(Array.from({ length: 20 }, () => open()))
    const [first] = issuers
    if (first === undefined) throw new Error('expected issuers')
    for (const issuer of issuers) expect(await verifierOf(first)(await issuer.sign(claims, 600))).toMatchObject(claims)
    expect(await readdir(folder)).toEqual(['development-key.jwk'])
  })

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  it.each([
    ['empty', ''],
    ['half a file', '{"kty":"EC","crv":"P-2'],
    ['null', 'null'],
    ['a text', '"key"'],
    ['a public key', JSON.stringify(ec.publicKey.export({ format: 'jwk' }))],
    ['an RSA key', JSON.stringify(rsa.privateKey.export({ format: 'jwk' }))],
    ['a shared secret', '{"kty":"oct","k":"c2VjcmV0"}'],
  ])('refuses a key that is none, and leaves it as it is: %s', async (_title, content) => {
    await writeFile(path, content)
    const refused = open()
    await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
    await expect(refused).rejects.toThrow(
      `The development key ${path} is no ES256 key: remove it to have a new one made`,
    )
    expect(await readFile(path, 'utf8')).toBe(content)
  })

  it('says so where its key can not be read or made', async () => {
    await mkdir(path)
    await expect(open()).rejects.toThrow(`The development key ${path} can't be read: EISDIR`)
    const file = join(folder, 'file')
    await writeFile(file, '')
    await expect(open(file)).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringContaining('EEXIST'),
    })
  })
})
