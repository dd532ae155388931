import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const ReadRoles = graphql(`
  query ReadRoles {
    roles { total results { nodeId id description permissions { id } accesses(limit: 1000) { total limit results { id } } } }
  }
`)

const ReadPermissions = graphql(`
  query ReadPermissions {
    permissions { total results { nodeId id description roles { id } } }
  }
`)

const ReadRoleAndPermission = graphql(`
  query ReadRoleAndPermission($role: ID!, $permission: ID!) {
    role(id: $role) { id description }
    permission(id: $permission) { id description }
  }
`)

const PageAccessesOfRole = graphql(`
  query PageAccessesOfRole($limit: Int, $offset: Int) {
    role(id: "zone-reader") { accesses(limit: $limit, offset: $offset) { total limit offset results { id } } }
  }
`)

const { auditor, reader } = demoCallers
const nodeId = (kind: string, id: string) => Buffer.from(`${kind}:${id}`).toString('base64url')
const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1)

describe('roles and permissions', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    // Ids that sort differently by language than by character, and a role that nobody holds and that allows nothing.
    const more = ['Zone-admin', 'zone_admin', 'zone.admin', 'zoneadmin', 'éditeur', 'zone admin']
    await harness.prisma.role.createMany({ data: more.map((id) => ({ id, description: `Role ${id}.` })) })
    await harness.prisma.rolePermission.createMany({
      data: more.slice(1).map((roleId) => ({ roleId, permissionId: 'dns.zone.read' })),
    })
  })
  afterAll(() => harness.close())

  it.each([
    ['of the own organization', reader],
    ['of all organizations', auditor],
  ])('are the whole catalogue by id, with the holders %s', async (_, caller) => {
    const { prisma } = harness
    const roles = await prisma.role.findMany({ include: { permissions: true } })
    const everybody = caller === auditor
    const assignments = await prisma.roleAssignment.findMany({
      where: everybody ? {} : { organizationId: caller.organizationId },
    })
    const { data, errors } = await harness.ask(ReadRoles, {}, caller)
    expect(errors).toBeUndefined()
    const results = roles.sort(byId).map(({ id, description, permissions }) => {
      const holders = new Set(assignments.filter(({ roleId }) => roleId === id).map(({ accessId }) => accessId))
      const accesses = [...holders].sort((a, b) => a - b).map((accessId) => ({ id: String(accessId) }))
      return {
        nodeId: nodeId('Role', id),
        id,
        description,
        permissions: permissions.map(({ permissionId }) => ({ id: permissionId })).sort(byId),
        accesses: { total: accesses.length, limit: 1000, results: accesses },
      }
    })
    expect(data?.roles).toEqual({ total: roles.length, results })
  })

  it('lead from each permission to the roles that have it, by id', async () => {
    const permissions = await harness.prisma.permission.findMany({ include: { roles: true } })
    const { data, errors } = await harness.ask(ReadPermissions, {}, reader)
    expect(errors).toBeUndefined()
    const results = permissions.sort(byId).map(({ id, description, roles }) => ({
      nodeId: nodeId('Permission', id),
      id,
      description,
      roles: roles.map(({ roleId }) => ({ id: roleId })).sort(byId),
    }))
    expect(data?.permissions).toEqual({ total: permissions.length, results })
  })

  it('are found by id, exactly as it is written', async () => {
    const known = await harness.ask(ReadRoleAndPermission, { role: 'éditeur', permission: 'dns.zone.read' }, reader)
    expect(known.data).toMatchObject({ role: { id: 'éditeur' }, permission: { id: 'dns.zone.read' } })
    const unknown = await harness.ask(ReadRoleAndPermission, { role: 'ZONE-READER', permission: 'dns.zone.%' }, reader)
    expect(unknown).toMatchObject({ data: { role: null, permission: null }, errors: undefined })
  })

  it('give the holders by page', async () => {
    const whole = await harness.ask(PageAccessesOfRole, {}, reader)
    const all = whole.data?.role?.accesses
    expect(all).toMatchObject({ limit: 100, offset: 0 })
    expect(all?.results.length).toBe(all?.total)
    const page = await harness.ask(PageAccessesOfRole, { limit: 2, offset: 1 }, reader)
    expect(page.data?.role?.accesses).toEqual({
      total: all?.total,
      limit: 2,
      offset: 1,
      results: all?.results.slice(1, 3),
    })
  })

  it('meet nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
