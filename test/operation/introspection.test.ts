import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const { administrator } = demoCallers
const scoped = (scope: string): Caller => ({ claims: { ...claimsOf(administrator), scope } })
const reader = scoped('users:read accesses:read roles:read tokens:read')

/** What GraphiQL asks for when it opens. */
const graphiql = getIntrospectionQuery({
  schemaDescription: true,
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  oneOf: true,
})

const ways: readonly (readonly [title: string, document: string])[] = [
  ['the schema', '{ __schema { queryType { name } } }'],
  ['a type', '{ __type(name: "User") { name } }'],
  ['an alias', '{ viewer: __schema { queryType { name } } }'],
  ['inline fragments', '{ ... on Query { ... { __type(name: "User") { name } } } }'],
  ['a fragment', '{ ...F } fragment F on Query { __schema { __typename } }'],
  ['a condition', 'query ($v: Boolean = true) { __schema @include(if: $v) { __typename } }'],
  ['what GraphiQL asks for', graphiql],
]

describe('introspection that is not open', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ OPEN_INTROSPECTION: 'false' })
  })
  afterAll(() => harness.close())

  it.each(ways)('needs schema:read: %s', async (_, document) => {
    const { status, data, errors } = await harness.askRaw(document, {}, reader)
    expect({ status, data }).toEqual({ status: 403, data: undefined })
    const field = document.includes('__type(') ? 'Query.__type' : 'Query.__schema'
    expect(errors?.[0]?.extensions.missingScopes).toEqual([{ scope: 'schema:read', fields: [field] }])
    const allowed = await harness.askRaw(document, {}, scoped('schema:read'))
    expect({ status: allowed.status, errors: allowed.errors }).toEqual({ status: 200, errors: undefined })
  })

  it('is not what __typename is', async () => {
    const { data } = await harness.askRaw('{ __typename viewer { __typename } }', {}, scoped(''))
    expect(data).toEqual({ __typename: 'Query', viewer: { __typename: 'Viewer' } })
  })

  it.each([
    ['a field', '{ usrs { total } }'],
    ['a type', '{ node(id: "x") { ... on Usr { id } } }'],
    ['an argument', '{ users(limt: 1) { total } }'],
    ['an input field', '{ users(search: { txt: "x" }) { total } }'],
    ['an enum value', '{ users(search: { language: EM }) { total } }'],
    ['a directive', '{ users @skp(if: true) { total } }'],
    ['an input object', '{ users(orderBy: { fild: ID }) { total } }'],
  ])('is not helped by errors, which suggest nothing: %s', async (_, document) => {
    const { status, errors } = await harness.askRaw(document, {}, reader)
    expect(status).toBe(400)
    expect(JSON.stringify(errors)).not.toMatch(/did you mean|"users"|"limit"|"text"|"User"|"EN"|"skip"/i)
  })

  it('is not helped by errors about variables', async () => {
    const document = 'query ($v: UserSearch) { users(search: $v) { total } }'
    for (const v of [{ txt: 'x' }, { language: 'EM' }]) {
      const { status, errors } = await harness.askRaw(document, { v }, reader)
      expect(status).toBe(400)
      expect(JSON.stringify(errors)).not.toMatch(/did you mean|"text"|"EN"/i)
    }
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

describe('introspection that is open', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each(ways)('needs no scope, but a credential: %s', async (_, document) => {
    const { status, errors } = await harness.askRaw(document, {}, scoped(''))
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    expect((await harness.askRaw(document, {}, null)).status).toBe(401)
  })

  it('costs no statement', async () => {
    expect((await harness.askRaw(graphiql)).statements).toEqual([])
  })

  it('is helped by suggestions', async () => {
    const { errors } = await harness.askRaw('{ usrs { total } }')
    expect(errors?.[0]?.message).toContain('Did you mean "users"')
  })

  it.each([
    [
      'depth',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'aliases',
      `{ __schema { ${many(5, (i) => `a${i}: types { ...T }`)} } }
       fragment T on __Type { ${many(5, (i) => `b${i}: fields { type { ...U } }`)} }
       fragment U on __Type { ${many(5, (i) => `c${i}: fields { name args { name } }`)} }`,
      'QUERY_TOO_COMPLEX',
    ],
    [
      'fragments that spread each other twice',
      `{ __schema { types { ...F0 } } } ${many(60, (i) => `fragment F${i} on __Type { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on __Type { name }`,
      'QUERY_TOO_COMPLEX',
    ],
  ])('is bounded: %s', async (_, document, code) => {
    const started = performance.now()
    const { status, errors } = await harness.askRaw(document)
    expect(status).toBe(400)
    expect(errors?.[0]?.extensions.code).toBe(code)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

function many(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join(' ')
}
