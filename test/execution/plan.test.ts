import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createHarness, type Harness } from '../support/harness.ts'

describe('what runs an operation', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  /** Why graphql-js has run the operation; undefined where its plan has. */
  const reasonOf = async (document: string, variables?: unknown) => {
    const before = new Map(harness.gateway.handedOver)
    const answer = await harness.askRaw(document, variables)
    const reasons = [...harness.gateway.handedOver].filter(([reason, count]) => count !== (before.get(reason) ?? 0))
    return { ...answer, reasons: reasons.map(([reason]) => reason) }
  }

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

  it.each([
    ['introspection', '{ __schema { queryType { name } } }', 'introspection'],
    ['a field that fails', '{ user(id: "none") { id } }', 'failure'],
    ['a list with an item that fails', '{ nodes(ids: ["none"]) { nodeId } }', 'failure'],
  ])('is graphql-js for %s', async (_, document, reason) => {
    expect((await reasonOf(document)).reasons).toEqual([reason])
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
    const nobody = await harness.askRaw(document, { id: '00000000-0000-4000-8000-000000000000' })
    expect(nobody).toMatchObject({ data: { user: null }, errors: undefined })
    expect(nobody.statements).toHaveLength(2)
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
