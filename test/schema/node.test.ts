import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { graphql } from '../generated/gql.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const ReadNode = graphql(`
  query ReadNode($id: ID!) {
    node(id: $id) { __typename nodeId }
  }
`)

const ReadNodes = graphql(`
  query ReadNodes($ids: [ID!]!) {
    nodes(ids: $ids) {
      nodeId
      ... on User { email }
      ... on Access { type }
      ... on ProfileAccess { name }
      ... on Role { description }
      ... on Permission { description }
      ... on Token { hint }
    }
  }
`)

const { administrator, otherReader, auditor } = demoCallers
const nodeId = (kind: string, id: string | number) => Buffer.from(`${kind}:${id}`).toString('base64url')
const scoped = (scope: string): Caller => ({ claims: { ...claimsOf(administrator), scope } })

describe('node', () => {
  let harness: Harness
  let known: readonly (readonly [type: string, id: string, scope: string])[]

  beforeAll(async () => {
    harness = await createHarness()
    const { id: userId, organizationId } = await harness.prisma.user.findFirstOrThrow({ where: { lastname: 'Weiß' } })
    const accesses = await harness.prisma.access.findMany({ where: { organizationId }, orderBy: { id: 'asc' } })
    const access = (type: string) => nodeId('Access', accesses.find((each) => each.type === type)?.id ?? 0)
    known = [
      ['User', nodeId('User', userId), 'users:read'],
      ['UiConnectionAccess', access('UI_CONNECTION'), 'accesses:read'],
      ['SsoConnectionAccess', access('SSO_CONNECTION'), 'accesses:read'],
      ['ApiConnectionAccess', access('API_CONNECTION'), 'accesses:read'],
      ['ProfileAccess', access('PROFILE'), 'accesses:read'],
      ['Role', nodeId('Role', 'zone-reader'), 'roles:read'],
      ['Permission', nodeId('Permission', 'dns.zone.read'), 'roles:read'],
      ['Token', nodeId('Token', 1), 'tokens:read'],
    ]
  })
  afterAll(() => harness.close())

  it('finds a node of every type by the nodeId that it gives', async () => {
    for (const [__typename, id] of known) {
      const { data, errors, statements } = await harness.ask(ReadNode, { id })
      expect({ data, errors }).toEqual({ data: { node: { __typename, nodeId: id } }, errors: undefined })
      expect(statements.filter((sql) => !sql.includes('customer_id = '))).toHaveLength(1)
    }
  })

  it('needs the scope of the type it leads to, which is known only once it has been found: null without it', async () => {
    for (const [__typename, id, scope] of known) {
      const held = await harness.ask(ReadNode, { id }, scoped(scope))
      expect(held.data).toEqual({ node: { __typename, nodeId: id } })
      const others = [...new Set(known.map((each) => each[2]))].filter((other) => other !== scope)
      const lacking = await harness.ask(ReadNode, { id }, scoped(others.join(' ')))
      expect({ data: lacking.data, errors: lacking.errors }).toEqual({ data: { node: null }, errors: undefined })
    }
  })

  it('is null where there is none, and for what belongs to another organization', async () => {
    const foreign = [
      nodeId('User', otherReader.userId),
      nodeId('Access', otherReader.accessId),
      nodeId('Token', demoTokenId('Campagne été')),
    ]
    const missing = [
      nodeId('User', '00000000-0000-4000-8000-000000000000'),
      nodeId('Access', 999_999),
      nodeId('Role', 'x'),
    ]
    for (const id of [...foreign, ...missing]) {
      const { data, errors } = await harness.ask(ReadNode, { id })
      expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
    }
    for (const id of foreign) {
      expect((await harness.ask(ReadNode, { id }, auditor)).data?.node?.nodeId).toBe(id)
    }
  })

  it('gives nodes in the order asked for, repeated ones repeated, with null for what is not there', async () => {
    const ids = known.map(([, id]) => id)
    const missing = nodeId('Token', 999_999)
    const asked = [missing, ...ids.toReversed(), missing, ...ids]
    const { data, errors, statements } = await harness.ask(ReadNodes, { ids: asked })
    expect(errors).toBeUndefined()
    expect(data?.nodes.map((node) => node?.nodeId ?? missing)).toEqual(asked)
    expect(data?.nodes).toContainEqual({ nodeId: ids[4], type: 'PROFILE', name: expect.any(String) })
    // One for each table, but one for roles and permissions.
    expect(statements).toHaveLength(4)
  })

  it('gives no nodes for an empty list', async () => {
    const { data, statements } = await harness.ask(ReadNodes, { ids: [] })
    expect({ data, statements }).toEqual({ data: { nodes: [] }, statements: [] })
  })

  it('takes as many nodeIds as a page may have rows', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => nodeId('Access', index + 1))
    const { data, errors, statements } = await harness.ask(ReadNodes, { ids })
    expect(errors).toBeUndefined()
    expect(data?.nodes).toHaveLength(1000)
    expect(statements).toHaveLength(1)
  })

  it('gives every row the nodeId that finds it, wherever it is met', async () => {
    const { data } = await harness.askRaw(`{
      users(limit: 1) { results { nodeId } }
      accesses(search: { types: [API_CONNECTION] }, limit: 1) { results { nodeId tokens(limit: 1) { results { nodeId } } } }
      roles { results { nodeId } }
      permissions { results { nodeId } }
    }`)
    const ids = JSON.stringify(data).match(/(?<="nodeId":")[^"]+/g) ?? []
    expect(ids.length).toBeGreaterThan(70)
    const found = await harness.ask(ReadNodes, { ids })
    expect(found.data?.nodes.map((node) => node?.nodeId)).toEqual(ids)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
