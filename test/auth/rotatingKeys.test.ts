/** Signing keys are rotated under load: two processes share them, and nobody's JWT fails at a resource server that keeps the key set. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { changeKeptKeys, keptInFolder, makeKeysInFolder } from '../../src/auth/keptKeys.ts'
import { openSigner, type Signer } from '../../src/auth/signer.ts'
import { keysMaxAge, longestLifetime, rotated } from '../../src/auth/signingKeys.ts'
import { testTime } from '../support/time.ts'

/** Seconds of the clock in one of the test's, so that a quarter of an hour is over soon. */
const haste = 600
const begun = performance.now()
const clock = () => new Date(testTime.getTime() + (performance.now() - begun) * haste)

let folder: string
let signers: readonly [Signer, Signer]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  await makeKeysInFolder(folder, clock())
  const open = () => openSigner({ kept: keptInFolder(folder), clock, observe() {}, lookEvery: 10 })
  signers = [await open(), await open()]
})
afterAll(async () => {
  for (const signer of signers) signer.close()
  await rm(folder, { recursive: true })
})

/** Verifies with a key set that it keeps for as long as it may, and never asks for sooner. */
function createResourceServer({ published }: Signer) {
  let kept: { readonly set: JSONWebKeySet; readonly until: number } | undefined
  return async (jwt: string, currentDate: Date) => {
    if (kept === undefined || clock().getTime() >= kept.until) {
      kept = { set: published(), until: clock().getTime() + keysMaxAge * 1_000 }
    }
    return jwtVerify(jwt, createLocalJWKSet(kept.set), { currentDate, clockTolerance: 5 })
  }
}

it('without a JWT that fails, by whichever process it was signed and whoever verifies it, until it is over', async () => {
  const [one, other] = signers
  const servers = [createResourceServer(one), createResourceServer(other)]
  const rotations = Number(process.env.KEY_ROTATIONS ?? 3)
  const kids = new Set<string>()
  const open: { readonly jwt: string; readonly exp: number }[] = []
  let verified = 0
  const verify = async (jwt: string, now: Date) => {
    for (const server of servers) await server(jwt, now)
    verified += 1
  }
  for (let rotation = 0; rotation < rotations; ) {
    const now = clock()
    const iat = Math.floor(now.getTime() / 1_000)
    for (const signer of signers) {
      const exp = iat + longestLifetime
      const jwt = await signer.sign({ iat, exp }, 'at+jwt')
      kids.add(decodeProtectedHeader(jwt).kid as string)
      await verify(jwt, now)
      open.push({ jwt, exp })
    }
    // Once more when they are about to be over.
    while (open[0] !== undefined && open[0].exp - iat < 100) {
      const { jwt, exp } = open.shift() as (typeof open)[number]
      if (exp > iat) await verify(jwt, now)
    }
    const lead = 2 * keysMaxAge
    const isRotated = await changeKeptKeys(keptInFolder(folder), now, (keys) =>
      rotated(keys, { now, lead, alg: 'ES256' }),
    )
      .then(() => true)
      .catch(() => false)
    if (isRotated) rotation += 1
    await delay(5)
  }
  expect(kids.size).toBeGreaterThanOrEqual(rotations)
  expect(verified).toBeGreaterThan(20)
})
