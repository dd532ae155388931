import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createJwtVerifier } from '../../src/auth/jwt.ts'
import { type KeySource, remoteKeys } from '../../src/auth/keys.ts'
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
let server: KeyServer
let keys: KeySource
let failures: string[]
let elapsed: number

beforeAll(async () => {
  first = await createSigner('first')
  second = await createSigner('second')
})
beforeEach(async () => {
  server = await startKeyServer(serving(first.jwk))
  failures = []
  elapsed = 0
})
afterEach(async () => {
  keys.close()
  await server.close()
})

const clock = () => new Date(testTime.getTime() + elapsed)

function open(lookEvery = never, uri = server.url): KeySource {
  keys = remoteKeys({ uri, clock, onFailure: (error) => failures.push((error as Error).message), lookEvery })
  return keys
}

/** Verifies a JWT of the signer, one that was not seen before. */
async function verified(signer: Signer): Promise<string | undefined> {
  const rules = { issuer: 'issuer', audience: 'iam-graph', type: 'at+jwt', maxAge: 3_600, clock } as const
  const iat = Math.floor(clock().getTime() / 1_000)
  return (await createJwtVerifier(keys, rules)(await signer.sign({ ...claims, iat }))).sub
}

const noKeys = () => `no keys from ${server.url}`

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
    await expect(verified(second)).rejects.toThrow('no key matches the JWT')
  })
})

describe('a rotation', () => {
  it('is noticed by the first JWT with the new key', async () => {
    open()
    await verified(first)
    server.answer = serving(first.jwk, second.jwk)
    elapsed += 31 * seconds
    expect(await Promise.all([verified(second), verified(second), verified(first)])).toEqual(['ada', 'ada', 'ada'])
    expect(server.requests).toBe(2)
  })

  it('is looked for every half minute at most, so that unknown keys load nothing', async () => {
    open()
    await verified(first)
    for (elapsed of [0, 10 * seconds, 29 * seconds]) {
      await expect(verified(second)).rejects.toThrow('no key matches the JWT')
    }
    expect(server.requests).toBe(1)
    elapsed = 31 * seconds
    await expect(verified(second)).rejects.toThrow('no key matches the JWT')
    await expect(verified(second)).rejects.toThrow('no key matches the JWT')
    expect(server.requests).toBe(2)
  })

  it('ends the use of a key that is gone', async () => {
    open()
    await verified(first)
    server.answer = serving(second.jwk)
    elapsed += 31 * seconds
    await verified(second)
    await expect(verified(first)).rejects.toThrow('no key matches the JWT')
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
    await expect(verified(second)).rejects.toThrow('no key matches the JWT')
    expect(failures).toEqual(['fetch failed'])
    expect(await verified(first)).toBe('ada')
    expect(keys.isReady()).toBe(true)
    elapsed = 24 * hours
    expect(keys.isReady()).toBe(false)
    await expect(verified(first)).rejects.toThrow(noKeys())
  })

  it('is asked again every five seconds at most', async () => {
    server.answer = outOfReach
    open()
    for (elapsed of [0, 1 * seconds, 4 * seconds]) await expect(verified(first)).rejects.toThrow(noKeys())
    expect(server.requests).toBe(1)
    elapsed = 5 * seconds
    await expect(verified(first)).rejects.toThrow(noKeys())
    expect(server.requests).toBe(2)
  })

  it('is asked again in the background, so that the gateway gets ready by itself', async () => {
    server.answer = outOfReach
    open(10)
    await vi.waitUntil(() => failures.length === 1)
    expect(keys.isReady()).toBe(false)
    server.answer = serving(first.jwk)
    elapsed += 5 * seconds
    await vi.waitUntil(() => keys.isReady())
    expect(await verified(first)).toBe('ada')
  })

  it('is not asked any more when the keys are closed', async () => {
    server.answer = outOfReach
    open(10)
    await vi.waitUntil(() => failures.length === 1)
    keys.close()
    elapsed += 5 * seconds
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(server.requests).toBe(1)
  })
})

describe('an answer that is no key set', () => {
  it.each<[string, KeyServer['answer'], string]>([
    ['an error', (_, response) => response.writeHead(500).end('{"keys":[]}'), "the key set's address answered 500"],
    ['a page', (_, response) => response.end('<html></html>'), 'is not valid JSON'],
    ['no keys', serving(), 'the key set has no key that can be used'],
    ['shared secrets', serving({ kty: 'oct', k: 'c2VjcmV0' }), 'the key set has no key that can be used'],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 'fetch failed'],
    ['too much', (_, response) => response.end(' '.repeat(300 * 1_024)), 'the key set is larger than 262144 bytes'],
    ['half of it', (_, response) => void response.write('{"keys":[', () => response.destroy()), 'terminated'],
  ])('leaves the last one in use: %s', async (_title, answer, message) => {
    open()
    await verified(first)
    server.answer = answer
    elapsed += 31 * seconds
    await expect(verified(second)).rejects.toThrow('no key matches the JWT')
    expect(failures).toEqual([expect.stringContaining(message)])
    expect(await verified(first)).toBe('ada')
  })

  it('is given up after two seconds where it never comes', async () => {
    server.answer = () => {}
    open()
    await expect(verified(first)).rejects.toThrow(noKeys())
    expect(failures).toEqual([expect.stringContaining('timeout')])
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
