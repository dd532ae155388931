import { getIntrospectionQuery, getVariableValues } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limitsOf } from '../../src/assemble.ts'
import { readConfig } from '../../src/config.ts'
import type { Cost } from '../../src/operation/cost.ts'
import { createDocumentCache } from '../../src/operation/documentCache.ts'
import { createPreparer } from '../../src/operation/prepare.ts'
import { schema } from '../../src/schema/index.ts'
import { createSubgraph } from '../../src/schema/subgraph.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { largest, type Page, pages } from './fixtures/pages.ts'
import { stalls } from './fixtures/stalls.ts'

const config = readConfig({})
const limits = limitsOf(config)
const options = { limits, mostRows: config.MAX_PAGE_SIZE, openIntrospection: true, documents: createDocumentCache() }

/** The estimate for a document, as it is for the largest pages by default. */
function costOf(document: string, variables: Page['variables'] = {}, of = schema): Cost {
  const { operation, conditions, cost } = createPreparer({ ...options, schema: of })(document, null)
  const { coerced } = getVariableValues(of, operation.variableDefinitions ?? [], variables)
  if (coerced === undefined) throw new Error('expected variables that fit')
  return cost({ variables: coerced, holding: conditions.holding(coerced) })
}

/** The largest share of a limit that the cost comes to. */
function shareOf(cost: Cost): number {
  return Math.max(...(['objects', 'bytes', 'work'] as const).map((limit) => cost[limit] / limits[limit]))
}

const cases = (of: Readonly<Record<string, Page>>) => Object.entries(of)

describe('the cost of', () => {
  it.each(cases(pages))('%s stays far below the limits', (_, { document, variables }) => {
    expect(shareOf(costOf(document, variables))).toBeLessThan(0.3)
  })

  it.each(cases(largest))('%s stays below the limits', (_, { document, variables }) => {
    expect(shareOf(costOf(document, variables))).toBeLessThan(0.5)
  })

  it('introspection stays below the limits', () => {
    const whole = getIntrospectionQuery({ schemaDescription: true, inputValueDeprecation: true, oneOf: true })
    expect(shareOf(costOf(whole))).toBeLessThan(0.5)
  })
})

describe('the objects of an estimate', () => {
  it.each([
    ['an object each', '{ viewer { user { id } } }', 2],
    ['as many as a page asks for', '{ users(limit: 7) { results { id } } }', 8],
    ['the default of a page', '{ users { results { id } } }', 101],
    ['the default of a connection', '{ usersConnection { nodes { id } } }', 21],
    ['edges and their nodes', '{ usersConnection(last: 5) { edges { node { id } } pageInfo { endCursor } } }', 12],
    ['a typical list', '{ user(id: "x") { accesses { results { id } } } }', 4],
    ['no row of a list that is only counted', '{ users(limit: 1000) { total } }', 1],
    ['one for each id of a list', '{ nodes(ids: ["a", "b", "c"]) { nodeId } }', 3],
    ['one for a list of one that is written without brackets', '{ nodes(ids: "a") { nodeId } }', 1],
    ['nothing of what is never run', '{ viewer { subject } users @skip(if: true) { results { id } } }', 1],
    ['the same field once', '{ users(limit: 7) { results { id } } users(limit: 7) { results { email } } }', 8],
    [
      'the same link once, however many fragments ask for it',
      `{ users(limit: 7) { results { ...A ...B ...A } } } fragment A on User { accesses { results { id } } }
       fragment B on User { accesses { results { roles { id } } } }`,
      1 + 7 + 7 * (1 + 2 + 2 * 2),
    ],
    ['links under other names each', '{ user(id: "x") { a: organization { id } b: organization { id } } }', 3],
  ])('are %s', (_, document, objects) => {
    expect(costOf(document).objects).toBe(objects)
  })

  it('depend on variables', () => {
    const document =
      'query ($n: Int = 5, $ids: [ID!]!) { users(limit: $n) { results { id } } nodes(ids: $ids) { nodeId } }'
    expect(costOf(document, { ids: [] }).objects).toBe(6)
    expect(costOf(document, { n: 9, ids: ['a', 'b'] }).objects).toBe(12)
    expect(costOf(document, { n: null, ids: 'a' }).objects).toBe(102)
    expect(costOf(document, { n: -5, ids: [] }).objects).toBe(1)
    expect(costOf(document, { n: 2_000_000_000, ids: [] }).objects).toBe(1_001)
  })

  it('depend on conditions, each on all that leads to it', () => {
    const document = `query ($a: Boolean!, $b: Boolean!) { viewer { subject } ...F @include(if: $a) ...F @include(if: $b) }
      fragment F on Query { users(limit: 7) { results { organization @skip(if: $b) { id } } } }`
    expect(costOf(document, { a: false, b: false }).objects).toBe(1)
    expect(costOf(document, { a: true, b: false }).objects).toBe(1 + 8 + 7)
    expect(costOf(document, { a: false, b: true }).objects).toBe(1 + 8)
  })

  it('are as many as another subgraph has references', () => {
    const document = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { organization { id } } } }'
    const of = Array(9).fill({ __typename: 'User', id: 'x' })
    expect(costOf(document, { of }, createSubgraph().schema).objects).toBe(18)
  })
})

describe('the bytes of an estimate', () => {
  const bytesOf = (fields: string) => costOf(`{ users(limit: 100) { results { ${fields} } } }`).bytes

  it('are those of names and values', () => {
    expect(bytesOf('id email') - bytesOf('id')).toBe(100 * ('"email":,'.length + 32))
    expect(bytesOf('id long_name: email') - bytesOf('id email')).toBe(100 * ('long_name'.length - 'email'.length))
    expect(bytesOf('id createdAt') - bytesOf('id')).toBe(100 * ('"createdAt":,'.length + 26))
  })

  it('come to no less than the answers have', async () => {
    const harness = await createHarness()
    try {
      for (const [, { document, variables = {} }] of cases({ ...pages, ...largest })) {
        const { data } = await harness.askRaw(document, variables)
        expect(costOf(document, variables).bytes).toBeGreaterThan(JSON.stringify(data).length / 2)
      }
    } finally {
      await harness.close()
    }
  })
})

describe('the work of an estimate', () => {
  const workOf = (document: string, variables?: Page['variables']) => costOf(document, variables).work

  it('is more for a total', () => {
    expect(workOf('{ users(limit: 1) { total results { id } } }')).toBeGreaterThan(
      5_000 + workOf('{ users(limit: 1) { results { id } } }'),
    )
  })

  it('is more for a search, and most for one by text, whether it stands in the document or comes by a variable', () => {
    const plain = workOf('{ users(limit: 1) { results { id } } }')
    const expired = workOf('{ users(limit: 1, search: { expired: true }) { results { id } } }')
    const text = workOf('{ users(limit: 1, search: { text: "a" }) { results { id } } }')
    expect(expired).toBeGreaterThan(1_000 * plain)
    expect(text).toBeGreaterThan(2 * expired)
    const whole = 'query ($s: UserSearch) { users(limit: 1, search: $s) { results { id } } }'
    const part = 'query ($t: String) { users(limit: 1, search: { text: $t }) { results { id } } }'
    expect(workOf(whole, { s: { text: 'a' } })).toBeGreaterThan(2 * expired)
    expect(workOf(part, { t: 'a' })).toBeGreaterThan(2 * expired)
    expect(workOf(whole, { s: { text: null } })).toBeLessThan(2 * plain)
    expect(workOf(whole)).toBeLessThan(2 * plain)
    expect(workOf(part)).toBeLessThan(4 * plain)
  })

  it('is more for an order but that by id', () => {
    const plain = workOf('{ users(limit: 1) { results { id } } }')
    expect(workOf('{ users(limit: 1, orderBy: { field: LASTNAME }) { results { id } } }')).toBeGreaterThan(100 * plain)
  })

  it('multiplies with the parents: totals, searches and offsets', () => {
    for (const link of [
      'tokens { total }',
      'tokens(search: { text: "a" }) { total }',
      'tokens(offset: 50) { results { id } }',
    ]) {
      const under = (parents: number) => workOf(`{ users(limit: ${parents}) { results { ${link} } } }`)
      expect(under(101) - under(1)).toBe(100 * (under(2) - under(1)))
      expect(under(2) - under(1)).toBeGreaterThan(10)
    }
  })

  it('grows with what is skipped', () => {
    const skipping = (offset: number) =>
      workOf(`{ roles { results { accesses(offset: ${offset}) { results { id } } } } }`)
    expect(skipping(10_000) - skipping(0)).toBe(20 * 10_000)
    // No list is as long as the largest number.
    expect(skipping(2_000_000_000)).toBe(skipping(100_000))
  })

  it('grows with the values that are written as arguments, for each parent', () => {
    const written = (count: number) =>
      workOf(`{ users(limit: 100) { results { tokens(search: { ids: [${'"1" '.repeat(count)}] }) { total } } } }`)
    expect(written(200) - written(100)).toBe(100 * 100 * 4)
  })

  it('grows with the variables in lists and objects as with values, and not with those that are arguments', () => {
    const accesses = (types: string) =>
      workOf(`query ($type: AccessType! = PROFILE, $types: [AccessType!] = [PROFILE, PROFILE]) {
        a: users(limit: 100) { results { accesses(types: ${types}) { results { id } } } }
        b: accesses(limit: 1, search: { types: [$type] }) { total }
        c: accesses(limit: 1, search: { types: $types }) { total } }`)
    expect(accesses(`[${'$type '.repeat(200)}]`)).toBe(accesses(`[${'PROFILE '.repeat(200)}]`))
    expect(accesses('[PROFILE]') - accesses('$types')).toBe(100 * 2 * 4)
  })
})

describe('the work of documents that are read', () => {
  const workOf = (document: string, variables?: Page['variables']) => costOf(document, variables).work
  const asked = (text: string) => `{ requiredScopes(document: ${JSON.stringify(text)}) { sufficient } }`
  const byVariable = 'query ($text: String!) { requiredScopes(document: $text) { sufficient } }'

  it('grows with their characters, in the document and by a variable', () => {
    expect(workOf(asked('x'.repeat(1_001))) - workOf(asked('x'))).toBe(20_000)
    expect(workOf(byVariable, { text: 'x'.repeat(1_001) }) - workOf(byVariable, { text: 'x' })).toBe(20_000)
    expect(workOf(asked('x')) - workOf('{ viewer { subject } }')).toBeGreaterThan(500)
  })

  it('is that of all that a token is asked for, wherever the list stands', () => {
    const issuing = 'mutation ($input: IssueTokenInput!) { issueToken(input: $input) { __typename } }'
    const list =
      'mutation ($texts: [String!]) { issueToken(input: { accessId: 2, name: "x", forOperations: $texts }) { __typename } }'
    const item =
      'mutation ($a: String!, $b: String!) { issueToken(input: { accessId: 2, name: "x", forOperations: [$a, $b] }) { __typename } }'
    const of = (forOperations: readonly string[] | null) =>
      workOf(issuing, { input: { accessId: '2', name: 'x', forOperations } })
    expect(of(['xx', 'xxx']) - of(null)).toBe(2 * 500 + 5 * 20)
    expect(of([])).toBe(of(null))
    expect(workOf(list, { texts: ['xx', 'xxx'] }) - workOf(list)).toBe(2 * 500 + 5 * 20)
    expect(workOf(list, { texts: 'xx' }) - workOf(list)).toBe(500 + 2 * 20)
    expect(workOf(item, { a: 'xx', b: 'xxx' }) - workOf(item, { a: '', b: '' })).toBe(5 * 20)
  })
})

describe('the limits of the cost', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    await harness.askRaw('{ viewer { subject } }')
  })
  afterAll(() => harness.close())

  it.each(cases({ ...pages, ...largest }))('allow %s', async (_, { document, variables = {} }) => {
    const { status, errors } = await harness.askRaw(document, variables)
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
  })

  const refused = Object.entries(stalls).flatMap(([limit, documents]) =>
    cases(documents).map(([title, page]) => ({ limit, title, ...page })),
  )
  it.each(refused)('refuse $title: $limit', async ({ limit, document, variables = {} }) => {
    const { status, data, errors, statements } = await harness.askRaw(document, variables)
    expect({ status, data, statements }).toEqual({ status: 400, data: undefined, statements: [] })
    const most = { MAX_COST: 250_000, MAX_ANSWER_BYTES: 10_000_000, MAX_WORK: 1_000_000 }[limit]
    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      { code: 'QUERY_TOO_COMPLEX', limit, most, received: expect.any(Number) },
    ])
    expect(errors?.[0]?.extensions.received).toBeGreaterThan(most as number)
  })

  it('meet nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
