import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHarness, type Harness } from '../support/harness.ts'

const listed = 'https://app.example'
const alsoListed = 'https://admin.example:8443'

describe.each([
  ['nobody', '', []],
  ['one origin', listed, [listed]],
  ['two origins', `${listed},${alsoListed}`, [listed, alsoListed]],
])('pages of other origins, where %s is allowed', (_, allowed, origins) => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ ALLOWED_ORIGINS: allowed })
  })
  afterAll(() => harness.close())

  const corsHeaders = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))
  const ask = (origin: string) => harness.fetch('/graphql?query={__typename}', { headers: { origin } })
  const preflight = (origin: string, path = '/graphql') =>
    harness.fetch(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
  const strangers = [
    'https://evil.example',
    'null',
    'http://app.example',
    'https://app.example.evil.example',
    'https://app.example:444',
    'https://APP.EXAMPLE',
    `${listed},${alsoListed}`,
    '*',
    ...[listed, alsoListed].filter((origin) => !origins.includes(origin)),
  ]

  it.each(strangers)('%s may read nothing', async (origin) => {
    expect(corsHeaders(await ask(origin))).toEqual({})
    expect(corsHeaders(await preflight(origin))).toEqual({})
    expect(corsHeaders(await harness.fetch('/health', { headers: { origin } }))).toEqual({})
  })

  it.each(origins)('%s may ask, and read the answer', async (origin) => {
    const asked = await preflight(origin)
    expect(asked.status).toBe(204)
    expect(corsHeaders(asked)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-expose-headers': 'Retry-After, WWW-Authenticate, X-Request-Id',
      'access-control-max-age': '600',
    })
    expect(corsHeaders(await ask(origin))).toEqual({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Retry-After, WWW-Authenticate, X-Request-Id',
    })
  })

  it('are told apart by caches', async () => {
    for (const origin of [...origins, 'https://evil.example']) {
      expect((await ask(origin)).headers.get('vary')).toBe(origins.length === 0 ? null : 'Origin')
    }
  })

  it('have no say in what is not for them', async () => {
    const { status, headers } = await harness.fetch('/graphql?query={__typename}')
    expect(status).toBe(401)
    expect(headers.has('access-control-allow-origin')).toBe(false)
  })

  it('get a request id with every answer, that to a preflight too', async () => {
    for (const response of [await ask(listed), await preflight(listed), await preflight(listed, '/nowhere')]) {
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
})
