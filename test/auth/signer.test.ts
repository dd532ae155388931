import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changeKeptKeys, keptInFolder, listKeptKeys, makeKeysInFolder } from '../../src/auth/keptKeys.ts'
import { openSigner, type Signer } from '../../src/auth/signer.ts'
import { formatSigningKeys, longestLifetime, makeSigningKey, rotated, withoutKey } from '../../src/auth/signingKeys.ts'
import type { Observation } from '../../src/observer.ts'
import { testTime } from '../support/time.ts'

let folder: string
let now: Date
let observed: Observation[]
let opened: Signer[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  now = testTime
  observed = []
  opened = []
})
afterEach(async () => {
  for (const signer of opened) signer.close()
  await rm(folder, { recursive: true })
})

const kept = () => keptInFolder(folder)
const open = async (lookEvery = 86_400_000) => {
  const signer = await openSigner({ kept: kept(), clock: () => now, observe: (what) => observed.push(what), lookEvery })
  opened.push(signer)
  return signer
}
const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1_000)
}
const rotate = (lead = 60) => changeKeptKeys(kept(), now, (keys) => rotated(keys, { now, lead, alg: 'ES256' }))
const kidOf = async (signer: Signer) => decodeProtectedHeader(await signer.sign({ sub: 'ada' }, 'at+jwt')).kid as string
const kidsOf = (signer: Signer) => signer.published().keys.map(({ kid }) => kid)
const verify = (jwt: string, signer: Signer) => jwtVerify(jwt, signer.resolve, { currentDate: now, typ: 'at+jwt' })

describe('a signer', () => {
  it('signs what the published keys verify, and so does another one with the same keys', async () => {
    await makeKeysInFolder(folder, now)
    const [one, other] = [await open(), await open()]
    const jwt = await one.sign({ sub: 'ada' }, 'at+jwt')
    expect((await jwtVerify(jwt, createLocalJWKSet(one.published()))).payload).toEqual({ sub: 'ada' })
    expect((await verify(jwt, other)).payload).toEqual({ sub: 'ada' })
  })

  it('follows a rotation without being started anew: the new key is published first, the old one stays until its JWTs are dead', async () => {
    await makeKeysInFolder(folder, now)
    const signer = await open()
    const [old] = kidsOf(signer)
    const version = signer.version()
    await rotate(60)
    await signer.reload()
    expect(signer.version()).toBe(version + 1)
    const [, next] = kidsOf(signer)
    expect(kidsOf(signer)).toEqual([old, next])
    expect(await kidOf(signer)).toBe(old)
    pass(59)
    const last = await signer.sign({ sub: 'ada' }, 'at+jwt')
    pass(1)
    expect(await kidOf(signer)).toBe(next)
    pass(longestLifetime - 1)
    await signer.reload()
    expect((await verify(last, signer)).payload).toEqual({ sub: 'ada' })
    pass(61)
    await signer.reload()
    expect(kidsOf(signer)).toEqual([next])
    await expect(verify(last, signer)).rejects.toThrow('no applicable key')
  })

  it('looks by itself', async () => {
    await makeKeysInFolder(folder, now)
    const signer = await open(20)
    await rotate()
    await expect.poll(() => kidsOf(signer)).toHaveLength(2)
  })

  it('takes at once what another one signs with a key in the place of one that has leaked', async () => {
    await makeKeysInFolder(folder, now)
    const [one, other] = [await open(), await open()]
    const leaked = await one.sign({ sub: 'eve' }, 'at+jwt')
    const [kid = ''] = kidsOf(one)
    await changeKeptKeys(kept(), now, (keys) => withoutKey(keys, kid, now))
    await one.reload()
    const jwt = await one.sign({ sub: 'ada' }, 'at+jwt')
    expect((await verify(jwt, other)).payload).toEqual({ sub: 'ada' })
    await expect(verify(leaked, other)).rejects.toThrow('no applicable key')
  })

  it('uses the last keys on that could be read, and tells once of each change', async () => {
    await makeKeysInFolder(folder, now)
    const signer = await open()
    const [kid] = kidsOf(signer)
    const { path } = kept()
    for (const content of ['', '{"keys":[]}']) {
      await writeFile(path, content)
      await signer.reload()
      expect(await kidOf(signer)).toBe(kid)
    }
    await signer.reload()
    await writeFile(path, formatSigningKeys([await makeSigningKey(now.getTime() / 1_000)]))
    await signer.reload()
    expect(await kidOf(signer)).not.toBe(kid)
    expect(observed).toEqual([
      { kind: 'signingKeys', state: 'stale', reason: 'expected a JWK Set: JSON with "keys"' },
      { kind: 'signingKeys', state: 'stale', reason: 'expected a key, received none' },
      { kind: 'signingKeys', state: 'fresh', reason: null },
    ])
  })

  it('of a setting has its keys from it', async () => {
    const text = formatSigningKeys([await makeSigningKey(now.getTime() / 1_000, 'EdDSA')])
    const signer = await openSigner({ kept: { kind: 'text', text }, clock: () => now, observe() {} })
    opened.push(signer)
    expect(decodeProtectedHeader(await signer.sign({}, 'at+jwt'))).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' })
    const refused = openSigner({ kept: { kind: 'text', text: 'secret' }, clock: () => now, observe() {} })
    await expect(refused).rejects.toThrow('SIGNING_KEYS: expected a JWK Set: JSON with "keys"')
  })

  it('does not start without keys, and says how to make them', async () => {
    await expect(open()).rejects.toMatchObject({
      exitCode: 2,
      message: `DATA_DIR: expected signing keys in ${kept().path}: there is no such file, make it with "npm run keys -- rotate"`,
    })
    await writeFile(kept().path, '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}')
    await expect(open()).rejects.toThrow('expected private keys on P-256 or Ed25519')
  })
})

describe('kept keys', () => {
  it('are for their own user only, however they are made and changed', async () => {
    const { path } = kept()
    const modeOf = async () => (await stat(path)).mode & 0o777
    await makeKeysInFolder(folder, now)
    expect(await modeOf()).toBe(0o600)
    await chmod(path, 0o644)
    await rotate()
    expect(await modeOf()).toBe(0o600)
  })

  it('are made once, by whoever comes first', async () => {
    await Promise.all(Array.from({ length: 10 }, () => makeKeysInFolder(folder, now)))
    expect(kidsOf(await open())).toHaveLength(1)
  })

  it('are made by the first rotation, and told of by their ids', async () => {
    const text = await rotate()
    expect(text).toMatch(/^[\w-]{43} {2}ES256 {2}signing\n$/)
    expect(await listKeptKeys(kept(), now)).toBe(text)
    await rotate()
    await expect(rotate()).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
  })

  it('of a setting are changed by who sets it', async () => {
    const text = formatSigningKeys([await makeSigningKey(now.getTime() / 1_000)])
    const printed = await changeKeptKeys({ kind: 'text', text }, now, (keys) =>
      rotated(keys, { now, lead: 60, alg: 'ES256' }),
    )
    expect(JSON.parse(printed).keys).toMatchObject([
      { d: expect.any(String) },
      { signs_from: now.getTime() / 1_000 + 60 },
    ])
  })

  it('are not written where that can not be done', async () => {
    await mkdir(kept().path)
    await expect(rotate()).rejects.toThrow(`expected signing keys in ${kept().path}: the file can't be read (EISDIR)`)
    const missing = keptInFolder(join(folder, 'missing'))
    await expect(
      changeKeptKeys(missing, now, (keys) => rotated(keys, { now, lead: 60, alg: 'ES256' })),
    ).rejects.toThrow(`The signing keys can't be written to ${missing.path}: ENOENT`)
  })
})
