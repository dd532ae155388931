/** No rule holds on one way in only: the same refusals, and the same answers, down each of them. */
import { request as httpRequest } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { endpoints } from '../../src/authzen/endpoints.ts'
import type { ErrorCode } from '../../src/errors.ts'
import type { RequestObserved } from '../../src/observer.ts'
import type { Server } from '../../src/server.ts'
import { withMetadata } from '../support/challenge.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { serve } from '../support/server.ts'

const { administrator, reader, otherReader } = demoCallers
const host = 'gateway.example'
const origin = 'https://app.example'
const graphqlResponse = 'application/graphql-response+json'

interface Question {
  readonly query?: string
  readonly operationName?: string
  readonly variables?: unknown
  readonly extensions?: unknown
}

interface Sent {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

let harness: Harness
let server: Server
beforeAll(async () => {
  harness = await createHarness({
    MAX_DEPTH: '3',
    MAX_DOCUMENT_TOKENS: '100',
    MAX_ALIASES: '5',
    MAX_COST: '200',
    MAX_BODY_BYTES: '4000',
    ALLOWED_HOSTS: host,
    ALLOWED_ORIGINS: origin,
    OPEN_INTROSPECTION: 'false',
  })
  server = await serve(harness.gateway)
})
beforeEach(() => {
  harness.observed.splice(0)
})
afterAll(async () => {
  await server.close()
  await harness.close()
})

/** The transports. The host is told by hand: node:http's client may say any. */
const transports = {
  async 'node:http'({ method, path, headers, body }: Sent): Promise<Reply> {
    const { hostname, port } = new URL(server.url)
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ hostname, port, method, path, headers: { host, ...headers } }, async (response) => {
        const fields = Object.entries(response.headersDistinct).map(([name, values]): [string, string] => [
          name,
          (values ?? []).join(', '),
        ])
        resolve({ status: response.statusCode ?? 0, headers: new Headers(fields), text: await textOf(response) })
      })
      sent.on('error', reject).end(body)
    })
  },
  async fetch({ method, path, headers: { host: named = host, ...headers }, body }: Sent): Promise<Reply> {
    const init = { method, headers, ...(body === undefined ? {} : { body }) }
    const response = await harness.gateway.fetch(new Request(`http://${named}${path}`, init))
    return { status: response.status, headers: response.headers, text: await response.text() }
  },
}

const accepted = {
  JSON: 'application/json',
  strict: graphqlResponse,
  events: 'text/event-stream',
  parts: 'multipart/mixed',
}

const ways = (Object.keys(transports) as (keyof typeof transports)[]).flatMap((transport) =>
  (['POST', 'GET'] as const).flatMap((method) =>
    (Object.keys(accepted) as (keyof typeof accepted)[]).map((accept) => ({ transport, method, accept })),
  ),
)
type Way = (typeof ways)[number]

/** Sends the question down the way. Headers that are undefined are left out. */
async function ask(
  { transport, method, accept }: Way,
  question: Question | string,
  caller: Caller = administrator,
  { path = '/graphql', headers = {} }: { path?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Reply> {
  const authorization = await authorizationOf(caller)
  const all = { accept: accepted[accept], ...(authorization === null ? {} : { authorization }), ...headers }
  if (method === 'GET') {
    const search = typeof question === 'string' ? question : String(searchOf(question))
    return transports[transport]({ method, path: `${path}?${search}`, headers: all, body: undefined })
  }
  const body = typeof question === 'string' ? question : JSON.stringify(question)
  const typed = { 'content-type': 'application/json', ...all }
  return transports[transport]({ method, path, headers: typed, body })
}

function searchOf({ query, operationName, ...json }: Question): URLSearchParams {
  const given = {
    query,
    operationName,
    ...Object.fromEntries(Object.entries(json).map(([k, v]) => [k, JSON.stringify(v)])),
  }
  return new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

async function authorizationOf(caller: Caller): Promise<string | null> {
  if (caller === null) return null
  if ('authorization' in caller) return caller.authorization
  return `Bearer ${await harness.sign('claims' in caller ? caller.claims : claimsOf(caller))}`
}

/** What the reply says as JSON, as a whole, as an event or as a part. */
function resultOf({ text }: Reply) {
  const json = /^data: (.+)$/m.exec(text)?.[1] ?? /\r\n\r\n(\{.+\})\r\n/.exec(text)?.[1] ?? text
  return JSON.parse(json) as {
    data?: unknown
    errors?: { message: string; extensions: { code: ErrorCode; missingScopes?: unknown } }[]
  }
}

const requestsObserved = () => harness.observed.filter((one): one is RequestObserved => one.kind === 'request')

/** What stands on every reply, and the one line that is told of it. */
function expectStandard({ status, headers }: Reply, told: Partial<RequestObserved>) {
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('vary')).toContain('Origin')
  expect(requestsObserved()).toMatchObject([{ ...told, status, requestId: headers.get('x-request-id') }])
}

const nothing = { query: '{ __typename }' }
const deactivate = 'mutation { deactivateToken(tokenId: "1") { __typename } }'
const foreignUser = { query: `{ user(id: "${otherReader.userId}") { id } }` }

interface Refusal {
  readonly title: string
  readonly code: ErrorCode
  readonly status: number
  /** What stands for it where the answer is of type application/json, or would be in parts. */
  readonly lenient?: number
  readonly question: Question | string
  readonly caller?: Caller
  readonly options?: Parameters<typeof ask>[3]
  readonly challenge?: RegExp
}

/** Whoever asks so is refused whatever is asked, wherever. */
const everywhere: readonly Omit<Refusal, 'question'>[] = [
  {
    title: 'no credential',
    code: 'UNAUTHENTICATED',
    status: 401,
    caller: null,
    challenge: /^Bearer realm="iam-graph", resource_metadata="[^"]+"$/,
  },
  {
    title: 'a credential of another kind',
    code: 'UNAUTHENTICATED',
    status: 401,
    caller: { authorization: 'Basic YTpi' },
    challenge: /error="invalid_token"/,
  },
  {
    title: 'a forged credential',
    code: 'UNAUTHENTICATED',
    status: 401,
    caller: { authorization: 'Bearer a.b.c' },
    challenge: /error="invalid_token"/,
  },
  {
    title: 'a credential that has expired',
    code: 'UNAUTHENTICATED',
    status: 401,
    caller: { claims: { customer_id: 1, exp: 1_000 } },
    challenge: /the JWT has expired/,
  },
  {
    title: 'a credential of an organization that is not there',
    code: 'UNAUTHENTICATED',
    status: 401,
    caller: { claims: { customer_id: 99_999 } },
    challenge: /the organization of the JWT is unknown/,
  },
  {
    title: 'another host',
    code: 'MISDIRECTED_REQUEST',
    status: 421,
    options: { headers: { host: 'evil.example' } },
  },
]

const refusals: readonly Refusal[] = [
  ...everywhere.map((refusal) => ({ ...refusal, question: nothing })),
  {
    title: 'a missing scope',
    code: 'FORBIDDEN',
    status: 403,
    challenge: /error="insufficient_scope"/,
    question: { query: '{ tokens { total } }' },
    caller: { claims: { customer_id: 1, scope: 'users:read' } },
  },
  {
    title: 'a missing scope for what a variable searches by',
    code: 'FORBIDDEN',
    status: 403,
    challenge: /error="insufficient_scope"/,
    question: {
      query: 'query ($search: UserSearch) { users(search: $search) { total } }',
      variables: { search: { roleId: 'reader' } },
    },
    caller: { claims: { customer_id: 1, scope: 'users:read' } },
  },
  {
    title: 'introspection without its scope',
    code: 'FORBIDDEN',
    status: 403,
    challenge: /error="insufficient_scope", scope="schema:read"/,
    question: { query: '{ __schema { queryType { name } } }' },
    caller: { claims: { customer_id: 1, scope: 'users:read' } },
  },
  { title: 'no document', code: 'BAD_REQUEST', status: 400, question: { variables: {} } },
  { title: 'what is no JSON', code: 'BAD_REQUEST', status: 400, question: 'query={a}&variables={' },
  {
    title: 'variables that are a list',
    code: 'BAD_REQUEST',
    status: 400,
    question: { ...nothing, variables: [] },
  },
  {
    title: 'an operation that is not there',
    code: 'BAD_REQUEST',
    status: 400,
    question: { ...nothing, operationName: 'A' },
  },
  { title: 'a subscription', code: 'BAD_REQUEST', status: 400, question: { query: 'subscription { __typename }' } },
  {
    title: 'a document that does not parse',
    code: 'GRAPHQL_PARSE_FAILED',
    status: 400,
    lenient: 200,
    question: { query: '{ viewer { ' },
  },
  {
    title: 'a document that is not valid',
    code: 'GRAPHQL_VALIDATION_FAILED',
    status: 400,
    lenient: 200,
    question: { query: '{ nothing }' },
  },
  {
    title: 'a variable that does not fit',
    code: 'BAD_USER_INPUT',
    status: 400,
    lenient: 200,
    question: { query: 'query ($limit: Int) { users(limit: $limit) { total } }', variables: { limit: 'x' } },
  },
  {
    title: 'a document that is too deep',
    code: 'QUERY_TOO_COMPLEX',
    status: 400,
    question: { query: '{ roles { results { permissions { roles { id } } } } }' },
  },
  {
    title: 'a document that is too long',
    code: 'QUERY_TOO_COMPLEX',
    status: 400,
    question: { query: `{ ${'__typename '.repeat(100)} }` },
  },
  {
    title: 'a document with too many aliases',
    code: 'QUERY_TOO_COMPLEX',
    status: 400,
    question: { query: `{ ${Array.from({ length: 6 }, (_, i) => `a${i}: __typename`).join(' ')} }` },
  },
  {
    title: 'an operation that costs too much',
    code: 'QUERY_TOO_COMPLEX',
    status: 400,
    question: { query: '{ users(limit: 100) { results { accesses { __typename } } } }' },
  },
  {
    title: 'another path',
    code: 'NOT_FOUND',
    status: 404,
    question: nothing,
    options: { path: '/graphql/' },
  },
]

describe.each(ways)('by $method over $transport, accepting $accept', (way) => {
  it.each(refusals)('$title is refused: $code', async (refusal) => {
    const { code, status, lenient = status, question, caller, options, challenge } = refusal
    const reply = await ask(way, question, caller, options)
    expect({ status: reply.status, codes: resultOf(reply).errors?.map(({ extensions }) => extensions.code) }).toEqual({
      status: way.accept === 'strict' ? status : lenient,
      codes: [code],
    })
    expect(resultOf(reply)).not.toHaveProperty('data')
    const told = reply.headers.get('www-authenticate')
    if (challenge === undefined) expect(told).toBeNull()
    else expect(told).toMatch(challenge)
    expect(reply.headers.get('content-type')).toBe(
      `${way.accept === 'strict' ? graphqlResponse : 'application/json'}; charset=utf-8`,
    )
    expectStandard(reply, { code, method: way.method })
  })

  it('what is of another organization is not there', async () => {
    const reply = await ask(way, foreignUser, reader)
    expect({ status: reply.status, result: resultOf(reply) }).toEqual({ status: 200, result: { data: { user: null } } })
    const own = await ask(way, foreignUser, otherReader)
    expect(resultOf(own)).toEqual({ data: { user: { id: otherReader.userId } } })
  })

  it('an answer is the same, and tells who asked what', async () => {
    const query = 'query Who { viewer { subject } users(limit: 1) { results { id } } }'
    const reply = await ask(way, { query, variables: null, extensions: {} }, reader, { headers: { origin } })
    expect(reply.status).toBe(200)
    expect(resultOf(reply)).toEqual({
      data: {
        viewer: { subject: reader.userId },
        users: { results: [{ id: expect.any(String) }] },
      },
    })
    expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
    expectStandard(reply, {
      code: null,
      operation: { type: 'query', name: 'Who', hash: expect.any(String) },
      principal: { subject: reader.userId, organizationId: reader.organizationId },
    })
  })

  it('a failure of a field is in the answer', async () => {
    const reply = await ask(way, { query: '{ users(limit: 0) { total } }' })
    expect({ status: reply.status, result: resultOf(reply) }).toMatchObject({
      status: 200,
      result: { data: null, errors: [{ path: ['users'], extensions: { code: 'BAD_USER_INPUT' } }] },
    })
    expectStandard(reply, { code: 'BAD_USER_INPUT' })
  })

  if (way.method === 'GET') {
    it('a mutation is refused', async () => {
      const reply = await ask(way, { query: deactivate })
      expect(reply.status).toBe(405)
      expect(reply.headers.get('allow')).toBe('POST')
      expectStandard(reply, { code: 'METHOD_NOT_ALLOWED' })
    })
  } else {
    it.each<[string, ErrorCode, number, Question | string, Readonly<Record<string, string>>]>([
      ['a form', 'UNSUPPORTED_MEDIA_TYPE', 415, { query: deactivate }, { 'content-type': 'text/plain' }],
      ['a batch', 'BAD_REQUEST', 400, JSON.stringify([nothing]), {}],
      ['a parameter that nobody knows', 'BAD_REQUEST', 400, JSON.stringify({ ...nothing, id: 'a' }), {}],
      ['a body that is too large', 'PAYLOAD_TOO_LARGE', 413, { ...nothing, extensions: { a: 'x'.repeat(4_000) } }, {}],
    ])('%s is refused: %s', async (_title, code, status, question, headers) => {
      const reply = await ask(way, question, administrator, { headers })
      expect({ status: reply.status, code: resultOf(reply).errors?.[0]?.extensions.code }).toEqual({ status, code })
      expectStandard(reply, { code })
    })
  }
})

const checking = { subject: { type: 'access', id: '7' }, action: { name: 'dns.record.update' } }
const zone = { type: 'zone', id: 'example.com' }
const all = 'permissions:check accesses:read users:read tokens:read roles:read'

/** A question for each endpoint of AuthZEN, and the scopes that it takes. */
const authzen = [
  { path: 'evaluation', question: { ...checking, resource: zone }, needs: 'permissions:check' },
  { path: 'evaluations', question: { ...checking, evaluations: [{ resource: zone }] }, needs: 'permissions:check' },
  ...[
    { type: 'user', own: ' users:read' },
    { type: 'access', own: '' },
    { type: 'token', own: ' tokens:read' },
  ].flatMap(({ type, own }) => {
    const subject = { type, id: type === 'user' ? administrator.userId : '7' }
    const { action } = checking
    const found = `permissions:check accesses:read${own}`
    const rights = `permissions:check accesses:read roles:read${own}`
    return [
      { path: 'search/subject', question: { subject: { type }, action, resource: zone }, needs: found },
      { path: 'search/resource', question: { subject, action, resource: { type: 'zone' } }, needs: rights },
      { path: 'search/action', question: { subject, resource: zone }, needs: rights },
    ]
  }),
]

it('every endpoint of AuthZEN is tried', () => {
  const tried = new Set(authzen.map(({ path }) => `/access/v1/${path}`))
  expect([...tried].sort()).toEqual(endpoints.map(({ path }) => path).sort())
})

const authzenWays = authzen.flatMap((endpoint) =>
  (Object.keys(transports) as (keyof typeof transports)[]).map((transport) => ({ ...endpoint, transport })),
)

describe.each(authzenWays)(
  'AuthZEN: $path about $question.subject.type over $transport',
  ({ path, question, needs, transport }) => {
    const send = async (
      body: string,
      caller: Caller = administrator,
      headers: Readonly<Record<string, string>> = {},
    ) => {
      const authorization = await authorizationOf(caller)
      const all = {
        'content-type': 'application/json',
        ...(authorization === null ? {} : { authorization }),
        ...headers,
      }
      return transports[transport]({ method: 'POST', path: `/access/v1/${path}`, headers: all, body })
    }
    const expectRefused = ({ status, headers, text }: Reply, code: ErrorCode, expected: number) => {
      expect({ status, code: text.split(':')[0] }).toEqual({ status: expected, code })
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expectStandard({ status, headers, text }, { code, path: `/access/v1/${path}` })
    }

    it.each(everywhere)('$title is refused: $code', async ({ code, status, caller, options, challenge }) => {
      const reply = await send(JSON.stringify(question), caller, options?.headers)
      expectRefused(reply, code, status)
      const told = reply.headers.get('www-authenticate')
      if (challenge === undefined) expect(told).toBeNull()
      else expect(told).toMatch(challenge)
    })

    it.each(needs.split(' '))('a JWT without %s is refused, and told what is enough', async (dropped) => {
      const scope = all.split(' ').filter((each) => each !== dropped)
      const reply = await send(JSON.stringify(question), { claims: { customer_id: 1, scope: scope.join(' ') } })
      expectRefused(reply, 'FORBIDDEN', 403)
      const bearer = `Bearer realm="iam-graph", error="insufficient_scope", scope="${needs}"`
      const challenge = withMetadata(bearer, `/access/v1/${path}`)
      expect(reply.headers.get('www-authenticate')).toBe(challenge)
      const enough = await send(JSON.stringify(question), { claims: { customer_id: 1, scope: needs } })
      expect(enough.status).toBe(200)
    })

    it.each<[string, ErrorCode, number, string, Readonly<Record<string, string>>]>([
      ['a form', 'BAD_REQUEST', 400, 'subject=a', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['no content type that is told', 'BAD_REQUEST', 400, '{}', { 'content-type': '' }],
      ['what is no JSON', 'BAD_REQUEST', 400, '{', {}],
      ['a list', 'BAD_REQUEST', 400, '[]', {}],
      ['an empty object', 'BAD_REQUEST', 400, '{}', {}],
      ['a body that is too large', 'PAYLOAD_TOO_LARGE', 413, JSON.stringify({ context: 'x'.repeat(4_000) }), {}],
    ])('%s is refused: %s', async (_title, code, status, body, headers) => {
      expectRefused(await send(body, administrator, headers), code, status)
    })

    it('is asked by POST only', async () => {
      const headers = { authorization: (await authorizationOf(administrator)) ?? '' }
      const reply = await transports[transport]({ method: 'GET', path: `/access/v1/${path}`, headers, body: undefined })
      expectRefused(reply, 'METHOD_NOT_ALLOWED', 405)
      expect(reply.headers.get('allow')).toBe('POST')
    })

    it('an answer tells who asked, to a page of an origin that may', async () => {
      const reply = await send(JSON.stringify(question), administrator, { origin })
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
      const { userId: subject, organizationId } = administrator
      expectStandard(reply, { code: null, method: 'POST', operation: null, principal: { subject, organizationId } })
    })
  },
)

/** The endpoints of OAuth that ask who their client is, and whether anybody may come who says nothing of it. */
const oauth = [
  { path: '/oauth/introspect', name: 'introspection_endpoint', forAnybody: false },
  { path: '/oauth/revoke', name: 'revocation_endpoint', forAnybody: true },
]
const noSecret = 'token=iamt_none'

/** What `everywhere` comes to there, by its title: OAuth has names of its own for it. */
const oauthRefusals: Readonly<Record<string, readonly [error: string, challenge: RegExp | undefined]>> = {
  'no credential': ['invalid_client', /^Bearer realm="iam-graph"$/],
  'a credential of another kind': ['invalid_client', /^Basic realm="iam-graph"$/],
  'a forged credential': ['invalid_token', /error="invalid_token"/],
  'a credential that has expired': ['invalid_token', /the JWT has expired/],
  'a credential of an organization that is not there': ['invalid_token', /the organization of the JWT is unknown/],
  'another host': ['invalid_request', undefined],
}

it('every endpoint of OAuth is tried', async () => {
  const response = await harness.fetch('/.well-known/oauth-authorization-server', { headers: { host } })
  const named = Object.entries(await response.json()).filter(([name]) => name.endsWith('_endpoint'))
  expect(named.map(([name]) => name).sort()).toEqual(oauth.map(({ name }) => name).sort())
})

const oauthWays = oauth.flatMap((endpoint) =>
  (Object.keys(transports) as (keyof typeof transports)[]).map((transport) => ({ ...endpoint, transport })),
)

describe.each(oauthWays)('OAuth: $path over $transport', ({ path, forAnybody, transport }) => {
  const send = async (body: string, caller: Caller = administrator, headers: Readonly<Record<string, string>> = {}) => {
    const authorization = await authorizationOf(caller)
    const all = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === null ? {} : { authorization }),
      ...headers,
    }
    return transports[transport]({ method: 'POST', path, headers: all, body })
  }
  const expectRefused = ({ status, headers, text }: Reply, code: ErrorCode, expected: number, error: string) => {
    expect({ status, body: JSON.parse(text) }).toEqual({
      status: expected,
      body: { error, error_description: expect.stringMatching(/^[ !#-[\]-~]+$/) },
    })
    expect(headers.get('content-type')).toBe('application/json')
    expectStandard({ status, headers, text }, { code, path })
  }

  it.each(everywhere.filter(({ caller }) => caller !== null || !forAnybody))(
    '$title is refused: $code',
    async ({ title, code, status, caller, options }) => {
      const [error = '', challenge] = oauthRefusals[title] ?? []
      const reply = await send(noSecret, caller, options?.headers)
      expectRefused(reply, code, status, error)
      const told = reply.headers.get('www-authenticate')
      if (challenge === undefined) expect(told).toBeNull()
      else expect(told).toMatch(challenge)
    },
  )

  it.each<[string, number, ErrorCode, string, Readonly<Record<string, string>>]>([
    ['JSON', 400, 'BAD_REQUEST', '{}', { 'content-type': 'application/json' }],
    ['an empty form', 400, 'BAD_REQUEST', '', {}],
    ['a parameter twice', 400, 'BAD_REQUEST', 'token=a&token=b', {}],
    ['a body that is too large', 413, 'PAYLOAD_TOO_LARGE', `token=${'x'.repeat(4_000)}`, {}],
  ])('%s is refused: %i', async (_title, status, code, body, headers) => {
    expectRefused(await send(body, administrator, headers), code, status, 'invalid_request')
  })

  it('is asked by POST only', async () => {
    const headers = { authorization: (await authorizationOf(administrator)) ?? '' }
    const reply = await transports[transport]({ method: 'GET', path: `${path}?${noSecret}`, headers, body: undefined })
    expectRefused(reply, 'METHOD_NOT_ALLOWED', 405, 'invalid_request')
    expect(reply.headers.get('allow')).toBe('POST')
  })

  it('an answer tells who asked, to a page of an origin that may', async () => {
    const reply = await send(noSecret, administrator, { origin })
    expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
    const { userId: subject, organizationId } = administrator
    expectStandard(reply, { code: null, method: 'POST', operation: null, principal: { subject, organizationId } })
  })
})

it('nothing of all that was unexpected, or changed anything', async () => {
  expect(harness.unexpected).toEqual([])
  expect(await harness.prisma.auditEvent.count()).toBe(0)
})
