import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { allScopes } from '../../src/auth/scopes.ts'
import { graphql } from '../generated/gql.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const ChangeRoleCreate = graphql(`
  mutation ChangeRoleCreate($input: CreateRoleInput!) {
    createRole(input: $input) {
      __typename
      ... on CreateRolePayload { role { id description permissions { id } } }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
      ... on ScopeNotGrantedError { excess }
    }
  }
`)

const ChangeRoleUpdate = graphql(`
  mutation ChangeRoleUpdate($input: UpdateRoleInput!) {
    updateRole(input: $input) {
      __typename
      ... on UpdateRolePayload { role { id description permissions { id } } }
      ... on Error { code message }
      ... on GuardRailError { rule }
      ... on InvalidInputError { fields { path message } }
      ... on ScopeNotGrantedError { excess }
    }
  }
`)

const ChangeRoleRemove = graphql(`
  mutation ChangeRoleRemove($input: RemoveRoleInput!) {
    removeRole(input: $input) {
      __typename
      ... on RemoveRolePayload { roleId }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
    }
  }
`)

const ChangeRoleCheck = graphql(`
  query ChangeRoleCheck($accessId: ID!, $permissionId: ID!) {
    checkPermissions(checks: [{ accessId: $accessId, permissionId: $permissionId }]) { allowed }
  }
`)

const { administrator, reader, auditor, otherReader } = demoCallers
/** The administrator of organization 1, who may change the catalogue, too. */
const keeper: Caller = { ...administrator, scopes: allScopes }
const assigning = 'iam.role.assign'
const everywhere = { resourceType: null, resourceId: null }

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
beforeEach(async () => {
  await harness.prisma.roleAssignment.deleteMany({ where: { roleId: { startsWith: 'test' } } })
  await harness.prisma.role.deleteMany({ where: { id: { startsWith: 'test' } } })
})
afterAll(() => harness.close())

type Answer = Record<string, unknown>

async function asked(document: { toString(): string }, field: string, input: object, caller: Caller): Promise<Answer> {
  const { data, errors } = await harness.askRaw(document.toString(), { input }, caller)
  expect(errors).toBeUndefined()
  return data?.[field] as Answer
}
const create = (input: object, caller: Caller = keeper) =>
  asked(ChangeRoleCreate, 'createRole', { roleId: 'test', description: 'A test.', permissions: [], ...input }, caller)
const update = (input: object, caller: Caller = keeper) =>
  asked(ChangeRoleUpdate, 'updateRole', { roleId: 'test', ...input }, caller)
const remove = (input: object = {}, caller: Caller = keeper) =>
  asked(ChangeRoleRemove, 'removeRole', { roleId: 'test', ...input }, caller)

const stored = (id = 'test') => harness.prisma.role.findUnique({ where: { id }, include: { permissions: true } })
const permits = async (id = 'test') => (await stored(id))?.permissions.map(({ permissionId }) => permissionId).sort()
const events = () => harness.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })
const lastEvent = async () => (await events()).at(-1)
const give = (roleId: string, accessId: number, organizationId: string, more: object = {}) =>
  harness.prisma.roleAssignment.create({ data: { organizationId, accessId, roleId, ...everywhere, ...more } })
const mayRead = async (permissionId: string) => {
  const { data } = await harness.ask(ChangeRoleCheck, { accessId: String(reader.accessId), permissionId }, keeper)
  return data?.checkPermissions[0]?.allowed
}

describe.each([
  ['createRole', ChangeRoleCreate, { roleId: 'test', description: 'A test.', permissions: [] }],
  ['updateRole', ChangeRoleUpdate, { roleId: 'zone-reader', description: 'A test.' }],
  ['removeRole', ChangeRoleRemove, { roleId: 'zone-reader' }],
] as const)('%s', (_, document, input) => {
  it('refuses who has no credential, and who lacks one of the scopes, and changes nothing then', async () => {
    const before = await harness.prisma.role.findMany()
    const text = document.toString()
    expect(await harness.askRaw(text, { input }, null)).toMatchObject({ status: 401 })
    for (const [caller, missing] of [
      [administrator, 'organizations:all'],
      [auditor, 'roles:write'],
    ] as const) {
      const { status, errors } = await harness.askRaw(text, { input }, caller)
      expect(status).toBe(403)
      expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: missing }])
    }
    expect(await harness.prisma.role.findMany()).toEqual(before)
  })
})

describe('createRole', () => {
  it('makes a role with its permissions, which is seen at once', async () => {
    const permissions = ['dns.zone.read', 'dns.record.read', 'dns.zone.read']
    expect(await create({ permissions })).toEqual({
      __typename: 'CreateRolePayload',
      role: { id: 'test', description: 'A test.', permissions: [{ id: 'dns.record.read' }, { id: 'dns.zone.read' }] },
    })
    expect(await permits()).toEqual(['dns.record.read', 'dns.zone.read'])
  })

  it('tells the trail of it, which is nobody’s organization', async () => {
    await create({ permissions: ['dns.zone.read'] })
    expect(await lastEvent()).toMatchObject({
      organizationId: null,
      at: testTime,
      subject: administrator.userId,
      actor: { userId: administrator.userId, accessId: administrator.accessId },
      action: 'role.create',
      targetType: 'Role',
      targetId: 'test',
      before: null,
      after: { description: 'A test.', permissions: ['dns.zone.read'] },
    })
  })

  it('makes none whose id is taken, and none with permissions that there are none of', async () => {
    expect(await create({ roleId: 'zone-reader' })).toMatchObject({ __typename: 'ConflictError' })
    expect(await create({ permissions: ['dns.zone.read', 'nothing', ''] })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: ['permissions', '2'] }],
    })
    expect(await create({ permissions: ['dns.zone.read', 'nothing'] })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: ['permissions', '1'], message: 'expected a permission that there is' }],
    })
    expect(await create({ roleId: '', description: ' ', idempotencyKey: '' })).toMatchObject({
      fields: [{ path: ['roleId'] }, { path: ['description'] }, { path: ['idempotencyKey'] }],
    })
    expect(await stored()).toBeNull()
  })

  it('puts nothing into it that its maker does not hold everywhere and without an end', async () => {
    const maker: Caller = { ...reader, scopes: allScopes }
    const { organizationId, accessId } = reader
    await harness.prisma.roleAssignment.deleteMany({ where: { accessId } })
    await give('zone-reader', accessId, organizationId)
    await give('zone-admin', accessId, organizationId, { resourceType: 'ZONE', resourceId: 'example.com' })
    await give('domain-reader', accessId, organizationId, { validUntil: new Date('2027-06-01') })
    expect(
      await create({ permissions: ['dns.zone.read', 'domain.name.read', 'dns.zone.create', 'iam.user.read'] }, maker),
    ).toMatchObject({
      __typename: 'ScopeNotGrantedError',
      excess: ['permission:dns.zone.create', 'permission:domain.name.read', 'permission:iam.user.read'],
    })
    expect(await create({ permissions: ['dns.zone.read'] }, maker)).toMatchObject({ __typename: 'CreateRolePayload' })
  })

  it('makes it once under a key, and answers alike', async () => {
    const input = { permissions: ['dns.zone.read'], idempotencyKey: 'create-once' }
    const first = await create(input)
    const trail = (await events()).length
    expect(await create(input)).toEqual(first)
    expect(await create({ ...input, description: 'Another.' })).toMatchObject({
      __typename: 'ConflictError',
      message: expect.stringContaining('key'),
    })
    expect(await events()).toHaveLength(trail)
    const homeless = { claims: { sub: 'service', scope: allScopes.join(' ') } }
    expect(await create({ roleId: 'test2', idempotencyKey: 'a' }, homeless)).toMatchObject({
      fields: [{ path: ['idempotencyKey'] }],
    })
    expect(await create({ roleId: 'test2' }, homeless)).toMatchObject({ __typename: 'CreateRolePayload' })
  })

  it('makes one of two that come at the same moment', async () => {
    const made = await Promise.all([create({ description: 'One.' }), create({ description: 'Other.' })])
    expect(made.map(({ __typename }) => __typename).sort()).toEqual(['ConflictError', 'CreateRolePayload'])
  })
})

describe('updateRole', () => {
  beforeEach(() => create({ permissions: ['dns.zone.read', 'dns.record.read'] }))

  it('describes it anew and changes what it permits, at once for who holds it', async () => {
    await give('test', reader.accessId, reader.organizationId)
    expect(await mayRead('dns.zone.create')).toBe(false)
    expect(
      await update({
        description: 'Anew.',
        addPermissions: ['dns.zone.create'],
        removePermissions: ['dns.record.read'],
      }),
    ).toMatchObject({
      role: { description: 'Anew.', permissions: [{ id: 'dns.zone.create' }, { id: 'dns.zone.read' }] },
    })
    expect(await mayRead('dns.zone.create')).toBe(true)
    expect(await lastEvent()).toMatchObject({
      action: 'role.update',
      targetId: 'test',
      before: { description: 'A test.', permissions: ['dns.record.read', 'dns.zone.read'] },
      after: { description: 'Anew.', permissions: ['dns.zone.create', 'dns.zone.read'] },
    })
    await update({ description: 'Once more.' })
    const { before, after } = (await lastEvent()) ?? {}
    expect([before, after]).toEqual([{ description: 'Anew.' }, { description: 'Once more.' }])
  })

  it('changes nothing where it is so already, and that is a success', async () => {
    const trail = (await events()).length
    const same = { description: 'A test.', addPermissions: ['dns.zone.read'], removePermissions: ['dns.zone.create'] }
    expect(await update(same)).toMatchObject({ __typename: 'UpdateRolePayload', role: { description: 'A test.' } })
    expect(await update({})).toMatchObject({ __typename: 'UpdateRolePayload' })
    expect(await events()).toHaveLength(trail)
  })

  it('knows no role that is not there, and no permission', async () => {
    expect(await update({ roleId: 'nothing' })).toMatchObject({ __typename: 'NotFoundError' })
    expect(await update({ addPermissions: ['nothing'] })).toMatchObject({
      fields: [{ path: ['addPermissions', '0'] }],
    })
    expect(await update({ removePermissions: ['dns.zone.read', 'nothing'] })).toMatchObject({
      fields: [{ path: ['removePermissions', '1'] }],
    })
    expect(await update({ addPermissions: ['dns.zone.read'], removePermissions: ['dns.zone.read'] })).toMatchObject({
      fields: [{ path: ['removePermissions', '0'] }],
    })
  })

  it('adds nothing that the caller does not hold, but asks for nothing of what is there', async () => {
    const nobody: Caller = { claims: { sub: 'service', scope: allScopes.join(' ') } }
    expect(await update({ addPermissions: ['dns.zone.read', 'dns.zone.create'] }, nobody)).toMatchObject({
      __typename: 'ScopeNotGrantedError',
      excess: ['permission:dns.zone.create'],
    })
    expect(
      await update({ addPermissions: ['dns.zone.read'], removePermissions: ['dns.record.read'] }, nobody),
    ).toMatchObject({ __typename: 'UpdateRolePayload' })
  })

  it('loses nothing of two changes that come at the same moment', async () => {
    await Promise.all([
      update({ addPermissions: ['dns.zone.create'] }),
      update({ addPermissions: ['dns.zone.delete'] }),
    ])
    expect(await permits()).toEqual(['dns.record.read', 'dns.zone.create', 'dns.zone.delete', 'dns.zone.read'])
  })

  it('leaves every organization an access that may assign roles, and the caller what lets the own one', async () => {
    await update({ addPermissions: [assigning] })
    await give('test', administrator.accessId, administrator.organizationId)
    expect(await update({ removePermissions: [assigning] })).toMatchObject({ __typename: 'UpdateRolePayload' })
    await update({ addPermissions: [assigning] })
    const { organizationId, accessId } = otherReader
    const permitting = await harness.prisma.rolePermission.findMany({ where: { permissionId: assigning } })
    const roleId = { in: permitting.map((each) => each.roleId) }
    await harness.prisma.roleAssignment.deleteMany({ where: { organizationId, roleId } })
    await give('test', accessId, organizationId)
    expect(await update({ removePermissions: [assigning] })).toMatchObject({
      __typename: 'GuardRailError',
      rule: 'LAST_ROLE_ASSIGNER',
    })
    await give('administrator', accessId, organizationId)
    await harness.prisma.roleAssignment.deleteMany({
      where: { accessId: administrator.accessId, roleId: { not: 'test' } },
    })
    await give('administrator', reader.accessId, reader.organizationId)
    expect(await update({ removePermissions: [assigning] })).toMatchObject({
      __typename: 'GuardRailError',
      rule: 'OWN_ROLE_ASSIGNER',
    })
    expect(await permits()).toContain(assigning)
    await give('administrator', administrator.accessId, administrator.organizationId)
    expect(await update({ removePermissions: [assigning] })).toMatchObject({ __typename: 'UpdateRolePayload' })
  })
})

describe('removeRole', () => {
  beforeEach(() => create({ permissions: ['dns.zone.read'] }))

  it('takes a role away that nobody has', async () => {
    expect(await remove()).toEqual({ __typename: 'RemoveRolePayload', roleId: 'test' })
    expect(await stored()).toBeNull()
    expect(await lastEvent()).toMatchObject({
      organizationId: null,
      action: 'role.remove',
      targetType: 'Role',
      targetId: 'test',
      before: { description: 'A test.', permissions: ['dns.zone.read'] },
      after: null,
    })
    expect(await remove()).toMatchObject({ __typename: 'NotFoundError' })
  })

  it('says how many accesses have it, where some do or did until it ended', async () => {
    await give('test', reader.accessId, reader.organizationId)
    await give('test', reader.accessId, reader.organizationId, { resourceType: 'ZONE', resourceId: 'example.com' })
    const held = (message: string) => ({ __typename: 'ConflictError', message })
    expect(await remove()).toMatchObject(held('1 access has the role: expected one that none has'))
    await give('test', otherReader.accessId, otherReader.organizationId, { validUntil: testTime })
    expect(await remove()).toMatchObject(held('2 accesses have the role: expected one that none has'))
    expect(await stored()).not.toBeNull()
  })

  it('leaves tokens that name it, which can use it no more', async () => {
    const id = demoTokenId('Terraform Cloud')
    const roles = [{ name: 'test', resource: null }]
    const organizationScopes = { allPermissions: false, allRoles: false, keptInToken: [], permissions: [], roles }
    const allowedScopes = { generalScopes: [], organizationScopes, servicesScopes: [] }
    await harness.prisma.token.update({ where: { id }, data: { allowedScopes } })
    expect(await remove()).toMatchObject({ __typename: 'RemoveRolePayload' })
    const { data, errors } = await harness.askRaw(
      `{ token(id: "${id}") { allowedScopes { organizationScopes { roles { name role { id } } } } } }`,
      {},
      keeper,
    )
    expect(errors).toBeUndefined()
    expect(JSON.stringify(data)).toContain('"name":"test"')
  })

  it('takes it once under a key, and answers alike', async () => {
    const first = await remove({ idempotencyKey: 'remove-once' })
    expect(await remove({ idempotencyKey: 'remove-once' })).toEqual(first)
    expect(await remove({ idempotencyKey: 'another' })).toMatchObject({ __typename: 'NotFoundError' })
  })
})

it('nothing unexpected has happened', () => {
  expect(harness.unexpected).toEqual([])
})
