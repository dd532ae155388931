import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHarness, type Harness } from '../support/harness.ts'

const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')

/** `levels` levels of fields, from the root to a leaf. */
const deep = (levels: number) =>
  `viewer { user { ${'createdBy { user { '.repeat((levels - 3) / 2)}id${' } }'.repeat((levels - 3) / 2)} } }`

/** The same, each level in a fragment of its own. */
const deepInFragments = (levels: number) => {
  const pairs = (levels - 3) / 2
  const fragments = many(pairs, (i) => `fragment F${i} on User { createdBy { user { ... on User { ...F${i + 1} } } } }`)
  return `query { viewer { user { ...F0 } } } ${fragments} fragment F${pairs} on User { id }`
}

/** A document of so many tokens: 20 and two lists. */
const tokens = (count: number) =>
  `{ accesses(search: { ids: [${'"1" '.repeat(1000)}] types: [${'PROFILE '.repeat(count - 1020)}] }) { total } }`

const w4 = '{ users(limit: 1000) { results { id accesses { results { id roles { id permissions { id } } } } } } }'
const tokensOfUsers = 'users(limit: 1000) { results { tokens(limit: 1000) { results { id } } } }'

const allowed: readonly (readonly [title: string, document: string, variables?: object])[] = [
  ['15 levels', `{ ${deep(15)} }`],
  ['15 levels in fragments', deepInFragments(15)],
  ['30 aliases', `{ viewer { ${many(30, (i) => `a${i}: subject`)} } }`],
  ['20 root fields', `{ ${many(20, (i) => `a${i}: viewer { subject }`)} }`],
  ['one root field many times', `{ ${many(100, () => 'viewer { subject }')} }`],
  [
    '5 root fields of a mutation',
    `mutation { ${many(5, (i) => `a${i}: deactivateToken(tokenId: "99999${i}") { __typename }`)} }`,
  ],
  ['2000 tokens', tokens(2000)],
  ['1000 users with accesses, roles and permissions', w4],
  [
    '1000 users with accesses, roles and permissions, by variable',
    w4.replace('{', 'query ($n: Int) {').replace('1000', '$n'),
    { n: 1000 },
  ],
  ['1000 nodes', 'query ($ids: [ID!]!) { nodes(ids: $ids) { nodeId } }', { ids: Array(1000).fill('QWNjZXNzOjE') }],
  [
    'what is left out by @skip',
    `query ($v: Boolean!) { viewer { subject } ... @skip(if: $v) { ${tokensOfUsers} } }`,
    { v: true },
  ],
]

const refused: readonly (readonly [title: string, limit: number, document: string, variables?: object])[] = [
  ['17 levels', 15, `{ ${deep(17)} }`],
  ['17 levels in fragments', 15, deepInFragments(17)],
  [
    '17 levels behind a condition',
    15,
    `query ($v: Boolean!) { viewer { subject } ... @include(if: $v) { ${deep(17)} } }`,
    { v: false },
  ],
  ['31 aliases', 30, `{ viewer { ${many(31, (i) => `a${i}: subject`)} } }`],
  [
    '31 aliases over several fragments',
    30,
    `{ viewer { ...A ...B } } ${['A', 'B'].map((f) => `fragment ${f} on Viewer { ${many(16, (i) => `${f}${i}: subject`)} }`).join(' ')}`,
  ],
  ['21 root fields', 20, `{ ${many(21, (i) => `a${i}: viewer { subject }`)} }`],
  [
    '21 root fields in a fragment',
    20,
    `{ ...F } fragment F on Query { ... { ${many(21, (i) => `a${i}: viewer { subject }`)} } }`,
  ],
  [
    '6 root fields of a mutation',
    5,
    `mutation { ${many(6, (i) => `a${i}: deactivateToken(tokenId: "1") { __typename }`)} }`,
  ],
  ['2001 tokens', 2000, tokens(2001)],
  ['1000 tokens of each of 1000 users', 250_000, `{ ${tokensOfUsers} }`],
  ['the same in a fragment', 250_000, `{ ...F } fragment F on Query { ${tokensOfUsers} }`],
  [
    'the same by variables',
    250_000,
    'query ($n: Int) { users(limit: $n) { results { tokens(limit: $n) { results { id } } } } }',
    { n: 1000 },
  ],
  [
    'the same by defaults of variables',
    250_000,
    'query ($n: Int = 1000) { users(limit: $n) { results { tokens(limit: $n) { results { id } } } } }',
  ],
  [
    'the same where a condition holds',
    250_000,
    `query ($v: Boolean!) { ${tokensOfUsers.replace('{', '@include(if: $v) {')} }`,
    { v: true },
  ],
  [
    'the same by key',
    250_000,
    '{ usersConnection(first: 1000) { edges { node { tokens(limit: 1000) { results { id } } } } } }',
  ],
  [
    'the same from the end',
    250_000,
    '{ usersConnection(last: 1000) { nodes { tokens(limit: 1000) { results { id } } } } }',
  ],
  [
    'the same by nodeIds',
    250_000,
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { tokens(limit: 1000) { results { id } } } } }',
    { ids: Array(1000).fill('x') },
  ],
  [
    'many pages of the default size',
    250_000,
    '{ accesses { results { tokens { results { access { tokens { results { id } } } } } } } }',
  ],
  [
    'a smaller page, under 25 aliases',
    250_000,
    `{ users(limit: 250) { results { ${many(25, (i) => `a${i}: tokens(limit: 250) { results { id } }`)} } } }`,
  ],
  [
    'roles and permissions of each other',
    250_000,
    `{ ${'roles { results { permissions { roles { permissions { roles { permissions { id } } } } } } }'} }`,
  ],
]

/** The settings, by their defaults. */
const settings: Readonly<Record<number, string>> = {
  2000: 'MAX_DOCUMENT_TOKENS',
  15: 'MAX_DEPTH',
  30: 'MAX_ALIASES',
  20: 'MAX_ROOT_FIELDS',
  5: 'MAX_MUTATION_FIELDS',
  250000: 'MAX_COST',
}

describe('the limits', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    await harness.askRaw('{ viewer { subject } }')
  })
  afterAll(() => harness.close())

  const allowedCases = allowed.map(([title, document, variables = {}]) => ({ title, document, variables }))
  it.each(allowedCases)('allow $title', async ({ document, variables }) => {
    const { status, errors } = await harness.askRaw(document, variables)
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
  })

  const refusedCases = refused.map(([title, limit, document, variables = {}]) => ({
    title,
    limit,
    document,
    variables,
  }))
  it.each(refusedCases)('refuse $title', async ({ limit, document, variables }) => {
    const asked = await harness.askRaw(document, variables)
    expect(asked).toMatchObject({ status: 400, data: undefined, statements: [] })
    expect(asked.errors).toHaveLength(1)
    expect(asked.errors?.[0]?.extensions).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      limit: settings[limit],
      most: limit,
    })
    expect(asked.errors?.[0]?.message).toMatch(`expected at most ${limit} `)
  })

  it.each([
    [
      'twice the same fragment at each of 100 levels',
      `{ viewer { user { ...F0 } } } ${many(100, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`)} fragment F100 on User { id }`,
    ],
    [
      'twice the same field at each level',
      `{ viewer { user { ...F0 } } } ${many(6, (i) => `fragment F${i} on User { ${many(9, () => `createdBy { user { ...F${i + 1} } }`)} }`)} fragment F6 on User { id }`,
    ],
    [
      'two conditions at each of 30 levels',
      `query (${many(60, (i) => `$v${i}: Boolean = true`)}) { viewer { user { ...F0 } } } ${many(30, (i) => `fragment F${i} on User { ...F${i + 1} @include(if: $v${2 * i}) ...F${i + 1} @skip(if: $v${2 * i + 1}) }`)} fragment F30 on User { id }`,
    ],
    ['the same field a thousand times', `{ viewer { ${'subject '.repeat(1500)} } }`],
  ])('refuse %s, and quickly', async (_, document) => {
    const started = performance.now()
    const { status, errors } = await harness.askRaw(document)
    expect(status).toBe(400)
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it.each([
    ['in itself', '{ ...F } fragment F on Query { viewer { subject } ...F }'],
    ['in each other', '{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }'],
    ['below a field', '{ roles { results { ...R } } } fragment R on Role { permissions { roles { ...R } } }'],
  ])('need not see fragments that are spread %s: validation refuses them', async (_, document) => {
    const { status, errors } = await harness.askRaw(document)
    expect(status).toBe(400)
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(errors?.[0]?.message).toContain('Cannot spread fragment')
  })

  it('allow what many colocated fragments make of a page', async () => {
    const fields = 'id firstname lastname email phone language createdAt updatedAt'
    const document = `{ users { results { ${many(20, (i) => `...F${i}`)} } } } ${many(20, (i) => `fragment F${i} on User { ...Name accesses { results { id roles { id } } } }`)} fragment Name on User { ${fields} }`
    const { status, errors } = await harness.askRaw(document)
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
  })

  it('refuse again, and for the same reason, a document that is known', async () => {
    const document = 'query ($n: Int) { users(limit: $n) { results { tokens(limit: $n) { results { id } } } } }'
    const statuses: number[] = []
    for (const n of [1000, 10, 1000, 10]) statuses.push((await harness.askRaw(document, { n })).status)
    expect(statuses).toEqual([400, 200, 400, 200])
  })

  it('leave it to the argument to refuse a size that is out of bounds', async () => {
    for (const n of [-5, 1001, 2_000_000_000]) {
      const { errors } = await harness.askRaw('query ($n: Int) { users(limit: $n) { results { id } } }', { n })
      expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument: 'limit' })
    }
  })

  it('meet nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

describe('limits of the operator’s own', () => {
  let harness: Harness
  beforeAll(async () => {
    const limits = {
      MAX_DEPTH: '3',
      MAX_ALIASES: '1',
      MAX_ROOT_FIELDS: '2',
      MAX_DOCUMENT_TOKENS: '40',
      MAX_COST: '100',
      MAX_ANSWER_BYTES: '3000',
      MAX_WORK: '50000',
    }
    harness = await createHarness({ ...limits, MAX_PAGE_SIZE: '50' })
  })
  afterAll(() => harness.close())

  it.each([
    ['MAX_DEPTH', 3, '{ users(limit: 1) { results { accesses { total } } } }'],
    ['MAX_ALIASES', 1, '{ a: viewer { subject } b: viewer { subject } }'],
    ['MAX_ROOT_FIELDS', 2, '{ viewer { subject } roles { total } permissions { total } }'],
    ['MAX_DOCUMENT_TOKENS', 40, `{ viewer { ${'subject '.repeat(37)} } }`],
    ['MAX_COST', 100, '{ users { results { id } } accesses(limit: 50) { results { id } } }'],
    ['MAX_ANSWER_BYTES', 3000, '{ users(limit: 50) { results { id email } } }'],
    ['MAX_WORK', 50000, '{ users(limit: 1, search: { text: "a", expired: false }) { total } }'],
  ])('refuse what is beyond %s=%i: %s', async (limit, most, document) => {
    const { status, errors } = await harness.askRaw(document)
    expect(status).toBe(400)
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'QUERY_TOO_COMPLEX', limit, most })
  })

  it('bound every page and every list of ids', async () => {
    const document = 'query ($n: Int, $ids: [ID!]) { accesses(limit: $n, search: { ids: $ids }) { limit } }'
    expect((await harness.askRaw(document, { n: 50, ids: Array(50).fill('1') })).errors).toBeUndefined()
    for (const variables of [{ n: 51 }, {}, { n: 50, ids: Array(51).fill('1') }]) {
      const { errors } = await harness.askRaw(document, variables)
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    }
  })
})
