import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { graphql } from '../generated/gql.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const RolesUntil = graphql(`
  query RolesUntil($accessId: ID!, $userId: ID!, $resource: ResourceInput) {
    access(id: $accessId) {
      roles { id }
      permissions { id }
      roleAssignments { role { id } resource { id } validUntil }
      effectivePermissions(resource: $resource) { id }
      resources(permissionId: "dns.record.update") { everywhere resources { id } }
    }
    checkPermissions(checks: [
      { accessId: $accessId, permissionId: "dns.record.update", resource: $resource }
      { accessId: $accessId, permissionId: "dns.record.read", resource: $resource }
    ]) {
      allowed
      explanation { summary grants { role { id } } missing { kind message role { id } resource { id } } }
    }
    whoCan: accessesWithPermission(permissionId: "dns.record.update", resource: $resource, limit: 1000) {
      total
      results { id }
    }
    follow: accessesWithPermissionConnection(permissionId: "dns.record.update", resource: $resource, first: 1000) {
      total
      nodes { id }
    }
    role(id: "zone-editor") {
      accesses(limit: 1000) { total results { id } }
      profiles: accesses(search: { types: [PROFILE] }, limit: 1000) { total results { id } }
    }
    byRole: accesses(search: { roleId: "zone-editor", userId: $userId }) { total results { id } }
    byPermission: accesses(search: { permissionId: "dns.record.update", userId: $userId }) { total results { id } }
    users(search: { roleId: "zone-editor", ids: [$userId] }) { total }
    able: users(search: { permissionId: "dns.record.update", ids: [$userId] }) { total }
  }
`)

const IssueByRole = graphql(`
  mutation IssueByRole($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on ScopeNotGrantedError { excess }
    }
  }
`)

const { administrator } = demoCallers
const end = new Date(testTime.getTime() + 60_000)

describe('a role that is assigned until an instant', () => {
  let harness: Harness
  const { accessId, person } = demoAccess('Terraform')
  const userId = person.userId
  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const { organizationId } = administrator
    await prisma.roleAssignment.deleteMany({ where: { access: { userId } } })
    await prisma.roleAssignment.deleteMany({ where: { accessId: administrator.accessId } })
    const assigned = { organizationId, accessId, resourceType: null, resourceId: null, validUntil: null }
    await prisma.roleAssignment.createMany({
      data: [
        { ...assigned, roleId: 'zone-editor', resourceType: 'ZONE', resourceId: 'example.com', validUntil: end },
        { ...assigned, roleId: 'zone-reader', resourceType: 'ZONE', resourceId: 'example.com' },
        { ...assigned, accessId: administrator.accessId, roleId: 'zone-editor', validUntil: end },
      ],
    })
  })
  afterAll(() => harness.close())

  async function at(instant: Date) {
    harness.now = instant
    const variables = { accessId: String(accessId), userId, resource: { type: 'ZONE' as const, id: 'example.com' } }
    const { data, errors } = await harness.ask(RolesUntil, variables)
    expect(errors).toBeUndefined()
    if (!data?.access || !data.role) throw new Error('expected the access and the role')
    const { access, role, checkPermissions, whoCan, follow, byRole, byPermission, users, able } = data
    const has = (list: { readonly results: readonly { readonly id: string }[] }) =>
      list.results.some(({ id }) => id === String(accessId))
    return {
      access,
      checks: checkPermissions,
      listed: [has(whoCan), has({ results: follow.nodes }), has(role.accesses), has(byRole), has(byPermission)],
      counted: [users.total, able.total, byRole.total, byPermission.total],
      totals: [whoCan.total === whoCan.results.length, follow.total === follow.nodes.length, role.accesses.total],
    }
  }

  it('counts before it, wherever it is asked', async () => {
    const { access, checks, listed, counted } = await at(new Date(end.getTime() - 1))
    expect(access.roles).toEqual([{ id: 'zone-editor' }, { id: 'zone-reader' }])
    expect(access.permissions).toContainEqual({ id: 'dns.record.update' })
    expect(access.effectivePermissions).toContainEqual({ id: 'dns.record.update' })
    expect(access.resources).toEqual({ everywhere: false, resources: [{ id: 'example.com' }] })
    expect(checks.map(({ allowed }) => allowed)).toEqual([true, true])
    expect(checks[0]?.explanation.grants).toEqual([{ role: { id: 'zone-editor' } }])
    expect(listed).toEqual([true, true, true, true, true])
    expect(counted).toEqual([1, 1, 1, 1])
  })

  it('counts no more from it on, and stays listed with it', async () => {
    const before = await at(new Date(end.getTime() - 1))
    const { access, checks, listed, counted, totals } = await at(end)
    expect(access.roles).toEqual([{ id: 'zone-reader' }])
    expect(access.permissions).not.toContainEqual({ id: 'dns.record.update' })
    expect(access.effectivePermissions).not.toContainEqual({ id: 'dns.record.update' })
    expect(access.resources).toEqual({ everywhere: false, resources: [] })
    expect(checks.map(({ allowed }) => allowed)).toEqual([false, true])
    expect(checks[0]?.explanation).toMatchObject({
      summary: 'Denied: the role zone-editor was held on zone:example.com, and has ended.',
      missing: [{ kind: 'EXPIRED', role: { id: 'zone-editor' }, resource: { id: 'example.com' } }],
    })
    expect(listed).toEqual([false, false, false, false, false])
    expect(counted).toEqual([0, 0, 0, 0])
    expect(totals).toEqual([true, true, Number(before.totals[2]) - 2])
    expect(access.roleAssignments).toEqual([
      { role: { id: 'zone-editor' }, resource: { id: 'example.com' }, validUntil: end.toISOString() },
      { role: { id: 'zone-reader' }, resource: { id: 'example.com' }, validUntil: null },
    ])
  })

  it('is given to a token before it only', async () => {
    const input = {
      ...{ accessId: String(accessId), name: 'until', expiresAt: new Date(end.getTime() + 1_000_000).toISOString() },
      allowedScopes: { organizationScopes: { roles: [{ name: 'zone-editor' }] } },
    }
    const issue = async (now: Date) => {
      harness.now = now
      return (await harness.ask(IssueByRole, { input })).data?.issueToken
    }
    expect(await issue(new Date(end.getTime() - 1))).toEqual({ __typename: 'IssueTokenPayload' })
    expect(await issue(end)).toEqual({ __typename: 'ScopeNotGrantedError', excess: ['role:zone-editor'] })
    expect(await issue(new Date(end.getTime() - 1))).toEqual({ __typename: 'IssueTokenPayload' })
  })
})
