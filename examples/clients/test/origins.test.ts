import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { describe, expect, it, vi } from 'vitest'
import { jwts, origin, url } from './support/gateway'
import { settingOnPage } from './support/page'

const allowed = settingOnPage('ALLOWED_ORIGINS')

describe('a page of another origin', () => {
  /** What a browser asks before a page may send a JWT and JSON. */
  const preflight = (from: string) =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })

  it('may ask where its origin is allowed', async () => {
    const { status, headers } = await preflight(allowed)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(allowed)
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type')
  })

  it.each([
    allowed.replace('localhost', '127.0.0.1'),
    allowed.replace(/\d+$/, '5174'),
    allowed.replace('http', 'https'),
  ])('may not where it is %s instead', async (other) => {
    const { headers } = await preflight(other)
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe("Vite's development server", () => {
  it('passes on what its own pages ask', async () => {
    vi.stubEnv('GATEWAY', origin)
    const server = await createServer({
      configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
      server: { host: '127.0.0.1', port: 0 },
      logLevel: 'silent',
    })
    try {
      await server.listen()
      const [address = ''] = server.resolvedUrls?.local ?? []
      const response = await fetch(new URL('/graphql', address), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${jwts.ui}`,
          'content-type': 'application/json',
          origin: address.replace(/\/$/, ''),
        },
        body: JSON.stringify({ query: '{ users { total } }' }),
      })
      expect(await response.json()).toEqual({ data: { users: { total: 30 } } })
    } finally {
      await server.close()
    }
  })
})
