import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHarness, type Harness } from '../support/harness.ts'

const caller = { customer_id: 1, scope: 'accesses:read' }
const allRead = 'users:read accesses:read tokens:read'
const malformed = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`)
const accessIds = [1, 2, 3].map((id) => Buffer.from(`Access:${id}`).toString('base64url'))

describe('the errors of an answer', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const document = `query ($ids: [ID!]!, $few: [ID!]!) {
    a: nodes(ids: $ids) { nodeId } b: nodes(ids: $ids) { nodeId } c: nodes(ids: $few) { nodeId } }`

  it('are 20 at most, and the number of the others is told', async () => {
    const ids = [...malformed(17), ...accessIds]
    const response = await harness.fetch('/graphql', {
      method: 'POST',
      headers: { authorization: `Bearer ${await harness.sign(caller)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: document, variables: { ids, few: malformed(2) } }),
    })
    const { data, errors, extensions } = await response.json()
    expect(errors).toHaveLength(20)
    expect(errors[0]).toMatchObject({ path: ['a', 0], extensions: { code: 'BAD_USER_INPUT', argument: 'ids' } })
    expect(extensions).toEqual({ furtherErrors: 17 + 17 + 2 - 20 })
    expect(data.b).toEqual([...Array(17).fill(null), ...accessIds.map((nodeId) => ({ nodeId }))])
  })

  it('are those of each malformed nodeId, up to 20 of a list; more refuse the list', async () => {
    const asked = async (count: number) => {
      const ids = [...malformed(count), ...accessIds]
      return harness.askRaw('query ($ids: [ID!]!) { nodes(ids: $ids) { nodeId } }', { ids })
    }
    const allowed = await asked(20)
    expect(allowed.errors).toHaveLength(20)
    expect(allowed.data?.nodes).toHaveLength(23)
    const refused = await asked(21)
    expect(refused.data).toBeNull()
    expect(refused.errors?.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      { path: ['nodes'], extensions: { code: 'BAD_USER_INPUT', argument: 'ids' } },
    ])
  })

  it('of an argument are those of each parent, as many as are shown, and the others are counted', async () => {
    const asked = async (document: string) => {
      const response = await harness.fetch('/graphql', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await harness.sign({ customer_id: 1, scope: allRead })}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ query: document, variables: { ids: accessIds } }),
      })
      return response.json()
    }
    const of = (fields: string) => `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Access { ${fields} } } }`
    const one = await asked(of('tokens(limit: 0) { limit }'))
    expect(one.errors.map(({ path }: { path: unknown }) => path)).toEqual([0, 1, 2].map((i) => ['nodes', i, 'tokens']))
    expect(one.extensions).toBeUndefined()
    const authors = (limit: number) =>
      asked(`{ accesses(limit: 30) { results { createdBy { user { tokens(limit: ${limit}) { limit } } } } } }`)
    const { data } = await authors(1)
    const parents = data.accesses.results.filter(
      (access: { readonly createdBy: { readonly user: object | null } | null }) => access.createdBy?.user,
    )
    const many = await authors(0)
    expect(many.errors).toHaveLength(20)
    expect(many.extensions).toEqual({ furtherErrors: parents.length - 20 })
    expect(new Set(many.errors.map(({ path }: { path: unknown }) => JSON.stringify(path))).size).toBe(20)
  })

  it('that share a cause are logged once, under one request id', async () => {
    await harness.prisma.$executeRawUnsafe('ALTER TABLE roles RENAME TO roles_elsewhere')
    const { errors } = await harness.askRaw(
      `{ ${Array.from({ length: 5 }, (_, i) => `a${i}: role(id: "zone-admin") { id }`).join(' ')} }`,
    )
    expect(errors).toHaveLength(5)
    expect(new Set(errors?.map(({ extensions }) => extensions.requestId)).size).toBe(1)
    expect(harness.unexpected).toHaveLength(1)
  })
})
