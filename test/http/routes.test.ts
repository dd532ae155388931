import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExampleTab, exampleTabs } from '../../src/graphiql/examples.ts'
import { createHarness, type Harness } from '../support/harness.ts'

describe('beside the endpoint', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('/health says that the process is there, to everybody', async () => {
    const response = await harness.fetch('/health')
    expect({ status: response.status, body: await response.json() }).toEqual({ status: 200, body: { status: 'ok' } })
  })

  it('/ready says what there is to be ready', async () => {
    const response = await harness.fetch('/ready')
    const body = { ready: true, accepting: true, keys: true, database: true }
    expect({ status: response.status, body: await response.json() }).toEqual({ status: 200, body })
  })

  it('both answer HEAD', async () => {
    for (const path of ['/health', '/ready']) {
      expect((await harness.fetch(path, { method: 'HEAD' })).status).toBe(200)
    }
  })

  it.each([
    '/',
    '/nowhere',
    '/graphql/',
    '/graphql/more',
    '/more/graphql',
    '/nowhere?at=/graphql',
    '/GraphQL',
    '/more/health',
    '/ready/health',
    '/nowhere?at=/health',
    '/healthz',
    '//graphql',
    '/%2e%2e/etc/passwd',
    '/graphiql',
  ])('there is nothing at %s', async (path) => {
    const response = await harness.fetch(`http://gateway.example${path}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      errors: [{ message: 'there is no such path', extensions: { code: 'NOT_FOUND' } }],
    })
  })

  it('the routes take nothing but GET and HEAD', async () => {
    for (const path of ['/health', '/ready']) {
      expect((await harness.fetch(path, { method: 'POST' })).status).toBe(404)
    }
  })

  it.each(['/health', '/ready', '/nowhere', '/graphql', '/graphql?query={__typename}'])(
    '%s is not cached, not sniffed, and has a request id',
    async (path) => {
      const { headers } = await harness.fetch(path)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(headers.has('x-powered-by')).toBe(false)
      expect(headers.has('x-yoga-id')).toBe(false)
    },
  )

  it.each(['a', 'trace-1.2_3', 'x'.repeat(100)])('the request id "%s" is taken over', async (id) => {
    for (const path of ['/health', '/nowhere', '/graphql']) {
      const { headers } = await harness.fetch(path, { headers: { 'x-request-id': id } })
      expect(headers.get('x-request-id')).toBe(id)
    }
  })

  it.each(['', 'two words', 'x'.repeat(101), '<script>', '{"a":1}', 'é', 'a,b', 'a;b'])(
    'the request id "%s" is replaced',
    async (id) => {
      const { headers } = await harness.fetch('/health', { headers: { 'x-request-id': id } })
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    },
  )

  it('/ready says no once the gateway is to stop, and /health goes on', async () => {
    harness.gateway.drain()
    const response = await harness.fetch('/ready')
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toEqual({ ready: false, accepting: false, keys: true, database: true })
    expect((await harness.fetch('/health')).status).toBe(200)
  })
})

describe('GraphiQL that can’t be loaded', () => {
  it('is an error like any other, with nothing of the gateway in it', async () => {
    const failing = {
      headers: async () => ({}),
      get tabs(): ExampleTab[] {
        throw new Error('the file is not in /secret/place')
      },
    }
    const harness = await createHarness({}, { graphiql: failing })
    const response = await harness.fetch('/graphiql')
    const requestId = response.headers.get('x-request-id')
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({
      errors: [{ message: 'something unexpected happened', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }],
    })
    expect(harness.unexpected).toHaveLength(1)
    await harness.close()
  })

  it('is loaded by the next request', async () => {
    const tabs = exampleTabs({ userId: 'a-user', accessId: 'an-access', tokenId: 'a-token' })
    let attempts = 0
    const failingOnce = {
      headers: async () => ({}),
      get tabs() {
        attempts += 1
        return attempts === 1 ? [new Proxy({}, { get: () => fail() }) as ExampleTab] : tabs
      },
    }
    const harness = await createHarness({}, { graphiql: failingOnce })
    expect((await harness.fetch('/graphiql')).status).toBe(500)
    expect((await harness.fetch('/graphiql')).status).toBe(200)
    await harness.close()
  })
})

function fail(): never {
  throw new Error('out of memory')
}
