import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { exampleTabs } from '../../src/graphiql/examples.ts'
import { schema } from '../../src/schema/index.ts'
import { asking } from '../support/bothWays.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { breakRows } from './brokenRows.ts'
import { callers } from './callers.ts'
import { decider } from './choices.ts'
import { withCursors } from './cursors.ts'
import { repositoryOperations, variablesFor } from './repository.ts'
import { demoVocabulary } from './vocabulary.ts'

/** The answer, and why graphql-js has given it: no reason where the plan has. */
async function askedWhy({ gateway, askRaw }: Harness, ...question: Parameters<Harness['askRaw']>) {
  const before = new Map(gateway.handedOver)
  const answer = await askRaw(...question)
  const reasons = [...gateway.handedOver].filter(([reason, count]) => count !== (before.get(reason) ?? 0))
  return { ...answer, reasons: reasons.map(([reason]) => reason) }
}

describe('what runs an operation', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const reasonOf = (document: string, variables?: unknown) => askedWhy(harness, document, variables)

  it.each([
    ['nothing but names', '{ __typename }'],
    ['links in links', '{ users(limit: 3) { results { accesses { results { roles { permissions { id } } } } } } }'],
    ['a node', '{ node(id: "Um9sZTphdWRpdG9y") { nodeId ... on Role { id } } }'],
    ['a mutation', 'mutation { deactivateToken(tokenId: "999999") { __typename ... on Error { message } } }'],
    ['fragments that lead nowhere', '{ viewer { ... @include(if: false) { subject } } }'],
  ])('is its plan for %s', async (_, document) => {
    const { errors, reasons } = await reasonOf(document)
    expect({ errors, reasons }).toEqual({ errors: undefined, reasons: [] })
  })

  /** Operations of what is there to be read and copied. Some are of other schemas. */
  const shown = repositoryOperations()
    .filter(({ file, operation }) => /^(README\.md|docs|examples)/.test(file) && operation.operation === 'query')
    .filter(({ document }) => validate(schema, parse(document)).length === 0 && !/\b__schema\b/.test(document))

  it('is its plan for every query that the repository shows', async () => {
    const caller = callers[2] ?? null
    const vocabulary = await withCursors(demoVocabulary, asking(harness, harness.gateway))
    const handedOver = []
    for (const each of shown) {
      const variables = variablesFor(each, schema, vocabulary, decider([]))
      const { errors, reasons } = await askedWhy(harness, each.document, variables, caller)
      if (errors !== undefined || reasons.length > 0)
        handedOver.push({ document: each.document, variables, errors, reasons })
    }
    expect(handedOver).toEqual([])
    expect(shown.length).toBeGreaterThan(20)
  })

  it.each(
    exampleTabs({ ...demoExamples, accessId: String(demoExamples.accessId), tokenId: String(demoExamples.tokenId) }),
  )('is its plan for the example of GraphiQL: $name', async ({ query, variables }) => {
    const { errors, reasons } = await reasonOf(query, variables)
    expect({ errors, reasons }).toEqual({ errors: undefined, reasons: [] })
  })

  it.each([
    ['the schema itself', '{ __schema { queryType { name } } }', 'introspection'],
    ['a type of the schema, beside rows', '{ viewer { subject } __type(name: "User") { name } }', 'introspection'],
    [
      'a type of the schema in a fragment',
      '{ ...F } fragment F on Query { __type(name: "User") { name } }',
      'introspection',
    ],
    ['a field that fails', '{ user(id: "none") { id } }', 'failure'],
    ['a list with an item that fails', '{ nodes(ids: ["none"]) { nodeId } }', 'failure'],
    ['a page beyond the largest', '{ users(limit: 5000) { total } }', 'failure'],
    [
      'a page beyond the largest, of each of many rows',
      '{ users { results { tokens(limit: 5000) { total } } } }',
      'failure',
    ],
    ['a cursor that is none', '{ usersConnection(after: "x") { nodes { id } } }', 'failure'],
  ])('is graphql-js for %s', async (_, document, reason) => {
    expect((await reasonOf(document)).reasons).toEqual([reason])
  })

  it.each([
    ['a document that does not fit the schema', '{ nothing }'],
    ['a document that is none', '{'],
    ['a subscription', 'subscription { __typename }'],
    [
      'a document beyond the limits',
      `{ ${Array.from({ length: 200 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
    ],
  ])('is nothing for %s', async (_, document) => {
    const { data, reasons } = await reasonOf(document)
    expect({ data, reasons }).toEqual({ data: undefined, reasons: [] })
  })

  it('is nothing for an operation that the caller may not run', async () => {
    const caller = { claims: { customer_id: 1, scope: 'users:read' } }
    const { status, reasons } = await askedWhy(harness, '{ tokens { total } }', undefined, caller)
    expect({ status, reasons }).toEqual({ status: 403, reasons: [] })
  })

  it('is graphql-js for everything where plans are switched off', async () => {
    const gateway = harness.beside({ without: ['plan'] })
    await asking(harness, gateway)({ document: '{ __typename }', caller: demoCallers.administrator })
    expect([...gateway.handedOver]).toEqual([['off', 1]])
  })

  it('is graphql-js for a condition that is null, whatever was asked before', async () => {
    const document = 'query ($if: Boolean = true) { viewer { subject @skip(if: $if) __typename } }'
    expect((await reasonOf(document, { if: false })).reasons).toEqual([])
    const { errors, reasons } = await reasonOf(document, { if: null })
    expect(reasons).toEqual(['failure'])
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('asks what begins at an id together with the row that has it', async () => {
    const document = 'query ($id: ID!) { user(id: $id) { accesses { results { id } } } }'
    const before = harness.sent.length
    const nobody = await harness.askRaw(document, { id: '00000000-0000-4000-8000-000000000000' })
    expect(nobody).toMatchObject({ data: { user: null }, errors: undefined })
    // Prisma tells of a statement some time after it.
    await vi.waitFor(() => expect(harness.sent.slice(before).filter((sql) => /\baccesses\b/.test(sql))).toHaveLength(1))
  })

  it('leaves what begins at an id aside where it can not be asked, and there is no row', async () => {
    const document = 'query ($id: ID!) { user(id: $id) { tokens(limit: -1) { results { id } } } }'
    const { data, errors, reasons } = await reasonOf(document, { id: '00000000-0000-4000-8000-000000000000' })
    expect({ data, errors, reasons }).toEqual({ data: { user: null }, errors: undefined, reasons: [] })
  })

  it('is never graphql-js for a field of a mutation that has been done', async () => {
    const issue = (name: string) => `mutation {
      issueToken(input: { accessId: "2", name: "${name}" }) {
        ... on IssueTokenPayload { secret token { name rotatedFrom { id } } }
      }
    }`
    const { errors, reasons } = await reasonOf(issue('Once'))
    expect({ errors, reasons }).toEqual({ errors: undefined, reasons: [] })
    expect(await harness.prisma.token.count({ where: { name: 'Once' } })).toBe(1)
  })

  it('completes a change that its plan can not tell of, and makes it once', async () => {
    const { id } = await harness.prisma.access.findFirstOrThrow({
      where: {
        type: { not: 'PROFILE' },
        organizationId: demoCallers.administrator.organizationId,
        user: { idpId: { not: null } },
      },
    })
    await harness.prisma.$executeRawUnsafe('ALTER TABLE identity_providers RENAME TO hidden')
    try {
      const { data, errors, reasons } = await reasonOf(`mutation {
        issueToken(input: { accessId: "${id}", name: "Told in part" }) {
          ... on IssueTokenPayload { secret token { name identityProvider { id } } }
        }
      }`)
      expect(reasons).toEqual(['failure'])
      expect(data?.issueToken).toMatchObject({
        secret: expect.stringMatching(/^iamt_/),
        token: { name: 'Told in part' },
      })
      expect(errors).toMatchObject([{ path: ['issueToken', 'token', 'identityProvider'] }])
      expect(await harness.prisma.token.count({ where: { name: 'Told in part' } })).toBe(1)
    } finally {
      await harness.prisma.$executeRawUnsafe('ALTER TABLE hidden RENAME TO identity_providers')
    }
  })
})

describe('what runs an operation over rows that break what the schema takes for granted', () => {
  const withoutSsoId = demoAccess('grace.whitfield@lakeside.example')
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    await breakRows(harness)
    await harness.prisma.$executeRawUnsafe(
      `UPDATE tokens SET allowed_scopes = '{ "organizationScopes": "all" }' WHERE id = 1`,
    )
  })
  afterAll(() => harness.close())

  it.each([
    [
      'null where none may be',
      `{ access(id: "${withoutSsoId.accessId}") { ... on SsoConnectionAccess { ssoId } } }`,
      'failure',
    ],
    ['a link that leads to nothing', '{ tokens { results { access { id } } } }', 'failure'],
    ['a value that its type does not have', '{ users { results { language } } }', 'failure'],
    ['an object of no type of the graph', '{ accesses { results { id } } }', 'type'],
    [
      'a text in the place of an object',
      '{ token(id: "1") { allowedScopes { organizationScopes { allRoles } } } }',
      'value',
    ],
  ])('is graphql-js for %s', async (_, document, reason) => {
    const { errors, reasons } = await askedWhy(harness, document)
    expect({ reasons, codes: errors?.map(({ extensions }) => extensions.code)[0] }).toEqual({
      reasons: [reason],
      codes: 'INTERNAL_SERVER_ERROR',
    })
  })
})
