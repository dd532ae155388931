import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const ReadNestedRoles = graphql(`
  query ReadNestedRoles($limit: Int!) {
    users(search: { text: "crowd" }, limit: $limit) {
      results { id accesses { results { id roles { id permissions { id } } } } }
    }
  }
`)

const ReadNestedTotals = graphql(`
  query ReadNestedTotals($limit: Int!) {
    users(search: { text: "crowd" }, limit: $limit) {
      total
      results { id accesses { total results { id tokens { total } } } tokens { total } }
    }
  }
`)

const ReadNestedTokens = graphql(`
  query ReadNestedTokens($limit: Int!) {
    users(search: { text: "crowd" }, limit: $limit) {
      results {
        customerId
        organization { name }
        lastLoginAt
        createdBy { user { email } access { id } }
        tokens(limit: 5) {
          results {
            name
            rotatedFrom { id }
            rotatedTo { id }
            access { id type }
            allowedScopes { organizationScopes { roles { role { id permissions { id } } } permissions { permission { id } } } }
          }
        }
      }
    }
  }
`)

const ReadNestedConnection = graphql(`
  query ReadNestedConnection($limit: Int!) {
    usersConnection(search: { text: "crowd" }, first: $limit) {
      total
      pageInfo { hasNextPage endCursor }
      edges { node { accesses { results { roleAssignments { role { description permissions { roles { id } } } resource { id } } } } } }
    }
  }
`)

/** What each of the queries takes: one for each link, and one for each total; none for roles and permissions, which are known. */
const nested = [
  ['users → accesses → roles → permissions', ReadNestedRoles, 2],
  ['users → accesses and tokens, with totals everywhere', ReadNestedTotals, 6],
  ['users → authors, tokens → rotations, accesses, roles, permissions', ReadNestedTokens, 10],
  ['a connection → accesses → assignments → roles → permissions → roles', ReadNestedConnection, 4],
] as const

const { administrator } = demoCallers
const isCount = (sql: string) => /count\(\*\)/.test(sql)

describe('the number of statements', () => {
  let harness: Harness

  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const { organizationId, userId, accessId } = administrator
    const at = { createdAt: new Date('2026-01-01'), updatedAt: new Date('2026-01-01') }
    const createdBy = { userId, accessId, firstname: 'Ada', lastname: 'Lovelace' }
    const crowd = Array.from({ length: 120 }, (_, index) => index)
    const idOf = (index: number) => `c0000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    await prisma.user.createMany({
      data: crowd.map((index) => {
        const name = { firstname: 'Crowd', lastname: `No ${index}`, email: `crowd${index}@lakeside.example` }
        return { ...at, ...name, id: idOf(index), organizationId, language: 'EN', createdBy }
      }),
    })
    await prisma.access.createMany({
      data: crowd.flatMap((index) => {
        const one = { ...at, organizationId, userId: idOf(index), lastLoginAt: at.createdAt }
        return [
          { ...one, id: 10_000 + 2 * index, type: 'UI_CONNECTION' as const, twoFaEnabled: true },
          { ...one, id: 10_001 + 2 * index, type: 'API_CONNECTION' as const, name: 'Robot', language: 'EN' as const },
        ]
      }),
    })
    await prisma.roleAssignment.createMany({
      data: crowd.flatMap((index) =>
        ['zone-reader', 'auditor'].map((roleId) => ({ organizationId, accessId: 10_000 + 2 * index, roleId })),
      ),
    })
    const organizationScopes = {
      ...{ allRoles: false, allPermissions: false, keptInToken: [] },
      roles: [{ name: 'zone-reader', resource: null }],
      permissions: [{ permissionId: 'dns.zone.read', resources: [] }],
    }
    await prisma.token.createMany({
      data: crowd.flatMap((index) =>
        [0, 1].map((generation) => ({
          ...at,
          id: 10_000 + 2 * index + generation,
          organizationId,
          accessId: 10_001 + 2 * index,
          name: 'Robot',
          secretHash: createHash('sha256').update(`${index} ${generation}`).digest(),
          hint: 'abcd',
          allowedScopes: { generalScopes: [], organizationScopes, servicesScopes: [] },
          expiresAt: new Date('2027-01-01'),
          rotatedFromId: generation === 1 ? 10_000 + 2 * index : null,
        })),
      ),
    })
    // The first request looks the caller's organization up besides, and reads the catalogue.
    await harness.askRaw('{ role(id: "auditor") { id } }')
  })
  afterAll(() => harness.close())

  const statements = async (document: string) => {
    const { errors, statements: sent } = await harness.askRaw(document)
    expect(errors).toBeUndefined()
    return sent
  }

  describe.each(nested)('for %s', (_, document, expected) => {
    it.each([1, 10, 100])(`is ${expected} for %i users`, async (limit) => {
      const { data, errors, statements: sent } = await harness.askRaw(document.toString(), { limit })
      expect(errors).toBeUndefined()
      expect(JSON.stringify(data).length).toBeGreaterThan(100 * limit)
      expect(sent).toHaveLength(expected)
    })
  })

  it.each(['users', 'accesses', 'tokens'])(
    'is 0 for %s of which only limit and offset are asked for',
    async (field) => {
      expect(await statements(`{ ${field}(limit: 5, offset: 2) { limit offset __typename } }`)).toEqual([])
    },
  )

  it.each([
    'users',
    'accesses',
    'tokens',
    'roles',
    'permissions',
    'usersConnection',
    'accessesConnection',
    'tokensConnection',
  ])('is 1 for the total of %s, which loads no rows', async (field) => {
    const sent = await statements(`{ ${field} { total } }`)
    expect(sent.map(isCount)).toEqual([true])
  })

  it.each(['users', 'accesses', 'tokens', 'roles', 'permissions'])(
    'is 1 for the results of %s, which count nothing',
    async (field) => {
      expect((await statements(`{ ${field} { results { id } } }`)).map(isCount)).toEqual([false])
      expect((await statements(`{ ${field} { total results { id } } }`)).map(isCount).sort()).toEqual([false, true])
    },
  )

  it.each(['users', 'accesses', 'tokens'])(
    'is 1 for the page of a connection of %s, however much of it is asked for',
    async (field) => {
      expect(await statements(`{ ${field}Connection { pageInfo { endCursor } } }`)).toHaveLength(1)
      const parts = 'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage }'
      expect((await statements(`{ ${field}Connection { ${parts} } }`)).map(isCount)).toEqual([false])
      expect((await statements(`{ ${field}Connection { ${parts} total } }`)).map(isCount).sort()).toEqual([false, true])
    },
  )

  it.each([
    ['users', 'accesses { total }'],
    ['users', 'accesses(types: [PROFILE]) { total }'],
    ['users', 'tokens { total limit offset }'],
    ['accesses', 'tokens(search: { status: [ACTIVE] }) { total }'],
    ['roles', 'accesses { total }'],
  ])('is 2 for %s { results { %s } }: totals of links load no rows', async (field, selection) => {
    const sent = await statements(`{ ${field} { results { ${selection} } } }`)
    expect(sent.map(isCount)).toEqual([false, true])
    expect(sent[1]).not.toMatch(/created_at/)
  })

  it.each([
    ['users', 'accesses { __typename }'],
    ['users', 'tokens { limit offset }'],
    ['accesses', 'tokens(limit: 1) { limit }'],
    ['roles', 'accesses { offset }'],
  ])('is 1 for %s { results { %s } }, of which nothing has to be read', async (field, selection) => {
    expect(await statements(`{ ${field} { results { ${selection} } } }`)).toHaveLength(1)
  })

  it('is the same for a link that is asked for twice with equal arguments, and 1 more with others', async () => {
    const users = (accesses: string) => statements(`{ users { results { ${accesses} } } }`)
    expect(await users('a: accesses(types: [PROFILE]) { results { id } }')).toHaveLength(2)
    const equal = 'a: accesses(types: [PROFILE]) { results { id } } b: accesses(types: [PROFILE]) { results { id } }'
    expect(await users(equal)).toHaveLength(2)
    const different = 'a: accesses(types: [PROFILE]) { results { id } } b: accesses { results { id } }'
    expect(await users(different)).toHaveLength(3)
  })

  it('is 1 for an organization, however many rows belong to it and ask for its fields', async () => {
    const selection = 'customerId organization { id name customerId }'
    expect(await statements(`{ users { results { ${selection} } } }`)).toHaveLength(2)
  })

  it('is the same for the next request: what one request loaded is not there for another', async () => {
    const { userId } = administrator
    const read = `{ user(id: "${userId}") { email organization { name } } again: user(id: "${userId}") { phone } }`
    expect(await statements(read)).toHaveLength(2)
    await harness.prisma.user.update({ where: { id: userId }, data: { phone: '+44 1632 960999' } })
    const { data, statements: sent } = await harness.askRaw(read)
    expect(sent).toHaveLength(2)
    expect(data?.again).toEqual({ phone: '+44 1632 960999' })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
