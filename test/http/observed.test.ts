import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { mintSecret } from '../../src/auth/apiToken.ts'
import type { Observation, RequestObserved } from '../../src/observer.ts'
import type { Server } from '../../src/server.ts'
import { graphql } from '../generated/gql.ts'
import { demoAccessId } from '../support/demoUser.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { serve } from '../support/server.ts'

const ObservedIssue = graphql(`
  mutation ObservedIssue($input: IssueTokenInput!) {
    issueToken(input: $input) { __typename ... on IssueTokenPayload { secret token { id } } }
  }
`)
const ObservedDetails = graphql(`query ObservedDetails($secret: String!) { tokenDetails(secret: $secret) { id } }`)

const { administrator, reader } = demoCallers
const origin = 'https://app.example'
const kindOf = (observed: readonly Observation[], kind: Observation['kind']) =>
  observed.filter((observation) => observation.kind === kind)

describe('what is told of requests', () => {
  let harness: Harness
  let server: Server
  let authorization: string
  beforeAll(async () => {
    harness = await createHarness({ ALLOWED_ORIGINS: origin, MAX_BODY_BYTES: '10000' })
    server = await serve(harness.gateway)
    authorization = `Bearer ${await harness.sign(claimsOf(administrator))}`
  })
  beforeEach(() => {
    harness.observed.splice(0)
  })
  afterAll(async () => {
    await server.close()
    await harness.close()
  })

  const requests = () => kindOf(harness.observed, 'request') as readonly RequestObserved[]
  const send = (path: string, init: RequestInit = {}) =>
    fetch(server.url + path, { ...init, headers: { authorization, ...(init.headers as Record<string, string>) } })
  const post = (body: object, headers: Record<string, string> = {}, path = '/graphql') =>
    send(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })

  it('has the statements that the request took, those behind its credential among them', async () => {
    const authorization = `Bearer ${await harness.sign({ customer_id: 3, scope: 'users:read' })}`
    const query = '{ users(limit: 1) { total results { id } } }'
    for (let time = 0; time < 2; time++) await post({ query }, { authorization })
    // Its organization is looked for once, and then remembered for a while.
    expect(requests().map(({ statements }) => statements)).toEqual([3, 2])
  })

  it('takes no secret for a request id, and repeats none in a message', async () => {
    const { secret } = mintSecret()
    const document = `query ($id: ID!, $size: Int!) { token(id: $id) { id } users(limit: $size) { total } }`
    const bad = [
      { query: document, variables: { id: secret, size: 1 } },
      { query: document, variables: { id: '1', size: secret } },
      { query: `{ ${secret} viewer(${secret}: 1) { subject } }` },
      { query: `{ viewer ${secret}" }` },
    ]
    for (const body of bad) {
      const response = await post(body, { 'x-request-id': secret })
      const text = await response.text()
      expect(text).toContain('"errors"')
      for (const told of [text, JSON.stringify([...response.headers]), JSON.stringify(harness.observed)]) {
        expect(told).not.toContain(secret.slice(5, 25))
      }
    }
  })

  it('is one line for each, with these keys and no others', async () => {
    await post({ query: '{ viewer { subject } }' })
    harness.observed.splice(0)
    const response = await post({ query: 'query Who { viewer { subject } }' }, { 'x-request-id': 'one' })
    await response.text()
    expect(requests()).toEqual([
      {
        kind: 'request',
        requestId: 'one',
        method: 'POST',
        path: '/graphql',
        status: 200,
        code: null,
        duration: expect.any(Number),
        statements: 0,
        operation: { type: 'query', name: 'Who', hash: expect.stringMatching(/^[0-9a-f]{16}$/) },
        principal: { subject: administrator.userId, organizationId: administrator.organizationId },
      },
    ])
    expect(requests()[0]?.duration).toBeGreaterThan(0)
  })

  it('has the same hash for the same document, and another for any other', async () => {
    const documents = ['{ viewer { subject } }', '{ viewer { subject } }', '{ viewer { subject } } ']
    for (const query of documents) await post({ query })
    const [first, second, third] = requests().map(({ operation }) => operation?.hash)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    // printf '%s' '{ viewer { subject } }' | sha256sum
    expect(first).toBe('f38dc677810a6ebe')
  })

  const anonymous = { authorization: '' }
  it.each<[string, () => Promise<Response>, Partial<RequestObserved>]>([
    ['a refused document', () => post({ query: '{ nothing }' }), { status: 200, code: 'GRAPHQL_VALIDATION_FAILED' }],
    [
      'no credential',
      () => post({ query: '{ a }' }, anonymous),
      { status: 401, code: 'UNAUTHENTICATED', principal: null },
    ],
    ['a wrong method', () => send('/graphql', { method: 'PUT' }), { status: 405, code: 'METHOD_NOT_ALLOWED' }],
    ['a wrong type', () => post({}, { 'content-type': 'text/plain' }), { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' }],
    ['a wrong Accept', () => post({}, { accept: 'image/png' }), { status: 406, code: 'NOT_ACCEPTABLE' }],
    ['a wrong body', () => post([]), { status: 400, code: 'BAD_REQUEST' }],
    ['a large body', () => post({ query: ' '.repeat(10_000) }), { status: 413, code: 'PAYLOAD_TOO_LARGE' }],
    ['another path', () => send('/nowhere?q=1'), { status: 404, code: 'NOT_FOUND', path: '/nowhere' }],
    ['its health', () => send('/health'), { status: 200, code: null, path: '/health' }],
    ['its readiness', () => send('/ready'), { status: 200, code: null, path: '/ready' }],
    [
      'a preflight',
      () => send('/graphql', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }),
      { status: 204, code: null, method: 'OPTIONS' },
    ],
    [
      'an answer with an error of a field',
      () => post({ query: '{ tokens(limit: 0) { total } }' }),
      { status: 200, code: 'BAD_USER_INPUT' },
    ],
    [
      'a mutation by GET',
      () => send('/graphql?query=mutation%20A%20{__typename}'),
      { status: 405, operation: { type: 'mutation', name: 'A', hash: expect.any(String) }, path: '/graphql' },
    ],
    [
      'a request to the subgraph',
      () => post({ query: '{ __typename }' }, {}, '/subgraph'),
      { status: 200, path: '/subgraph' },
    ],
    [
      'a stream',
      () => post({ query: '{ __typename }' }, { accept: 'text/event-stream' }),
      { status: 200, operation: { type: 'query', name: null, hash: expect.any(String) } },
    ],
  ])('is one line for %s', async (_title, ask, expected) => {
    await (await ask()).text()
    expect(requests()).toEqual([expect.objectContaining(expected)])
    expect(kindOf(harness.observed, 'unexpected')).toEqual([])
  })

  it('says who was refused for want of a scope, and what was asked', async () => {
    const query = 'mutation Off { deactivateToken(tokenId: "1") { __typename } }'
    await harness.askRaw(query, undefined, reader)
    expect(requests()).toMatchObject([
      { status: 403, code: 'FORBIDDEN', operation: { name: 'Off' }, principal: { subject: reader.userId } },
    ])
  })

  it('is one line for a request that has no address', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET http://ada:secret@host/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await once(socket.resume(), 'close')
    expect(requests()).toMatchObject([{ status: 400, code: 'BAD_REQUEST', path: '' }])
  })

  /** A request of which the client sends so much, and then goes away. */
  const abandoned = (body: string, length: number) => {
    const headers = { authorization, 'content-type': 'application/json', 'content-length': length }
    const request = httpRequest(`${server.url}/graphql`, { method: 'POST', headers }).on('error', () => {})
    request.write(body)
    return request
  }

  it('is a line without a status where the client aborts its upload, and nothing unexpected', async () => {
    const request = abandoned('{"query":', 1_000)
    await (await send('/health')).text()
    request.destroy()
    await expect
      .poll(() => requests().map(({ path, status, code }) => [path, status, code]))
      .toEqual([
        ['/health', 200, null],
        ['/graphql', null, null],
      ])
    expect(kindOf(harness.observed, 'unexpected')).toEqual([])
  })

  it('is a line without a status where the client leaves before it is answered', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let waiting: Promise<void> | undefined
    await new Promise<void>((locked) => {
      waiting = harness.prisma.$transaction(async (transaction) => {
        await transaction.$executeRaw`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`
        locked()
        await held
      })
    })
    const body = JSON.stringify({ query: '{ users { total } }' })
    const request = abandoned(body, body.length)
    await (await send('/health')).text()
    request.destroy()
    await (await send('/health')).text()
    release()
    await waiting
    await expect
      .poll(() => requests().filter(({ path }) => path === '/graphql'))
      .toMatchObject([{ status: null, code: null, operation: { type: 'query' } }])
  })

  it('has the reason for which a credential was refused, under the id of its request', async () => {
    const jwt = await harness.sign({ ...claimsOf(administrator), aud: 'other' })
    const response = await post({ query: '{ a }' }, { authorization: `Bearer ${jwt}` })
    expect(kindOf(harness.observed, 'credentialRefused')).toEqual([
      {
        kind: 'credentialRefused',
        requestId: response.headers.get('x-request-id'),
        reason: 'the credential was refused: claim "aud": not as expected',
      },
    ])
    await post({ query: '{ a }' }, anonymous)
    expect(kindOf(harness.observed, 'credentialRefused')).toHaveLength(1)
  })

  it('says what to do about an organization that is not there, and says so to nobody else', async () => {
    const before = kindOf(harness.observed, 'credentialRefused').length
    const jwt = await harness.sign({ customer_id: 4_711 })
    const response = await post({ query: '{ a }' }, { authorization: `Bearer ${jwt}` })
    const reason =
      'the credential was refused: the organization of the JWT is unknown: add it with ' +
      '"npm run organization -- add --customer N --name …", or bring it in with "npm run import -- FILE"'
    expect(kindOf(harness.observed, 'credentialRefused').slice(before)).toMatchObject([{ reason }])
    expect(await response.text()).not.toContain('npm run')
  })

  it('has no secret, no credential, no document, no variable and no mail address in it', async () => {
    const mail = 'ada.lovelace@lakeside.example'
    const caller = { claims: { ...claimsOf(administrator), sub: mail } }
    const input = { accessId: demoAccessId('Provisioning'), name: 'Observed by nobody' }
    const issued = await harness.ask(ObservedIssue, { input })
    const payload = issued.data?.issueToken
    const secret = (payload?.__typename === 'IssueTokenPayload' && payload.secret) || ''
    expect(secret).toMatch(/^iamt_/)
    await harness.ask(ObservedDetails, { secret })
    await harness.askRaw('query ($text: String) { users(search: { text: $text }) { total } }', { text: mail }, caller)
    await harness.askRaw(`{ users(search: { text: "${mail}" }) { nothing } }`, undefined, caller)
    await send(`/graphql?${new URLSearchParams({ query: `{ tokenDetails(secret: "${secret}") { id } }` })}`)
    await post({ query: '{ a }' }, { authorization: `${authorization}x` })
    await post({ query: '{ a }' }, { authorization: secret })
    expect(requests()).toHaveLength(7)
    expect(requests()[2]?.principal).toEqual({
      subject: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
      organizationId: administrator.organizationId,
    })
    const told = JSON.stringify(harness.observed)
    for (const hidden of [
      secret,
      secret.slice(5, 20),
      authorization,
      authorization.slice(7, 40),
      mail,
      '@',
      'nobody',
      '{ ',
    ]) {
      expect(told).not.toContain(hidden)
    }
  })
})

describe('an observer that fails', () => {
  it.each([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ])('costs no request its answer where it %s', async (_title, observe) => {
    const harness = await createHarness({}, { observe })
    try {
      expect(await harness.askRaw('{ viewer { subject } }')).toMatchObject({ status: 200 })
      expect(await harness.askRaw('{ viewer { subject } }', undefined, null)).toMatchObject({ status: 401 })
      expect(await harness.askRaw('{ a }', undefined, { authorization: 'Bearer a.b.c' })).toMatchObject({ status: 401 })
      expect((await harness.fetch('/health')).status).toBe(200)
    } finally {
      await harness.close()
    }
  })
})

function fail(): never {
  throw new Error('the disk is full')
}
