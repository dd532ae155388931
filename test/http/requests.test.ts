import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { endpoint } from '../../src/gateway.ts'
import type { Server } from '../../src/server.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { serve } from '../support/server.ts'

const query = '{ viewer { subject } }'
const mutation = 'mutation { deactivateToken(tokenId: "1") { __typename } }'
const answer = { data: { viewer: { subject: demoCallers.administrator.userId } } }

describe('a request', () => {
  let harness: Harness
  let server: Server
  let authorization: string
  beforeAll(async () => {
    harness = await createHarness({ MAX_BODY_BYTES: '10000' })
    server = await serve(harness.gateway)
    authorization = `Bearer ${await harness.sign(claimsOf(demoCallers.administrator))}`
  })
  afterAll(async () => {
    await server.close()
    await harness.close()
  })

  const send = async (init: RequestInit & { readonly duplex?: 'half' } = {}, search = '') => {
    const headers = { authorization, ...(init.headers as Record<string, string>) }
    const response = await fetch(server.url + endpoint + search, { ...init, headers })
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) =>
    send({ method: 'POST', body, headers: { 'content-type': 'application/json', ...headers }, duplex: 'half' })
  const postJson = (body: unknown, headers?: Record<string, string>) => post(JSON.stringify(body), headers)
  const codesOf = ({ body }: { readonly body: string }) =>
    (JSON.parse(body) as { errors: { extensions: { code: string } }[] }).errors.map(({ extensions }) => extensions.code)
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      let received = ''
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text))
      socket.on('data', (chunk) => {
        received += chunk
      })
      socket.on('close', () => resolve(received))
    })

  it('is a query by POST or by GET', async () => {
    const byPost = await postJson({ query })
    expect({ status: byPost.status, body: JSON.parse(byPost.body) }).toEqual({ status: 200, body: answer })
    const byGet = await send({}, `?query=${encodeURIComponent(query)}`)
    expect({ status: byGet.status, body: JSON.parse(byGet.body) }).toEqual({ status: 200, body: answer })
  })

  it('by GET has variables and an operation name as well', async () => {
    const document = 'query A($in: Boolean!) { viewer { subject @include(if: $in) } } query B { __typename }'
    const search = new URLSearchParams({ query: document, operationName: 'A', variables: '{"in":true}' })
    expect(JSON.parse((await send({}, `?${search}&utm_source=elsewhere`)).body)).toEqual(answer)
  })

  it('may say everything beside the query as null', async () => {
    const { body } = await postJson({ query, variables: null, operationName: null, extensions: null })
    expect(JSON.parse(body)).toEqual(answer)
  })

  it.each([
    ['application/json; charset=utf-8'],
    ['Application/JSON'],
    ['application/json ;charset="utf-8"'],
    ['application/graphql+json'],
  ])('may have a body of type %s', async (type) => {
    expect((await post(JSON.stringify({ query }), { 'content-type': type })).status).toBe(200)
  })

  it.each([
    ['a form', 'application/x-www-form-urlencoded', new URLSearchParams({ query: mutation }).toString()],
    ['a multipart form', 'multipart/form-data; boundary=x', '--x--'],
    ['plain text', 'text/plain', JSON.stringify({ query: mutation })],
    ['a bare document', 'application/graphql', mutation],
    ['a type that only begins as JSON', 'application/jsonp', JSON.stringify({ query: mutation })],
    ['two types', 'text/plain, application/json', JSON.stringify({ query: mutation })],
  ])('with %s is refused, whatever the page of another origin hopes for', async (_, type, body) => {
    const refused = await post(body, { 'content-type': type })
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({
      status: 415,
      codes: ['UNSUPPORTED_MEDIA_TYPE'],
    })
    expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  it('without a type is refused', async () => {
    const refused = await raw(
      `POST /graphql HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    )
    expect(refused).toMatch(/^HTTP\/1\.1 415 /)
    expect(refused).toContain('"UNSUPPORTED_MEDIA_TYPE"')
  })

  it.each([
    ['no JSON', '{"query": "{ viewer { subject } }'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '5'],
    ['a batch', JSON.stringify([{ query }, { query }])],
    ['a batch of none', '[]'],
    ['no query', '{}'],
    ['a query that is no text', '{"query": {"a": 1}}'],
    ['variables that are a list', JSON.stringify({ query, variables: [] })],
    ['variables that are a text', JSON.stringify({ query, variables: '{}' })],
    ['an operation name that is no text', JSON.stringify({ query, operationName: 5 })],
    ['extensions that are no object', JSON.stringify({ query, extensions: 'a' })],
    ['a parameter that nobody knows', JSON.stringify({ query, variable: {} })],
  ])('with %s is refused', async (_, body) => {
    const refused = await post(body)
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 400, codes: ['BAD_REQUEST'] })
    expect(refused.body).not.toMatch(/viewer|JSON at|position|SyntaxError/)
  })

  it.each([
    '?query={__typename}&variables={',
    '?query={__typename}&variables=[]',
    '?query={__typename}&extensions=x',
    '',
    '?query=',
  ])('by GET with "%s" is refused', async (search) => {
    const refused = await send({}, search)
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 400, codes: ['BAD_REQUEST'] })
  })

  it('by GET changes nothing: a mutation has to be sent by POST', async () => {
    const refused = await send({}, `?query=${encodeURIComponent(mutation)}`)
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 405, codes: ['METHOD_NOT_ALLOWED'] })
    expect(refused.headers.get('allow')).toBe('POST')
    const chosen = new URLSearchParams({
      query: `query A { __typename } mutation B { __typename }`,
      operationName: 'B',
    })
    expect((await send({}, `?${chosen}`)).status).toBe(405)
    expect(await harness.prisma.auditEvent.count()).toBe(0)
  })

  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('by %s is refused', async (method) => {
    const refused = await send({ method, headers: { 'content-type': 'application/json' } })
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 405, codes: ['METHOD_NOT_ALLOWED'] })
    expect(refused.headers.get('allow')).toBe('GET, POST')
  })

  it('that accepts nothing the gateway has is refused before it is carried out', async () => {
    for (const accept of ['text/html', 'application/xml', 'application/json; charset=latin1', 'image/*']) {
      const refused = await postJson({ query: mutation }, { accept })
      expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 406, codes: ['NOT_ACCEPTABLE'] })
    }
    expect(await harness.prisma.auditEvent.count()).toBe(0)
  })

  it.each([
    ['*/*', 'application/json; charset=utf-8'],
    ['application/*', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json; charset=utf-8'],
    ['text/html, application/json', 'application/json; charset=utf-8'],
    ['application/json;q=0.9, application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
  ])('that accepts %s is answered in %s, refusals too', async (accept, type) => {
    expect((await postJson({ query }, { accept })).headers.get('content-type')).toBe(type)
    expect((await postJson({ query: '{ nothing }' }, { accept })).headers.get('content-type')).toBe(type)
  })

  it('that accepts a stream of parts is answered by one part', async () => {
    const { status, headers, body } = await postJson({ query }, { accept: 'text/event-stream;q=0.1, multipart/mixed' })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('multipart/mixed; boundary="-"')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toContain(`\r\n\r\n${JSON.stringify(answer)}\r\n`)
  })

  it('that accepts a stream of events is answered by one event, which nobody keeps', async () => {
    const { status, headers, body } = await postJson({ query }, { accept: 'text/event-stream' })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/event-stream')
    expect(headers.get('cache-control')).toContain('no-store')
    expect(body).toContain(`event: next\ndata: ${JSON.stringify(answer)}\n`)
    const refused = await postJson({ query: '{ nothing }' }, { accept: 'text/event-stream' })
    expect(codesOf(refused)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })

  it('of the largest size is read, and one byte more is refused, whether it tells its size or not', async () => {
    const frame = JSON.stringify({ query, extensions: { filler: '' } }).length
    const sized = (bytes: number) => JSON.stringify({ query, extensions: { filler: 'x'.repeat(bytes - frame) } })
    const chunked = (text: string) => new Blob([text.slice(0, 5_000), text.slice(5_000)]).stream()
    expect((await post(sized(10_000))).status).toBe(200)
    expect((await post(chunked(sized(10_000)))).status).toBe(200)
    for (const body of [sized(10_001), chunked(sized(10_001)), sized(2_000_000), chunked(sized(2_000_000))]) {
      const refused = await post(body)
      expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 413, codes: ['PAYLOAD_TOO_LARGE'] })
    }
  })

  it('that is deeply nested is refused like any other', async () => {
    const nested = `{"query":"query ($a: ID!) { user(id: $a) { id } }","variables":{"a":${'['.repeat(4_900)}${']'.repeat(4_900)}}}`
    const refused = await post(nested, { accept: 'application/graphql-response+json' })
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 400, codes: ['BAD_USER_INPUT'] })
  })

  it.each(['a b', '[', 'a:b:c', 'a/b', 'a/graphql?query={__typename}#', 'a@b', 'a\\b', 'a:99999'])(
    'to the host "%s" is refused, and shows nothing of the gateway',
    async (host) => {
      const text = await raw(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 400 /)
      expect(text).toContain('"code":"BAD_REQUEST"')
      expect(text).not.toMatch(/node_modules|TypeError|\/src\//)
      expect(text.toLowerCase()).toContain('x-request-id: ')
    },
  )

  it.each([
    `http://gateway.example/graphql?query=${encodeURIComponent(query)}`,
    `HTTP://gateway.example:8080/graphql?query=${encodeURIComponent(query)}`,
    `https://[::1]/graphql?query=${encodeURIComponent(query)}`,
  ])('may have its whole address as its target, as a proxy sends it: %s', async (target) => {
    const head = `GET ${target} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nConnection: close`
    const text = await raw(`${head}\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).toContain(JSON.stringify(answer))
  })

  it.each(['http://ada:secret@a/health', 'http:///health', 'http://a b/health', 'ftp://a/health', '*', 'health'])(
    'to the target "%s" is refused',
    async (target) => {
      const text = await raw(`OPTIONS ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 400 /)
      expect(text).not.toContain('secret')
    },
  )

  it('leaves nothing to be logged', () => {
    expect(harness.unexpected).toEqual([])
  })
})
