import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { ResourceInput } from '../generated/graphql.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const WhoCan = graphql(`
  query WhoCan($permissionId: ID!, $resource: ResourceInput, $search: AccessSearch, $limit: Int, $offset: Int) {
    accessesWithPermission(
      permissionId: $permissionId
      resource: $resource
      search: $search
      limit: $limit
      offset: $offset
    ) { total limit offset results { id type } }
  }
`)

const FollowWhoCan = graphql(`
  query FollowWhoCan($permissionId: ID!, $resource: ResourceInput, $first: Int, $after: String, $last: Int, $before: String) {
    accessesWithPermissionConnection(
      permissionId: $permissionId
      resource: $resource
      first: $first
      after: $after
      last: $last
      before: $before
    ) { total edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } }
  }
`)

const HoldersOfPermissions = graphql(`
  query HoldersOfPermissions($resource: ResourceInput) {
    permissions { results { id accesses(resource: $resource, limit: 1000) { total results { id } } } }
  }
`)

const CheckHolders = graphql(`
  query CheckHolders($checks: [PermissionCheck!]!) { checkPermissions(checks: $checks) { allowed } }
`)

const { administrator, auditor, otherReader } = demoCallers
const zone = (id: string): ResourceInput => ({ type: 'ZONE', id })
const resources = [null, zone('a.example'), zone('b.example'), zone('none.example')]

describe('who may do it', () => {
  let harness: Harness
  let permissionIds: readonly string[]
  let accessIds: readonly string[]

  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const roleIds = (await prisma.role.findMany()).map(({ id }) => id)
    const accesses = await prisma.access.findMany({ orderBy: { id: 'asc' } })
    permissionIds = (await prisma.permission.findMany()).map(({ id }) => id).sort()
    accessIds = accesses
      .filter(({ organizationId }) => organizationId === administrator.organizationId)
      .map(({ id }) => String(id))
    await prisma.roleAssignment.deleteMany()
    const held = fc.uniqueArray(
      fc.record({ roleId: fc.constantFrom(...roleIds), resourceId: fc.constantFrom(null, 'a.example', 'b.example') }),
      { maxLength: 4, selector: ({ roleId, resourceId }) => `${roleId} ${resourceId}` },
    )
    const drawn = fc.sample(held, accesses.length)
    await prisma.roleAssignment.createMany({
      data: accesses.flatMap(({ id, organizationId }, index) =>
        (drawn[index] ?? []).map(({ roleId, resourceId }) => ({
          ...{ accessId: id, organizationId, roleId, resourceId },
          resourceType: resourceId === null ? null : ('ZONE' as const),
        })),
      ),
    })
    const gone = accesses.find(({ userId }) => userId !== administrator.userId)
    await prisma.user.update({ where: { id: gone?.userId ?? '' }, data: { expiresAt: new Date('2026-01-01') } })
    await harness.askRaw('{ role(id: "auditor") { id } }')
  })
  afterAll(() => harness.close())

  const ask = async (permissionId: string, given: object = {}, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(WhoCan, { permissionId, limit: 1000, ...given }, caller)
    expect(errors).toBeUndefined()
    return data?.accessesWithPermission
  }
  const allowed = async (permissionId: string, resource: ResourceInput | null, ids = accessIds) => {
    const checks = ids.map((accessId) => ({ accessId, permissionId, resource }))
    const { data } = await harness.ask(CheckHolders, { checks })
    return ids.filter((_, index) => data?.checkPermissions[index]?.allowed)
  }

  it.each(resources)('is whom a check allows it, for every permission, on %j', async (resource) => {
    const { data, errors, statements } = await harness.ask(HoldersOfPermissions, { resource })
    expect(errors).toBeUndefined()
    expect(statements).toHaveLength(3)
    const told = data?.permissions.results ?? []
    expect(told.map(({ id }) => id)).toEqual(permissionIds)
    for (const { id, accesses } of told) {
      const expected = await allowed(id, resource)
      expect(accesses).toEqual({ total: expected.length, results: expected.map((accessId) => ({ id: accessId })) })
    }
    expect(told.some(({ accesses }) => accesses.total > 2)).toBe(true)
  })

  it('comes by page, and narrowed by a search', async () => {
    const [permissionId, resource] = ['dns.zone.read', zone('a.example')]
    const all = await allowed(permissionId, resource)
    expect(all.length).toBeGreaterThan(5)
    const page = await ask(permissionId, { resource, limit: 3, offset: 2 })
    expect(page).toMatchObject({ total: all.length, limit: 3, offset: 2 })
    expect(page?.results.map(({ id }) => id)).toEqual(all.slice(2, 5))
    const narrowed = await ask(permissionId, { resource, search: { types: ['API_CONNECTION'] } })
    const whole = await ask(permissionId, { resource })
    const expected = whole?.results.filter(({ type }) => type === 'API_CONNECTION')
    expect(narrowed).toMatchObject({ total: expected?.length, results: expected })
    expect(await ask(permissionId, { resource: zone('A.Example.') })).toEqual(whole)
  })

  it.each([null, zone('a.example')])('comes by cursor, both ways, on %j', async (resource) => {
    const permissionId = 'dns.zone.read'
    const all = await allowed(permissionId, resource)
    const follow = async (given: object) => {
      const { data, errors } = await harness.ask(FollowWhoCan, { permissionId, resource, ...given })
      expect(errors).toBeUndefined()
      return data?.accessesWithPermissionConnection
    }
    for (const [size, from] of [
      ['first', 'after'],
      ['last', 'before'],
    ] as const) {
      const seen: string[] = []
      let cursor: string | undefined
      for (let more = true; more; ) {
        const page = await follow({ [size]: 2, ...(cursor === undefined ? {} : { [from]: cursor }) })
        const ids = page?.edges.map(({ node }) => node.id) ?? []
        expect(page?.total).toBe(all.length)
        seen.splice(size === 'first' ? seen.length : 0, 0, ...ids)
        cursor = page?.edges.at(size === 'first' ? -1 : 0)?.cursor
        more = (size === 'first' ? page?.pageInfo.hasNextPage : page?.pageInfo.hasPreviousPage) ?? false
      }
      expect(seen).toEqual(all)
    }
  })

  it('is nobody for a permission that is not there, and nobody of another organization', async () => {
    expect(await ask('no.such.permission')).toMatchObject({ total: 0, results: [] })
    const everybody = await ask(
      'dns.zone.read',
      {},
      { claims: { ...claimsOf(auditor), scope: 'accesses:read permissions:check organizations:all' } },
    )
    const own = await ask('dns.zone.read')
    const other = await ask('dns.zone.read', {}, otherReader)
    const ids = (page: typeof own) => page?.results.map(({ id }) => id) ?? []
    expect(ids(everybody)).toEqual(expect.arrayContaining([...ids(own), ...ids(other)]))
    expect(ids(own).filter((id) => ids(other).includes(id))).toEqual([])
    expect(ids(own).every((id) => accessIds.includes(id))).toBe(true)
  })

  it('is refused to who has no credential, and to who lacks a scope', async () => {
    const variables = { permissionId: 'dns.zone.read' }
    expect((await harness.ask(WhoCan, variables, null)).status).toBe(401)
    for (const dropped of ['accesses:read', 'permissions:check']) {
      const scope = administrator.scopes.filter((each) => each !== dropped).join(' ')
      const { status, statements } = await harness.ask(WhoCan, variables, {
        claims: { ...claimsOf(administrator), scope },
      })
      expect({ status, statements }).toEqual({ status: 403, statements: [] })
    }
  })

  it('is refused for what is no id, no zone and no cursor', async () => {
    const codes = async (document: string) =>
      (await harness.askRaw(document)).errors?.map(({ extensions: { code } }) => code)
    const bad = ['BAD_USER_INPUT']
    expect(await codes('{ accessesWithPermission(permissionId: "") { total } }')).toEqual(bad)
    expect(await codes('{ accessesWithPermission(permissionId: "x", limit: 0) { total } }')).toEqual(bad)
    expect(
      await codes('{ accessesWithPermission(permissionId: "x", resource: { type: ZONE, id: "*" }) { total } }'),
    ).toEqual(bad)
    expect(await codes('{ accessesWithPermissionConnection(permissionId: "x", after: "x") { total } }')).toEqual(bad)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
