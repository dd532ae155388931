import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type ErrorCode, errorCodes } from '../../src/errors.ts'
import { graphql } from '../generated/gql.ts'
import { withMetadata } from '../support/challenge.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const HttpUser = graphql(`query HttpUser($id: ID!) { user(id: $id) { id firstname } }`)
const HttpTokens = graphql(
  `query HttpTokens($limit: Int) { viewer { subject } tokens(limit: $limit) { limit results { id } } }`,
)

const unknownId = '00000000-0000-4000-8000-000000000000'
const graphqlResponse = 'application/graphql-response+json'
const { administrator, reader } = demoCallers

describe('errors', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ MAX_DEPTH: '3', MAX_DOCUMENT_TOKENS: '100' })
  })
  afterAll(() => harness.close())

  const authorizationOf = async (caller: Caller) => {
    if (caller === null) return {}
    if ('authorization' in caller) return caller
    return { authorization: `Bearer ${await harness.sign('claims' in caller ? caller.claims : claimsOf(caller))}` }
  }
  const post = async (body: object, accept: string, caller: Caller = administrator, headers: object = {}) => {
    const response = await harness.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...(await authorizationOf(caller)), ...headers },
      body: JSON.stringify(body),
    })
    const { data, errors } = await response.json()
    return { status: response.status, headers: response.headers, data, errors }
  }

  /** A statement that fails ends its connection, and the embedded database needs a moment for its next one. */
  const recovered = () => vi.waitFor(() => harness.prisma.$queryRaw`SELECT 1`, { timeout: 5_000, interval: 50 })

  it.each<[string, ErrorCode, number, number, object, Caller]>([
    ['no credential', 'UNAUTHENTICATED', 401, 401, { query: '{ __typename }' }, null],
    ['a bad credential', 'UNAUTHENTICATED', 401, 401, { query: '{ __typename }' }, { authorization: 'Bearer a.b.c' }],
    ['another kind of credential', 'UNAUTHENTICATED', 401, 401, { query: '{' }, { authorization: 'Basic YTpi' }],
    [
      'a missing scope',
      'FORBIDDEN',
      403,
      403,
      { query: 'mutation { deactivateToken(tokenId: "1") { __typename } }' },
      reader,
    ],
    ['a document that does not parse', 'GRAPHQL_PARSE_FAILED', 400, 200, { query: '{ viewer { ' }, administrator],
    ['a document that is not valid', 'GRAPHQL_VALIDATION_FAILED', 400, 200, { query: '{ nothing }' }, administrator],
    [
      'a variable that does not fit',
      'BAD_USER_INPUT',
      400,
      200,
      { query: HttpTokens.toString(), variables: { limit: 'x' } },
      administrator,
    ],
    [
      'a document that is too deep',
      'QUERY_TOO_COMPLEX',
      400,
      400,
      { query: '{ roles { results { permissions { roles { id } } } } }' },
      administrator,
    ],
    [
      'a document that is too long',
      'QUERY_TOO_COMPLEX',
      400,
      400,
      { query: `{ ${'__typename '.repeat(100)} }` },
      administrator,
    ],
    [
      'an operation that is not there',
      'BAD_REQUEST',
      400,
      400,
      { query: '{ __typename }', operationName: 'A' },
      administrator,
    ],
  ])('before execution, for %s, are %s', async (_, code, status, statusOfJson, body, caller) => {
    const strict = await post(body, graphqlResponse, caller)
    const lenient = await post(body, 'application/json', caller)
    expect([strict.status, lenient.status]).toEqual([status, statusOfJson])
    for (const { errors, data, headers } of [strict, lenient]) {
      expect(errors[0].extensions.code).toBe(code)
      expect(data).toBeUndefined()
      expect(headers.has('www-authenticate')).toBe(code === 'UNAUTHENTICATED' || code === 'FORBIDDEN')
    }
  })

  it('challenge who has no credential, and tell what is wrong with one that came', async () => {
    const none = await post({ query: '{ __typename }' }, graphqlResponse, null)
    expect(none.headers.get('www-authenticate')).toBe(withMetadata('Bearer realm="iam-graph"'))
    const bad = await post({ query: '{ __typename }' }, graphqlResponse, { authorization: 'Bearer a.b.c' })
    expect(bad.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="iam-graph", error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+"$/,
    )
    expect(bad.errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' })
  })

  it('challenge who lacks scopes to come back with all that are needed', async () => {
    const query = '{ users { total } accesses { total } tokens { total } }'
    const caller = { claims: { ...claimsOf(administrator), scope: 'users:read audit:read' } }
    const challenge = withMetadata(
      'Bearer realm="iam-graph", error="insufficient_scope", scope="accesses:read tokens:read users:read"',
    )
    const posted = await post({ query }, graphqlResponse, caller)
    expect([posted.status, posted.headers.get('www-authenticate')]).toEqual([403, challenge])
    expect(posted.errors[0].extensions.missingScopes).toHaveLength(2)
    const conditional = 'query ($v: Boolean!) { users { total } tokens @include(if: $v) { total } }'
    const none = { claims: { ...claimsOf(administrator), scope: '' } }
    const { headers } = await post({ query: conditional, variables: { v: false } }, graphqlResponse, none)
    expect(headers.get('www-authenticate')).toMatch(/scope="users:read", resource/)
  })

  it('of a document say where', async () => {
    const { errors } = await post({ query: '{\n  viewer { nothing }\n}' }, graphqlResponse)
    expect(errors).toMatchObject([
      { locations: [{ line: 2, column: 12 }], extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })

  it('during execution leave the status at 200, whatever is accepted', async () => {
    for (const accept of [graphqlResponse, 'application/json', '*/*']) {
      const { status, data, errors, headers } = await post(
        { query: HttpTokens.toString(), variables: { limit: 0 } },
        accept,
      )
      expect({ status, data }).toEqual({ status: 200, data: null })
      expect(errors).toMatchObject([{ path: ['tokens'], extensions: { code: 'BAD_USER_INPUT' } }])
      expect(headers.has('retry-after')).toBe(false)
    }
  })

  it('that nobody expected are masked, under the request id that the client gets', async () => {
    await harness.prisma.$executeRaw`ALTER TABLE users RENAME COLUMN firstname TO given_name`
    for (const accept of [graphqlResponse, 'application/json']) {
      await recovered()
      const { status, errors, headers } = await post(
        { query: HttpUser.toString(), variables: { id: unknownId } },
        accept,
      )
      const requestId = headers.get('x-request-id')
      expect(status).toBe(200)
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
      expect(errors).toEqual([
        {
          message: 'something unexpected happened',
          locations: [{ line: 3, column: 3 }],
          path: ['user'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
        },
      ])
    }
    expect(harness.unexpected).toHaveLength(2)
    await recovered()
    expect(String(harness.unexpected[0])).toContain('firstname')
    const named = await post(
      { query: HttpUser.toString(), variables: { id: unknownId } },
      graphqlResponse,
      administrator,
      {
        'x-request-id': 'from-the-client',
      },
    )
    expect(named.errors[0].extensions.requestId).toBe('from-the-client')
    await recovered()
    await harness.prisma.$executeRaw`ALTER TABLE users RENAME COLUMN given_name TO firstname`
  })

  it('that nobody expected before execution are masked as well', async () => {
    await harness.prisma.$executeRaw`ALTER TABLE organizations RENAME TO organisations`
    const stranger = { claims: { sub: 'a', customer_id: 4_711, scope: 'users:read' } }
    const { status, errors, headers } = await post({ query: '{ __typename }' }, 'application/json', stranger)
    await recovered()
    await harness.prisma.$executeRaw`ALTER TABLE organisations RENAME TO organizations`
    expect(status).toBe(500)
    expect(errors).toEqual([
      {
        message: 'something unexpected happened',
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: headers.get('x-request-id') },
      },
    ])
  })

  it('have a code of the list, each with what it means', () => {
    expect(Object.keys(errorCodes).every((code) => /^[A-Z_]+$/.test(code))).toBe(true)
    expect(Object.values(errorCodes).every((meaning) => /^[A-Z].*\.$/.test(meaning))).toBe(true)
  })
})
