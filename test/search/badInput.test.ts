import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { userId } = demoCallers.administrator
const cursor = (text: string) => Buffer.from(text).toString('base64url')

/** What is refused while it is resolved: the document, its variables, and the argument that is named. */
const refusedValues: readonly (readonly [title: string, document: string, variables: object, argument: string])[] = [
  ['a user id that is no UUID', 'query ($v: ID!) { user(id: $v) { id } }', { v: '1' }, 'id'],
  ['a user id with something after it', 'query ($v: ID!) { user(id: $v) { id } }', { v: `${userId}0` }, 'id'],
  ['a user id in braces', 'query ($v: ID!) { user(id: $v) { id } }', { v: `{${userId}}` }, 'id'],
  ['the empty user id', 'query ($v: ID!) { user(id: $v) { id } }', { v: '' }, 'id'],
  ...['abc', '-1', '0', '01', '1.5', '1e3', ' 1', '1\n', '2147483648', '99999999999999999999', '١'].flatMap((v) =>
    ['access', 'token'].map(
      (field) =>
        [`the ${field} id ${JSON.stringify(v)}`, `query ($v: ID!) { ${field}(id: $v) { id } }`, { v }, 'id'] as const,
    ),
  ),
  ...['', 'a\u0000b', 'a\nb', 'a\u007f', '\ud800', 'r'.repeat(201)].flatMap((v) =>
    ['role', 'permission'].map(
      (field) =>
        [
          `the ${field} id ${JSON.stringify(v).slice(0, 20)}`,
          `query ($v: ID!) { ${field}(id: $v) { id } }`,
          { v },
          'id',
        ] as const,
    ),
  ),
  ...[
    '',
    'x',
    'User',
    cursor('User:'),
    cursor('User:1'),
    cursor('Nobody:1'),
    cursor('Access:x'),
    cursor(`user:${userId}`),
  ].map(
    (v) => [`the nodeId ${JSON.stringify(v)}`, 'query ($v: ID!) { node(id: $v) { nodeId } }', { v }, 'id'] as const,
  ),
  ['a nodeId with padding', 'query ($v: ID!) { node(id: $v) { nodeId } }', { v: `${cursor('Access:1')}==` }, 'id'],
  ['a nodeId of invalid UTF-8', 'query ($v: ID!) { node(id: $v) { nodeId } }', { v: 'Um9sZTr_' }, 'id'],
  [
    'one bad nodeId of several',
    'query ($v: [ID!]!) { nodes(ids: $v) { nodeId } }',
    { v: [cursor('Access:1'), 'x'] },
    'ids',
  ],
  ['1001 nodeIds', 'query ($v: [ID!]!) { nodes(ids: $v) { nodeId } }', { v: Array(1001).fill('x') }, 'ids'],
  ...['users', 'accesses', 'tokens'].flatMap((field) => {
    const page = `query ($limit: Int, $offset: Int) { ${field}(limit: $limit, offset: $offset) { total } }`
    return [
      [`limit 0 of ${field}`, page, { limit: 0 }, 'limit'],
      [`a negative limit of ${field}`, page, { limit: -1 }, 'limit'],
      [`a limit of ${field} above the maximum`, page, { limit: 1001 }, 'limit'],
      [`a negative offset of ${field}`, page, { offset: -1 }, 'offset'],
    ] as const
  }),
  ...['usersConnection', 'accessesConnection', 'tokensConnection'].flatMap((field) => {
    const declared = '($first: Int, $after: String, $last: Int, $before: String)'
    const page = `query ${declared} { ${field}(first: $first, after: $after, last: $last, before: $before) { total } }`
    const foreign = field === 'accessesConnection' ? 'Token:1' : 'Access:1'
    return [
      [`first 0 of ${field}`, page, { first: 0 }, 'first'],
      [`a negative first of ${field}`, page, { first: -1 }, 'first'],
      [`first of ${field} above the maximum`, page, { first: 1001 }, 'first'],
      [`last 0 of ${field}`, page, { last: 0 }, 'last'],
      [`last of ${field} above the maximum`, page, { last: 1001 }, 'last'],
      [`both first and last of ${field}`, page, { first: 1, last: 1 }, 'first'],
      [`an empty cursor of ${field}`, page, { after: '' }, 'after'],
      [`a cursor of ${field} that is not ours`, page, { before: 'not ours' }, 'before'],
      [`a cursor of another connection in ${field}`, page, { after: cursor(foreign) }, 'after'],
      [
        `a cursor of ${field} with a broken id`,
        page,
        { before: cursor(`${field === 'usersConnection' ? 'User' : 'Token'}:x`) },
        'before',
      ],
    ] as const
  }),
  ...(
    [
      ['users', 'UserSearch', 'search.ids', { ids: ['1'] }],
      ['users', 'UserSearch', 'search.ids', { ids: Array(1001).fill(userId) }],
      ['users', 'UserSearch', 'search.roleId', { roleId: '' }],
      ['users', 'UserSearch', 'search.permissionId', { permissionId: 'a\u0000' }],
      ['users', 'UserSearch', 'search.text', { text: 'x'.repeat(201) }],
      ['users', 'UserSearch', 'search.text', { text: 'NUL \u0000' }],
      ['users', 'UserSearch', 'search.text', { text: 'half a character \ud83e' }],
      ['users', 'UserSearch', 'search.email', { email: '\udd89@x' }],
      ['users', 'UserSearch', 'search.email', { email: 'x'.repeat(10_000) }],
      ['users', 'UserSearch', 'search.email', { email: '\u0000' }],
      [
        'users',
        'UserSearch',
        'search.createdAt',
        { createdAt: { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' } },
      ],
      [
        'users',
        'UserSearch',
        'search.lastLoginAt',
        { lastLoginAt: { from: '2026-02-01T00:00:00Z', to: '2026-01-31T23:59:59.999Z' } },
      ],
      ['accesses', 'AccessSearch', 'search.ids', { ids: ['1', 'two'] }],
      [
        'accesses',
        'AccessSearch',
        'search.ids',
        { ids: Array.from({ length: 10_000 }, (_, index) => String(index + 1)) },
      ],
      ['accesses', 'AccessSearch', 'search.userId', { userId: 'x' }],
      ['accesses', 'AccessSearch', 'search.roleId', { roleId: 'r'.repeat(201) }],
      ['accesses', 'AccessSearch', 'search.permissionId', { permissionId: '' }],
      ['accesses', 'AccessSearch', 'search.text', { text: '🦉'.repeat(101) }],
      [
        'accesses',
        'AccessSearch',
        'search.createdAt',
        { createdAt: { from: '2026-01-02T00:00:00Z', to: '2026-01-02T00:00:00+01:00' } },
      ],
      [
        'accesses',
        'AccessSearch',
        'search.lastLoginAt',
        { lastLoginAt: { from: '9999-12-31T00:00:00Z', to: '0001-01-01T00:00:00Z' } },
      ],
      ['tokens', 'TokenSearch', 'search.ids', { ids: ['2147483648'] }],
      ['tokens', 'TokenSearch', 'search.userId', { userId: '1' }],
      ['tokens', 'TokenSearch', 'search.accessId', { accessId: userId }],
      ['tokens', 'TokenSearch', 'search.text', { text: '\u001b[31m' }],
      [
        'tokens',
        'TokenSearch',
        'search.expiresAt',
        { expiresAt: { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' } },
      ],
      [
        'tokens',
        'TokenSearch',
        'search.lastUsedAt',
        { lastUsedAt: { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' } },
      ],
    ] as const
  ).flatMap(([field, type, argument, search]) => {
    const given = JSON.stringify(search).slice(0, 60)
    return ['', 'Connection'].map(
      (kind) =>
        [
          `${field}${kind} with ${given}`,
          `query ($v: ${type}) { ${field}${kind}(search: $v) { total } }`,
          { v: search },
          argument,
        ] as const,
    )
  }),
  [
    'a bad search below another field',
    'query ($v: AccessSearch) { role(id: "auditor") { accesses(search: $v) { total } } }',
    { v: { ids: ['x'] } },
    'search.ids',
  ],
  [
    'a bad limit below another field',
    'query ($v: Int) { role(id: "auditor") { accesses(limit: $v) { limit } } }',
    { v: 0 },
    'limit',
  ],
]

/** Variables that do not fit their type: refused before anything is run. */
const refusedVariables: readonly (readonly [title: string, type: string, value: unknown])[] = [
  ['an unknown language', 'UserSearch', { language: 'ES' }],
  ['an enum value in lower case', 'UserSearch', { language: 'en' }],
  ['an unknown access type', 'UserSearch', { accessType: 'ADMIN' }],
  ['an unknown field', 'UserSearch', { name: 'Ada' }],
  ['a customer number beyond 32 bits', 'UserSearch', { customerId: 2 ** 31 }],
  ['a customer number with a fraction', 'UserSearch', { customerId: 1.5 }],
  ['a text that is a number', 'UserSearch', { text: 5 }],
  ['null in a list of ids', 'UserSearch', { ids: [null] }],
  ['an id that is an object', 'UserSearch', { ids: [{}] }],
  ...[
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '2026-01-01T24:00:00Z',
    '2026-01-01T23:60:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00',
    '2026-01-01',
    '1767225600',
    '+002026-01-01T00:00:00Z',
    '-0001-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z; --',
    '',
    1767225600,
    true,
  ].map((from) => [`the instant ${JSON.stringify(from)}`, 'UserSearch', { createdAt: { from } }] as const),
]

describe('bad input', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each(refusedValues)('is refused by name: %s', async (_, document, variables, argument) => {
    const { status, errors } = await harness.askRaw(document, variables)
    expect(status).toBe(200)
    expect(errors).toHaveLength(1)
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument })
    expect(errors?.[0]?.message).toMatch(new RegExp(`^"${argument}": expected `))
    expect(errors?.[0]?.message.length).toBeLessThan(250)
  })

  it.each(refusedVariables)('is refused before anything is run: %s', async (_, type, value) => {
    const asked = await harness.askRaw(`query ($v: ${type}) { users(search: $v) { total } }`, { v: value })
    expect(asked).toMatchObject({ status: 400, data: undefined, statements: [] })
    expect(asked.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(asked.errors?.[0]?.message).toMatch(new RegExp(`"(v\\.)?${Object.keys(value as object)[0]}`))
  })

  it.each([
    ['search', 'users(search: { language: ES })'],
    ['search', 'users(search: { customerId: 99999999999 })'],
    ['search', 'users(search: { createdAt: { from: "2026-02-30T00:00:00Z" } })'],
    ['search', 'users(search: { name: "Ada" })'],
    ['orderBy', 'users(orderBy: { field: PASSWORD })'],
    ['orderBy', 'users(orderBy: {})'],
    ['limit', 'users(limit: "10")'],
    ['offset', 'users(offset: 1.5)'],
  ])('is refused with the argument %s and the place where it stands in the document: %s', async (argument, field) => {
    const { status, errors, statements } = await harness.askRaw(`{ ${field} { total } }`)
    expect({ status, statements }).toEqual({ status: 400, statements: [] })
    expect(errors).toHaveLength(1)
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argument }, locations: [{ line: 1 }] })
    expect(errors?.[0]?.message).toContain(`"${argument}": `)
  })

  it.each([
    ['query ($v: OrderDirection = ASC) { users(orderBy: { field: ID, direction: $v }) { total } }'],
    ['query ($v: Boolean = true) { users { total @include(if: $v) } }'],
    ['query ($v: Boolean = true) { users @skip(if: $v) { total } }'],
  ])('is refused where a variable is null and its place must not be: %s', async (document) => {
    const { data, errors } = await harness.askRaw(document, { v: null })
    expect(data ?? null).toBeNull()
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  })

  it('names each bad one of several nodeIds, and gives the others', async () => {
    const ids = ['x', cursor('Access:1'), cursor('User:1')]
    const { data, errors } = await harness.askRaw('query ($ids: [ID!]!) { nodes(ids: $ids) { nodeId } }', { ids })
    expect(data).toEqual({ nodes: [null, { nodeId: ids[1] }, null] })
    expect(errors?.map(({ path }) => path)).toEqual([
      ['nodes', 0],
      ['nodes', 2],
    ])
  })

  it('never shows more of a value than its beginning', async () => {
    const { errors } = await harness.askRaw('query ($v: ID!) { user(id: $v) { id } }', { v: 'x'.repeat(100_000) })
    expect(errors?.[0]?.message.length).toBeLessThan(120)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
