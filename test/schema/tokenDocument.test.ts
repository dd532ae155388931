/** The README's table of the token document: each row is asked for, of a gateway and by the introspection of OAuth. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { ResourceType } from '../../src/db/generated/prisma/client.ts'
import { demoAccessId } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { postingForms } from '../support/oauth.ts'

/** The cells of each row, without their marks. */
const rows = (() => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, section = ''] = readme.split('### The token document, field by field\n')
  const table = section.match(/(?:^\|.*\n)+/m)?.[0] ?? ''
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map(([, field = '', place = '', members = '']) => ({ field, place, members: members.split(', ').filter(Boolean) }))
})()

/** What is selected of fields that are objects. */
const selections: Readonly<Record<string, string>> = {
  deactivatedUpdatedBy: '{ id firstname }',
  allowedScopes: `{
    generalScopes
    organizationScopes { allRoles allPermissions keptInToken roles { name resource { type id } } permissions { permissionId resources { type id } } }
    servicesScopes { serviceDefinitionId allRoles allPermissions keptInToken }
  }`,
}

const { administrator } = demoCallers
const access = 'Joiners & leavers'
const zone = { type: 'ZONE', id: 'example.com' }
const given = {
  generalScopes: ['openid'],
  organizationScopes: {
    keptInToken: ['ROLES', 'PERMISSIONS'],
    roles: [{ name: 'zone-editor', resource: zone }],
    permissions: [{ permissionId: 'dns.zone.read', resources: [zone] }],
  },
  servicesScopes: [{ serviceDefinitionId: 'dns', keptInToken: ['PERMISSIONS'], allRoles: false }],
}

describe('the token document', () => {
  let harness: Harness
  let secret: string
  let id: string
  beforeAll(async () => {
    harness = await createHarness()
    const input = { accessId: demoAccessId(access), name: 'Documented', scope: ['users:read'], allowedScopes: given }
    const { data } = await harness.askRaw(
      'mutation ($input: IssueTokenInput!) { issueToken(input: $input) { ... on IssueTokenPayload { secret token { id } } } }',
      { input },
    )
    const issued = data?.issueToken as { secret: string; token: { id: string } }
    secret = issued.secret
    id = issued.token.id
    const switching = (field: string) => harness.askRaw(`mutation { ${field}(tokenId: "${id}") { __typename } }`)
    await switching('deactivateToken')
    await switching('reactivateToken')
  })
  afterAll(() => harness.close())

  /** What the graph has at the places of the table, by the fields of the document. */
  const document = async () => {
    const asked = rows
      .filter(({ place }) => place.startsWith('Token.'))
      .map(({ place }) => place.slice('Token.'.length))
    const selection = asked.map((field) => `${field} ${selections[field] ?? ''}`).join(' ')
    const query = `query ($secret: String!) { tokenDetails(secret: $secret) { ${selection} } }`
    const { data, errors } = await harness.askRaw(query, { secret })
    expect(errors).toBeUndefined()
    const found = data?.tokenDetails as Record<string, unknown>
    return Object.fromEntries(rows.map(({ field, place }) => [field, found[place.slice('Token.'.length)]]))
  }

  it('has 17 fields, each once', () => {
    expect(rows).toHaveLength(17)
    expect(new Set(rows.map(({ field }) => field)).size).toBe(17)
  })

  it('has what the database has, at each place that the table names', async () => {
    const row = await harness.prisma.token.findUniqueOrThrow({ where: { id: Number(id) }, include: { access: true } })
    const user = await harness.prisma.user.findUniqueOrThrow({
      where: { id: row.access?.userId ?? '' },
      include: { identityProvider: true },
    })
    const none = { allRoles: false, allPermissions: false }
    expect(rows.find(({ field }) => field === 'token')?.place).toBe('IssueTokenPayload.secret')
    expect(await document()).toEqual({
      tokenId: id,
      tokenName: 'Documented',
      token: undefined,
      acct: user.acct,
      domain: user.identityProvider?.domain,
      idpId: user.identityProvider?.id,
      userId: user.id,
      username: user.email,
      orgId: row.organizationId,
      createdAt: row.createdAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
      lastUsedAt: row.lastUsedAt,
      deactivated: false,
      deactivatedUpdatedOn: row.deactivatedUpdatedOn?.toISOString(),
      deactivatedUpdatedBy: { id: administrator.userId, firstname: 'Ada' },
      scope: ['users:read'],
      allowedScopes: {
        ...given,
        organizationScopes: { ...none, ...given.organizationScopes },
        servicesScopes: [{ serviceDefinitionId: 'dns', ...none, keptInToken: ['PERMISSIONS'] }],
      },
    })
  })

  it('is what introspection says of it, at each member that the table names', async () => {
    const found = await document()
    const post = postingForms(harness)
    const { body } = await post('introspect', { token: secret }, { caller: administrator })
    const seconds = (time: unknown) => Math.floor(Date.parse(time as string) / 1_000)
    const said: Readonly<Record<string, unknown>> = {
      ...found,
      createdAt: seconds(found.createdAt),
      expiresAt: seconds(found.expiresAt),
      deactivated: !found.deactivated,
      scope: 'users:read openid',
      allowedScopes: expect.objectContaining({
        generalScopes: ['openid'],
        // Its access holds none of them.
        organizationScopes: { roles: [], permissions: [] },
      }),
    }
    // Ids are numbers in JSON, and texts in the graph.
    const comparable = (value: unknown) => (typeof value === 'number' ? String(value) : value)
    for (const { field, members } of rows) {
      for (const member of members)
        expect([member, comparable(body[member])]).toEqual([member, comparable(said[field])])
    }
  })

  it.each(Object.values(ResourceType))('is decided on with resources of the type %s', async (type) => {
    const { prisma } = harness
    const [roleId, permissionId] = ['documented', `documented.${type}`]
    await prisma.role.upsert({ where: { id: roleId }, create: { id: roleId, description: roleId }, update: {} })
    await prisma.permission.create({ data: { id: permissionId, description: permissionId } })
    await prisma.rolePermission.create({ data: { roleId, permissionId } })
    const accessId = demoAccessId('zoe.hartmann@lakeside.example')
    const held = { organizationId: administrator.organizationId, accessId: Number(accessId), roleId }
    const [own, other] = [
      { type, id: 'held.example' },
      { type, id: 'other.example' },
    ]
    await prisma.roleAssignment.create({ data: { ...held, resourceType: type, resourceId: own.id } })
    const checks = [own, other, null].map((resource) => ({ accessId, permissionId, resource }))
    const query = 'query ($checks: [PermissionCheck!]!) { checkPermissions(checks: $checks) { allowed } }'
    const { data } = await harness.askRaw(query, { checks })
    expect(data?.checkPermissions).toEqual([{ allowed: true }, { allowed: false }, { allowed: false }])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
