import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const ReadAccess = graphql(`
  query ReadAccess($id: ID!) {
    access(id: $id) {
      __typename
      nodeId
      id
      type
      user { id }
      customerId
      organization { id }
      roles { id }
      roleAssignments { role { id } resource { type id } }
      permissions { id }
      lastLoginAt
      createdAt
      createdBy { id access { id } }
      updatedAt
      updatedBy { id access { id } }
      tokens { total limit offset results { id } }
      ... on UiConnectionAccess { twoFaEnabled }
      ... on SsoConnectionAccess { ssoId }
      ... on ApiConnectionAccess { apiName: name language }
      ... on ProfileAccess { profileName: name }
    }
  }
`)

const { auditor, otherReader } = demoCallers
const sorted = (ids: Iterable<string>) => [...new Set(ids)].sort().map((id) => ({ id }))

describe('access', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('has every field of its row and of its type, for every access', async () => {
    const { prisma } = harness
    const rows = await prisma.access.findMany({
      include: { assignments: true, tokens: { orderBy: { id: 'asc' } }, user: { include: { organization: true } } },
    })
    const held = await prisma.rolePermission.findMany()
    const there = new Set(rows.map(({ id }) => id))
    const author = (snapshot: unknown) => {
      if (snapshot === null) return null
      const { userId, accessId } = snapshot as { userId: string; accessId?: number }
      return { id: userId, access: accessId !== undefined && there.has(accessId) ? { id: String(accessId) } : null }
    }
    const fieldsOfType = {
      UI_CONNECTION: (row: (typeof rows)[number]) => ({
        __typename: 'UiConnectionAccess',
        twoFaEnabled: row.twoFaEnabled,
      }),
      SSO_CONNECTION: (row: (typeof rows)[number]) => ({ __typename: 'SsoConnectionAccess', ssoId: row.ssoId }),
      API_CONNECTION: (row: (typeof rows)[number]) => ({
        __typename: 'ApiConnectionAccess',
        apiName: row.name,
        language: row.language,
      }),
      PROFILE: (row: (typeof rows)[number]) => ({ __typename: 'ProfileAccess', profileName: row.name }),
    }
    expect(new Set(rows.map(({ type }) => type)).size).toBe(4)

    for (const row of rows) {
      const { data, errors } = await harness.ask(ReadAccess, { id: String(row.id) }, auditor)
      expect(errors).toBeUndefined()
      const roleIds = row.assignments.map(({ roleId }) => roleId)
      const assignments = row.assignments.map(({ roleId, resourceType, resourceId }) => ({
        role: { id: roleId },
        resource: resourceId === null ? null : { type: resourceType, id: resourceId },
      }))
      expect(data?.access).toEqual({
        ...fieldsOfType[row.type](row),
        nodeId: Buffer.from(`Access:${row.id}`).toString('base64url'),
        id: String(row.id),
        type: row.type,
        user: { id: row.userId },
        customerId: row.user.organization.customerId,
        organization: { id: row.organizationId },
        roles: sorted(roleIds),
        roleAssignments: expect.arrayContaining(assignments),
        permissions: sorted(
          held.filter(({ roleId }) => roleIds.includes(roleId)).map(({ permissionId }) => permissionId),
        ),
        lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
        createdAt: row.createdAt.toISOString(),
        createdBy: author(row.createdBy),
        updatedAt: row.updatedAt.toISOString(),
        updatedBy: author(row.updatedBy),
        tokens: {
          total: row.tokens.length,
          limit: 100,
          offset: 0,
          results: row.tokens.map(({ id }) => ({ id: String(id) })),
        },
      })
      expect(data?.access?.roleAssignments).toHaveLength(assignments.length)
    }
  })

  it('gives assignments by role, the one for everywhere before those for one resource', async () => {
    const { prisma } = harness
    const { id, organizationId } = await prisma.access.findFirstOrThrow({ where: { assignments: { none: {} } } })
    const one = { organizationId, accessId: id, roleId: 'zone-reader' }
    await prisma.roleAssignment.createMany({
      data: [
        { ...one, resourceType: 'ZONE', resourceId: 'b.example' },
        { ...one, resourceType: 'ZONE', resourceId: 'a.example' },
        one,
        { ...one, roleId: 'auditor', resourceType: 'ZONE', resourceId: 'c.example' },
      ],
    })
    const { data } = await harness.ask(ReadAccess, { id: String(id) }, auditor)
    expect(data?.access?.roles).toEqual([{ id: 'auditor' }, { id: 'zone-reader' }])
    expect(data?.access?.roleAssignments.map(({ role, resource }) => [role.id, resource?.id])).toEqual([
      ['auditor', 'c.example'],
      ['zone-reader', undefined],
      ['zone-reader', 'a.example'],
      ['zone-reader', 'b.example'],
    ])
  })

  it('is null where there is none', async () => {
    const { data, errors } = await harness.ask(ReadAccess, { id: '999999' })
    expect({ data, errors }).toEqual({ data: { access: null }, errors: undefined })
  })

  it('is null for an access of another organization, but not for an auditor of all', async () => {
    const id = String(otherReader.accessId)
    expect((await harness.ask(ReadAccess, { id })).data).toEqual({ access: null })
    expect((await harness.ask(ReadAccess, { id }, auditor)).data?.access?.id).toBe(id)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
