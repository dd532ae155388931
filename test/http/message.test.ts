/** What is HTTP of the gateway, over bare node:http: an adapter needs these functions, and nothing of Yoga. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHandler, type Graph } from '../../src/http/handler.ts'
import { json } from '../../src/http/message.ts'
import { nodeRequest, sendResponse } from '../../src/http/node.ts'
import { checkHeaders, readParameters } from '../../src/http/parameters.ts'
import { createRoutes } from '../../src/http/routes.ts'

const maxBodyBytes = 1_000
const origin = 'https://app.example'

/** A graph that answers with the document that it was sent. */
const echo: Graph = async ({ request }) => {
  checkHeaders(request)
  const { query } = await readParameters(request)
  return json(200, { data: { query } })
}

describe('an adapter over node:http alone', () => {
  let server: Server
  let url: string
  const unexpected: unknown[] = []
  beforeAll(async () => {
    const handle = createHandler({
      graphAt: (path) => (path === '/graphql' ? echo : undefined),
      endpoints: new Map(),
      resourceMetadata: () => null,
      routes: createRoutes({ endpoint: '/graphql', readiness: async () => ({ accepting: true }) }),
      allowedHosts: null,
      allowedOrigins: [origin],
      observe: () => {},
      onUnexpectedError: (error) => unexpected.push(error),
    })
    server = createServer(async (message, response) => {
      await sendResponse(response, await handle(nodeRequest(message, maxBodyBytes)))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await once(server.close(), 'close')
  })

  const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      duplex: 'half',
    } as RequestInit)
  const chunked = (bytes: number) => new Blob(['{', ' '.repeat(bytes - 1)]).stream()

  it('answers a query by POST and by GET', async () => {
    for (const response of [
      await post('{"query":"{ __typename }"}'),
      await fetch(`${url}/graphql?query={%20__typename%20}`),
    ]) {
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ data: { query: '{ __typename }' } })
    }
  })

  it.each<[string, () => Promise<Response>, number, string]>([
    ['another path', () => fetch(`${url}/nowhere`), 404, 'NOT_FOUND'],
    ['another method', () => fetch(`${url}/graphql`, { method: 'PUT' }), 405, 'METHOD_NOT_ALLOWED'],
    ['a form', () => post('query=a', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an Accept of nothing we have', () => post('{}', { accept: 'image/*' }), 406, 'NOT_ACCEPTABLE'],
    ['what is no JSON', () => post('{'), 400, 'BAD_REQUEST'],
    ['no query', () => fetch(`${url}/graphql`), 400, 'BAD_REQUEST'],
    ['a body that says it is too large', () => post(' '.repeat(maxBodyBytes + 1)), 413, 'PAYLOAD_TOO_LARGE'],
    ['a body that grows too large', () => post(chunked(maxBodyBytes + 1)), 413, 'PAYLOAD_TOO_LARGE'],
    ['a body of no end in sight', () => post(chunked(5_000_000)), 413, 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s', async (_title, ask, status, code) => {
    const response = await ask()
    const { errors } = await response.json()
    expect({ status: response.status, code: errors[0].extensions.code }).toEqual({ status, code })
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('vary')).toBe('Origin')
  })

  it('reads a body of the largest size, and text that is cut between two chunks', async () => {
    const text = '{"query":"ä'
    const bytes = Buffer.from(`${text}${'x'.repeat(maxBodyBytes - Buffer.byteLength(text) - 2)}"}`)
    const cut = text.length
    const response = await post(new Blob([bytes.subarray(0, cut), bytes.subarray(cut)]).stream())
    expect((await response.json()).data.query).toMatch(/^äx+$/)
  })

  it('uses the connection again after a body that was too large', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let received = ''
    socket.setEncoding('utf8').on('data', (text) => {
      received += text
    })
    const body = ' '.repeat(maxBodyBytes + 1)
    const head =
      'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    socket.write(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n`)
    await expect.poll(() => received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
    socket.destroy()
  })

  it('answers a preflight, and says nothing to the page of another origin', async () => {
    const preflight = async (from: string) => {
      const headers = { origin: from, 'access-control-request-method': 'POST' }
      const response = await fetch(`${url}/graphql`, { method: 'OPTIONS', headers })
      return { status: response.status, allowed: response.headers.get('access-control-allow-origin') }
    }
    expect(await preflight(origin)).toEqual({ status: 204, allowed: origin })
    expect(await preflight('https://evil.example')).toEqual({ status: 204, allowed: null })
  })

  it('tells the size of what it sends', async () => {
    const response = await fetch(`${url}/health`)
    expect(response.headers.get('content-length')).toBe(String((await response.text()).length))
  })

  it('has nothing unexpected to tell', () => {
    expect(unexpected).toEqual([])
  })
})
