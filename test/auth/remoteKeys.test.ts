import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createJwtVerifier } from '../../src/auth/jwt.ts'
import { type KeySource, KeysUnavailable } from '../../src/auth/keys.ts'
import { remoteKeys } from '../../src/auth/remoteKeys.ts'
import type { KeySetState } from '../../src/observer.ts'
import { createHarness } from '../support/harness.ts'
import { createSigner, type KeyServer, outOfReach, type Signer, serving, startKeyServer } from '../support/jwks.ts'
import { testTime } from '../support/time.ts'

const claims = { iss: 'issuer', aud: 'iam-graph', sub: 'ada', exp: testTime.getTime() / 1_000 + 1_000_000 }
const seconds = 1_000
const hours = 3_600 * seconds
/** Milliseconds that keep the background out of a test. */
const never = 1_000_000

let first: Signer
let second: Signer
/** Nobody's key. */
let third: Signer
let server: KeyServer
let keys: KeySource
let told: KeySetState[]
let elapsed: number
/** Milliseconds by which somebody has set the clock back. */
let setBack: number

beforeAll(async () => {
  first = await createSigner('first')
  second = await createSigner('second')
  third = await createSigner('third')
})
beforeEach(async () => {
  server = await startKeyServer(serving(first.jwk))
  told = []
  elapsed = 0
  setBack = 0
})
afterEach(async () => {
  keys.close()
  await server.close()
})

const clock = () => new Date(testTime.getTime() + elapsed - setBack)

function open(lookEvery = never): void {
  keys = remoteKeys({
    uri: server.url,
    clock,
    monotonic: () => elapsed,
    observe: (observation) => told.push(observation as KeySetState),
    lookEvery,
  })
}

/** Verifies a JWT of the signer, one that was not seen before. */
async function verified(signer: Signer, times: { readonly iat?: number | undefined } = { iat: now() }) {
  const rules = { issuer: 'issuer', audience: 'iam-graph', type: 'at+jwt', maxAge: 3_600, clock } as const
  return (await createJwtVerifier(keys, rules)(await signer.sign({ ...claims, ...times }))).claims.sub
}

const now = () => Math.floor(clock().getTime() / 1_000)

const outOfReachMessage = 'the key set is out of reach'
const unknownKey = 'no key matches the JWT'
const perhapsTooNew = 'the key set has no such key, but may be older than it'

describe('a key set at an address', () => {
  it('is loaded once, at the start, however many JWTs come', async () => {
    open()
    expect(await Promise.all([verified(first), verified(first), verified(first)])).toEqual(['ada', 'ada', 'ada'])
    expect(keys.isReady()).toBe(true)
    expect(server.requests).toBe(1)
  })

  it('is not ready before it is there', async () => {
    let serve = () => {}
    server.answer = (request, response) => {
      serve = () => serving(first.jwk)(request, response)
    }
    open()
    await vi.waitUntil(() => server.requests === 1)
    expect(keys.isReady()).toBe(false)
    const waiting = verified(first)
    serve()
    expect(await waiting).toBe('ada')
    expect(keys.isReady()).toBe(true)
  })

  it('verifies with its strong public keys only', async () => {
    const secret = { kty: 'oct', kid: 'secret', k: 'c2VjcmV0', alg: 'HS256' }
    server.answer = serving(secret, { ...second.jwk, use: 'enc' }, first.jwk)
    open()
    expect(await verified(first)).toBe('ada')
    await expect(verified(second)).rejects.toThrow(unknownKey)
  })
})

describe('a rotation', () => {
  it('is noticed by the first JWT with the new key, however soon after a load', async () => {
    open()
    await verified(first)
    server.answer = serving(first.jwk, second.jwk)
    expect(await Promise.all([verified(second), verified(second), verified(first)])).toEqual(['ada', 'ada', 'ada'])
    expect(server.requests).toBe(2)
  })

  it('is noticed whatever JWTs with unknown keys have asked for shortly before', async () => {
    open()
    await verified(first)
    for (let minute = 0; minute < 10; minute++) {
      elapsed += 30 * seconds
      await expect(verified(third)).rejects.toThrow(unknownKey)
    }
    server.answer = serving(first.jwk, second.jwk)
    elapsed += 1
    expect(await verified(second)).toBe('ada')
  })

  it('is waited for no longer than ten seconds under a flood of unknown keys, and nobody is refused meanwhile', async () => {
    open()
    await verified(first)
    for (let time = 0; time < 10; time++) await verified(third).catch(() => {})
    server.answer = serving(first.jwk, second.jwk)
    const waiting = verified(second)
    await expect(waiting).rejects.toBeInstanceOf(KeysUnavailable)
    await expect(waiting).rejects.toMatchObject({ message: perhapsTooNew, retryAfter: 10 })
    elapsed += 4 * seconds
    await expect(verified(second)).rejects.toMatchObject({ message: perhapsTooNew, retryAfter: 6 })
    elapsed += 6 * seconds
    await expect(verified(third)).rejects.toThrow(unknownKey)
    expect(await verified(second)).toBe('ada')
  })

  it('costs its provider four loads at once and six in a minute, however many unknown keys come', async () => {
    open()
    await verified(first)
    for (; elapsed < 60 * seconds; elapsed += 100) {
      await expect(verified(third)).rejects.toThrow()
    }
    // The first load, four at once, and one in each interval that went by.
    expect(server.requests).toBe(1 + 4 + 5)
  })

  it('is not looked for where the set is younger than the JWT, or the JWT says no time that is', async () => {
    open()
    await verified(first)
    for (const iat of [now() - 6, now() + 60, undefined]) {
      await expect(verified(second, { iat })).rejects.toThrow(unknownKey)
    }
    expect(server.requests).toBe(1)
    elapsed += 100 * seconds
    await expect(verified(second, { iat: now() - 106 })).rejects.toThrow(unknownKey)
    expect(server.requests).toBe(1)
    // Clocks may differ by five seconds.
    await expect(verified(second, { iat: now() - 104 })).rejects.toThrow(unknownKey)
    await expect(verified(second, { iat: now() + 4 })).rejects.toThrow(unknownKey)
    expect(server.requests).toBe(3)
  })

  it('is not taken for missed by a load that began before the JWT came', async () => {
    open()
    await verified(first)
    let serve = () => {}
    server.answer = (request, response) => {
      serve = () => serving(first.jwk)(request, response)
    }
    const early = verified(second)
    early.catch(() => {})
    await vi.waitUntil(() => server.requests === 2)
    const late = verified(second)
    await new Promise((resolve) => setTimeout(resolve, 20))
    server.answer = serving(first.jwk, second.jwk)
    serve()
    await expect(early).rejects.toThrow(unknownKey)
    expect(await late).toBe('ada')
    expect(server.requests).toBe(3)
  })

  it('is noticed though somebody has set the clock back', async () => {
    open(10)
    await verified(first)
    setBack = 2 * hours
    server.answer = serving(second.jwk)
    elapsed += 20 * seconds
    expect(await verified(second)).toBe('ada')
    server.answer = serving(third.jwk)
    elapsed += 301 * seconds
    await vi.waitUntil(() => server.requests === 3)
  })

  it('ends the use of a key that is gone', async () => {
    open()
    await verified(first)
    server.answer = serving(second.jwk)
    await verified(second)
    await expect(verified(first)).rejects.toThrow(unknownKey)
  })

  it('is noticed in the background after five minutes', async () => {
    open(10)
    await verified(first)
    server.answer = serving(second.jwk)
    elapsed += 301 * seconds
    await vi.waitUntil(() => server.requests === 2)
    await vi.waitUntil(async () => (await verified(second)) === 'ada')
    expect(server.requests).toBe(2)
  })
})

describe('an issuer that goes out of reach', () => {
  it('leaves the keys that were loaded in use, for a day', async () => {
    open()
    await verified(first)
    server.answer = outOfReach
    elapsed = 23 * hours
    expect(await verified(first)).toBe('ada')
    await expect(verified(second)).rejects.toMatchObject({ message: perhapsTooNew, retryAfter: 5 })
    expect(await verified(first)).toBe('ada')
    expect(keys.isReady()).toBe(true)
    elapsed = 24 * hours
    expect(keys.isReady()).toBe(false)
    await expect(verified(first)).rejects.toThrow(outOfReachMessage)
  })

  it('is asked again every five seconds at most', async () => {
    server.answer = outOfReach
    open()
    for (elapsed of [0, 1 * seconds, 4 * seconds]) await expect(verified(first)).rejects.toThrow(outOfReachMessage)
    expect(server.requests).toBe(1)
    elapsed = 5 * seconds
    await expect(verified(first)).rejects.toMatchObject({ message: outOfReachMessage, retryAfter: 5 })
    expect(server.requests).toBe(2)
  })

  it('is asked again in the background, so that the gateway gets ready again by itself', async () => {
    server.answer = outOfReach
    open(10)
    await vi.waitUntil(() => told.length === 1)
    expect(keys.isReady()).toBe(false)
    server.answer = serving(first.jwk)
    elapsed += 5 * seconds
    await vi.waitUntil(() => keys.isReady())
    expect(await verified(first)).toBe('ada')
  })

  it('is not asked any more when the keys are closed', async () => {
    server.answer = outOfReach
    open(10)
    await vi.waitUntil(() => told.length === 1)
    keys.close()
    elapsed += 5 * seconds
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(server.requests).toBe(1)
  })

  it('is told once for each change of what it means, with what to do', async () => {
    open(5)
    const toldStates = () => told.map(({ state }) => state)
    await vi.waitUntil(() => told.length === 1)
    server.answer = outOfReach
    for (const after of [301 * seconds, 5 * seconds, 5 * seconds]) {
      const before = server.requests
      elapsed += after
      await vi.waitUntil(() => server.requests > before)
    }
    elapsed += 24 * hours
    await vi.waitUntil(() => told.length === 3)
    server.answer = serving(first.jwk)
    elapsed += 5 * seconds
    await vi.waitUntil(() => told.length === 4)
    expect(toldStates()).toEqual(['fresh', 'stale', 'unavailable', 'fresh'])
    expect(told.map(({ reason }) => reason)).toEqual([
      null,
      'fetch failed: other side closed. The last keys that were loaded are used for a day: see that JWKS_URI can be reached from here.',
      'fetch failed: other side closed. JWTs are answered 503 until it can be loaded: see that JWKS_URI is right, and can be reached from here.',
      null,
    ])
  })
})

describe('an answer that is no key set', () => {
  it.each<[string, KeyServer['answer'], string]>([
    ['an error', (_, response) => response.writeHead(500).end('{"keys":[]}'), "the key set's address answered 500"],
    ['a page', (_, response) => response.end('<html></html>'), "the key set's address answered what is no JSON. "],
    ['no keys', serving(), 'the key set has no key that can be used'],
    ['shared secrets', serving({ kty: 'oct', k: 'c2VjcmV0' }), 'the key set has no key that can be used'],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 'fetch failed: '],
    ['too much', (_, response) => response.end(' '.repeat(300 * 1_024)), 'the key set is larger than 262144 bytes'],
    ['half of it', (_, response) => void response.write('{"keys":[', () => response.destroy()), 'terminated: '],
  ])('leaves the last one in use: %s', async (_title, answer, message) => {
    open()
    await verified(first)
    server.answer = answer
    await expect(verified(second)).rejects.toThrow(perhapsTooNew)
    expect(told[1]).toMatchObject({ state: 'stale', reason: expect.stringContaining(message) })
    expect(await verified(first)).toBe('ada')
  })

  it('is given up after two seconds where it never comes', async () => {
    server.answer = () => {}
    open()
    await expect(verified(first)).rejects.toThrow(outOfReachMessage)
    expect(told).toMatchObject([{ state: 'unavailable', reason: expect.stringContaining('timeout') }])
  })
})

describe('a gateway whose key set is out of reach', () => {
  it('answers 503 and is not ready, until the key set is there', async () => {
    server.answer = outOfReach
    open()
    const harness = await createHarness(
      {},
      { keys, jwt: { ...claims, issuer: 'issuer', audience: 'iam-graph', type: 'at+jwt', maxAge: 3_600 } },
    )
    try {
      const authorization = `Bearer ${await first.sign({ ...claims, iat: testTime.getTime() / 1_000, customer_id: 1 })}`
      const refused = await harness.askRaw('{ viewer { subject } }', undefined, { authorization })
      expect(refused).toMatchObject({ status: 503, data: undefined })
      expect(refused.errors).toEqual([
        { message: 'the key set is out of reach', extensions: { code: 'SERVICE_UNAVAILABLE' } },
      ])
      expect(refused.headers.get('retry-after')).toBe('5')
      expect(refused.headers.get('www-authenticate')).toBeNull()
      const readiness = async () => {
        const ready = await harness.fetch('/ready')
        return { status: ready.status, ...(await ready.json()) }
      }
      const patient = { timeout: 20_000 }
      const unready = { status: 503, ready: false, accepting: true, keys: false, database: true }
      await expect.poll(readiness, patient).toEqual(unready)
      expect((await harness.fetch('/health')).status).toBe(200)

      server.answer = serving(first.jwk)
      elapsed += 5 * seconds
      const answered = await harness.askRaw('{ viewer { subject } }', undefined, { authorization })
      expect(answered).toMatchObject({ status: 200, data: { viewer: { subject: 'ada' } } })
      await expect.poll(readiness, patient).toMatchObject({ status: 200, ready: true, keys: true })
    } finally {
      await harness.close()
    }
  })
})
