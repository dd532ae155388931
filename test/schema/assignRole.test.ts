import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { allScopes } from '../../src/auth/scopes.ts'
import { graphql } from '../generated/gql.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const AssignRoleOne = graphql(`
  mutation AssignRoleOne($input: AssignRoleInput!) {
    assignRole(input: $input) {
      __typename
      ... on AssignRolePayload {
        assignment { role { id } resource { type id } validUntil }
        access { id roleAssignments { role { id } resource { id } validUntil } permissions { id } }
      }
      ... on Error { code message }
      ... on GuardRailError { rule }
      ... on InvalidInputError { fields { path message } }
      ... on ScopeNotGrantedError { excess }
    }
  }
`)

const AssignRoleWithdraw = graphql(`
  mutation AssignRoleWithdraw($input: WithdrawRoleInput!) {
    withdrawRole(input: $input) {
      __typename
      ... on WithdrawRolePayload {
        assignment { role { id } resource { type id } validUntil }
        access { id roleAssignments { role { id } } }
      }
      ... on Error { code message }
      ... on GuardRailError { rule }
      ... on InvalidInputError { fields { path message } }
    }
  }
`)

const AssignRoleSeveral = graphql(`
  mutation AssignRoleSeveral($inputs: [AssignRoleInput!]!) {
    assignRoles(inputs: $inputs) {
      successes { role { id } resource { id } validUntil }
      failures { accessId roleId resource { type id } error { __typename code message ... on InvalidInputError { fields { path } } } }
    }
  }
`)

const AssignRoleWithdrawSeveral = graphql(`
  mutation AssignRoleWithdrawSeveral($inputs: [WithdrawRoleInput!]!) {
    withdrawRoles(inputs: $inputs) {
      successes { role { id } resource { id } validUntil }
      failures { accessId roleId error { __typename message } }
    }
  }
`)

const { administrator, reader, otherReader } = demoCallers
const zone = (id: string) => ({ type: 'ZONE' as const, id })
const future = '2027-06-01T00:00:00.000Z'
const later = '2027-12-01T00:00:00.000Z'

/** An access of organization 1 that holds nothing at the beginning of a test. */
const target = demoAccess('Terraform')
const accessId = String(target.accessId)
const foreign = String(otherReader.accessId)
const assigning = ['roles:write', 'roles:read', 'accesses:read']

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
beforeEach(async () => {
  await harness.prisma.roleAssignment.deleteMany({ where: { accessId: { in: [target.accessId, reader.accessId] } } })
})
afterAll(() => harness.close())

/** What the trail says of an assignment. */
interface TrailEvent {
  readonly before: { readonly validUntil: string }
  readonly after: { readonly validUntil: string }
}

type Answer = Record<string, unknown> & { readonly access: { readonly roleAssignments: readonly object[] } }

async function assign(input: object, caller: Caller = administrator): Promise<Answer> {
  const { data, errors } = await harness.ask(AssignRoleOne, { input: { accessId, ...input } as never }, caller)
  expect(errors).toBeUndefined()
  return data?.assignRole as never
}

async function withdraw(input: object, caller: Caller = administrator): Promise<Answer> {
  const { data, errors } = await harness.ask(AssignRoleWithdraw, { input: { accessId, ...input } as never }, caller)
  expect(errors).toBeUndefined()
  return data?.withdrawRole as never
}

const give = (roleId: string, more: object = {}, to = reader.accessId) =>
  harness.prisma.roleAssignment.create({
    data: { organizationId: administrator.organizationId, accessId: to, roleId, ...more },
  })
const held = (of = target.accessId) =>
  harness.prisma.roleAssignment.findMany({ where: { accessId: of }, orderBy: { id: 'asc' } })
const events = () => harness.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })
const lastEvent = async () => (await events()).at(-1) as unknown as TrailEvent
/** Somebody who may assign, and holds what the test gives it. */
const giver: Caller = { ...reader, scopes: assigning }

/** Leaves the organization one access that may assign roles: that of its administrator. */
async function onlyAdministrator() {
  const permitting = await harness.prisma.rolePermission.findMany({ where: { permissionId: 'iam.role.assign' } })
  await harness.prisma.roleAssignment.deleteMany({
    where: { organizationId: administrator.organizationId, roleId: { in: permitting.map(({ roleId }) => roleId) } },
  })
  await harness.prisma.user.update({ where: { id: administrator.userId }, data: { expiresAt: null } })
  await give('administrator', {}, administrator.accessId)
}

describe('assignRole', () => {
  it('refuses who has no credential, and who lacks the scope, and changes nothing then', async () => {
    const input = { accessId, roleId: 'zone-reader' }
    const text = AssignRoleOne.toString()
    expect(await harness.askRaw(text, { input }, null)).toMatchObject({ status: 401 })
    const { status, errors } = await harness.askRaw(text, { input }, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: 'roles:write' }])
    expect(await held()).toEqual([])
  })

  it('gives a role everywhere, which counts at once', async () => {
    const answer = await assign({ roleId: 'zone-reader' })
    expect(answer).toMatchObject({
      __typename: 'AssignRolePayload',
      assignment: { role: { id: 'zone-reader' }, resource: null, validUntil: null },
      access: {
        id: accessId,
        roleAssignments: [{ role: { id: 'zone-reader' }, resource: null, validUntil: null }],
        permissions: expect.arrayContaining([{ id: 'dns.zone.read' }]),
      },
    })
    expect(await held()).toMatchObject([
      { roleId: 'zone-reader', resourceType: null, resourceId: null, validUntil: null },
    ])
  })

  it('gives it on one resource, in its canonical form, until an instant', async () => {
    const answer = await assign({ roleId: 'zone-editor', resource: zone('Münster.example.'), validUntil: future })
    expect(answer).toMatchObject({
      assignment: { resource: { type: 'ZONE', id: 'xn--mnster-3ya.example' }, validUntil: future },
    })
    expect(await held()).toMatchObject([
      {
        roleId: 'zone-editor',
        resourceType: 'ZONE',
        resourceId: 'xn--mnster-3ya.example',
        validUntil: new Date(future),
      },
    ])
  })

  it('writes who did it into the audit trail, with what is there now', async () => {
    await assign({ roleId: 'zone-editor', resource: zone('example.com'), validUntil: future })
    const [assigned] = await held()
    expect(await lastEvent()).toMatchObject({
      organizationId: administrator.organizationId,
      at: testTime,
      subject: administrator.userId,
      actor: { userId: administrator.userId, accessId: administrator.accessId },
      action: 'role.assign',
      targetType: 'RoleAssignment',
      targetId: String(assigned?.id),
      before: null,
      outcome: 'SUCCESS',
    })
    const { after } = await lastEvent()
    expect(after).toMatchObject({
      accessId: target.accessId,
      roleId: 'zone-editor',
      resourceType: 'ZONE',
      resourceId: 'example.com',
    })
    expect(new Date(after.validUntil)).toEqual(new Date(future))
  })

  it('leaves what is there with the same end, and is a success that changes nothing', async () => {
    await assign({ roleId: 'zone-reader', validUntil: future })
    const [before, trail] = [await held(), (await events()).length]
    expect(await assign({ roleId: 'zone-reader', validUntil: future })).toMatchObject({
      __typename: 'AssignRolePayload',
      assignment: { role: { id: 'zone-reader' }, validUntil: future },
    })
    expect(await held()).toEqual(before)
    expect(await events()).toHaveLength(trail)
  })

  it('gives what is there another end, or none, and tells the trail of both', async () => {
    await assign({ roleId: 'zone-reader', validUntil: future })
    const [before] = await held()
    expect(await assign({ roleId: 'zone-reader' })).toMatchObject({ assignment: { validUntil: null } })
    expect(await held()).toEqual([{ ...before, validUntil: null }])
    const event = await lastEvent()
    expect(event).toMatchObject({ action: 'role.assign', targetId: String(before?.id), after: { validUntil: null } })
    expect(new Date(event.before.validUntil)).toEqual(new Date(future))
    expect(await assign({ roleId: 'zone-reader', validUntil: later })).toMatchObject({
      assignment: { validUntil: later },
    })
  })

  it('takes no end that is over, and no id and no resource that is none', async () => {
    expect(
      await assign({
        accessId: 'x',
        roleId: '',
        resource: zone('..'),
        validUntil: testTime.toISOString(),
        idempotencyKey: '',
      }),
    ).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [
        { path: ['accessId'] },
        { path: ['roleId'] },
        { path: ['resource', 'id'], message: expect.stringContaining('DNS zone') },
        { path: ['validUntil'], message: 'expected an instant in the future' },
        { path: ['idempotencyKey'] },
      ],
    })
  })

  it('knows neither an access of another organization, nor one or a role that is not there', async () => {
    const missing = { __typename: 'NotFoundError', message: 'there is no such access' }
    expect(await assign({ accessId: foreign, roleId: 'zone-reader' })).toMatchObject(missing)
    expect(await assign({ accessId: '999999', roleId: 'zone-reader' })).toMatchObject(missing)
    expect(await assign({ roleId: 'nothing' })).toMatchObject({
      __typename: 'NotFoundError',
      message: 'there is no such role',
    })
  })

  it('gives once under a key, and answers alike, even once it is withdrawn', async () => {
    const input = { roleId: 'zone-reader', validUntil: future, idempotencyKey: 'assign-once' }
    const first = await assign(input)
    const trail = (await events()).length
    expect(await assign(input)).toEqual(first)
    expect(await assign({ ...input, validUntil: later })).toMatchObject({ __typename: 'ConflictError' })
    await harness.prisma.roleAssignment.deleteMany({ where: { accessId: target.accessId } })
    expect(await assign(input)).toMatchObject({ assignment: first.assignment, access: { roleAssignments: [] } })
    expect(await events()).toHaveLength(trail)
  })
})

describe('a role that is given', () => {
  it.each<[string, string, object | null, object]>([
    ['is one that the giver holds', 'zone-reader', {}, {}],
    [
      'is held by the giver there',
      'zone-reader',
      { resourceType: 'ZONE', resourceId: 'example.com' },
      { resource: zone('example.com') },
    ],
    ['is held everywhere', 'zone-reader', {}, { resource: zone('example.com') }],
    ['ends with what lets the giver', 'zone-reader', { validUntil: new Date(future) }, { validUntil: future }],
  ])('%s', async (_, roleId, heldAs, asked) => {
    await give(roleId, heldAs ?? {})
    expect(await assign({ roleId, ...asked }, giver)).toMatchObject({ __typename: 'AssignRolePayload' })
  })

  it('may be made of what the giver holds by another role', async () => {
    await give('zone-admin')
    expect(await assign({ roleId: 'zone-reader' }, giver)).toMatchObject({ __typename: 'AssignRolePayload' })
  })

  it.each<[string, object, object, string]>([
    ['is not one that the giver does not hold', { roleId: 'domain-reader' }, {}, 'role:zone-reader'],
    [
      'is not held elsewhere only',
      { resourceType: 'ZONE', resourceId: 'example.com' },
      { resource: zone('example.net') },
      'role:zone-reader@zone:example.net',
    ],
    ['is not held on one resource only', { resourceType: 'ZONE', resourceId: 'example.com' }, {}, 'role:zone-reader'],
    ['is not held no more', { validUntil: testTime }, {}, 'role:zone-reader'],
    [
      'does not outlast what lets the giver',
      { validUntil: new Date(future) },
      { validUntil: later },
      'role:zone-reader',
    ],
    ['does not stay where that ends', { validUntil: new Date(future) }, {}, 'role:zone-reader'],
  ])('%s', async (_, heldAs, asked, excess) => {
    await give('zone-reader', heldAs)
    expect(await assign({ roleId: 'zone-reader', ...asked }, giver)).toMatchObject({
      __typename: 'ScopeNotGrantedError',
      excess: [excess],
    })
    expect(await held()).toEqual([])
  })

  it('is refused at once when the giver has lost it, though the gateway knew it to hold it', async () => {
    await give('zone-reader')
    expect(await assign({ roleId: 'zone-reader' }, giver)).toMatchObject({ __typename: 'AssignRolePayload' })
    await harness.prisma.roleAssignment.deleteMany({ where: { accessId: reader.accessId } })
    expect(await assign({ roleId: 'zone-reader', resource: zone('example.com') }, giver)).toMatchObject({
      __typename: 'ScopeNotGrantedError',
    })
  })

  it('is nothing that a caller without an access could hold, nor one whose user is over', async () => {
    const service = {
      claims: { sub: 'service', org_id: administrator.organizationId, scope: assigning.join(' ') },
    }
    expect(await assign({ roleId: 'zone-reader' }, service)).toMatchObject({ __typename: 'ScopeNotGrantedError' })
  })

  it('is nothing that who sees all organizations holds in the own one only', async () => {
    const auditor = { ...demoCallers.auditor, scopes: allScopes }
    expect(await assign({ roleId: 'zone-reader' }, auditor)).toMatchObject({ __typename: 'ScopeNotGrantedError' })
  })

  it('is cut to what the token allows that the caller comes with', async () => {
    const tokenId = demoTokenId('Terraform Cloud')
    await give('zone-editor', {}, target.accessId)
    const rights = (roles: readonly object[]) => ({
      generalScopes: [],
      organizationScopes: { allPermissions: false, allRoles: false, keptInToken: [], permissions: [], roles },
      servicesScopes: [],
    })
    const byToken: Caller = {
      claims: {
        sub: target.person.userId,
        org_id: administrator.organizationId,
        access_id: target.accessId,
        token_id: tokenId,
        scope: assigning.join(' '),
      },
    }
    const to = { accessId: String(reader.accessId), roleId: 'zone-editor' }
    const allow = (allowedScopes: object) =>
      harness.prisma.token.update({ where: { id: tokenId }, data: { allowedScopes } })
    const on = (id: string) => ({ ...to, resource: zone(id) })
    await allow({ generalScopes: [], organizationScopes: null, servicesScopes: [] })
    expect(await assign(to, byToken)).toMatchObject({ __typename: 'ScopeNotGrantedError' })
    await allow(rights([{ name: 'zone-editor', resource: 'zone:example.com' }]))
    expect(await assign(to, byToken)).toMatchObject({ __typename: 'ScopeNotGrantedError' })
    expect(await assign(on('example.net'), byToken)).toMatchObject({ __typename: 'ScopeNotGrantedError' })
    expect(await assign(on('example.com'), byToken)).toMatchObject({ __typename: 'AssignRolePayload' })
    await allow(rights([{ name: 'zone-editor', resource: null }]))
    expect(await assign(to, byToken)).toMatchObject({ __typename: 'AssignRolePayload' })
    expect(await lastEvent()).toMatchObject({ actorTokenId: tokenId })
  })
})

describe('withdrawRole', () => {
  it('takes a role, and tells what it was', async () => {
    await assign({ roleId: 'zone-reader' })
    await assign({ roleId: 'zone-reader', resource: zone('example.com'), validUntil: future })
    expect(await withdraw({ roleId: 'zone-reader', resource: zone('EXAMPLE.com') })).toMatchObject({
      assignment: { role: { id: 'zone-reader' }, resource: { id: 'example.com' }, validUntil: future },
      access: { roleAssignments: [{ role: { id: 'zone-reader' } }] },
    })
    expect(await held()).toMatchObject([{ resourceId: null }])
    const event = await lastEvent()
    expect(event).toMatchObject({
      action: 'role.withdraw',
      targetType: 'RoleAssignment',
      before: { accessId: target.accessId, roleId: 'zone-reader', resourceType: 'ZONE', resourceId: 'example.com' },
      after: null,
    })
    expect(new Date(event.before.validUntil)).toEqual(new Date(future))
  })

  it('finds nothing where the access does not hold it there, and no access of another organization', async () => {
    await assign({ roleId: 'zone-reader', resource: zone('example.com') })
    const missing = { __typename: 'NotFoundError', message: 'the access does not hold the role there' }
    expect(await withdraw({ roleId: 'zone-reader' })).toMatchObject(missing)
    expect(await withdraw({ roleId: 'zone-reader', resource: zone('example.net') })).toMatchObject(missing)
    expect(await withdraw({ roleId: 'nothing' })).toMatchObject(missing)
    expect(await withdraw({ accessId: foreign, roleId: 'zone-reader' })).toMatchObject({
      __typename: 'NotFoundError',
      message: 'there is no such access',
    })
  })

  it('takes once under a key, and answers alike', async () => {
    await assign({ roleId: 'zone-reader', validUntil: future })
    const input = { roleId: 'zone-reader', idempotencyKey: 'withdraw-once' }
    const first = await withdraw(input)
    expect(first).toMatchObject({ __typename: 'WithdrawRolePayload', assignment: { validUntil: future } })
    expect(await withdraw(input)).toEqual(first)
    expect(await withdraw({ ...input, idempotencyKey: undefined })).toMatchObject({ __typename: 'NotFoundError' })
  })

  it('answers a request alike that comes twice at the same moment', async () => {
    await assign({ roleId: 'zone-reader' })
    const input = { roleId: 'zone-reader', idempotencyKey: 'withdraw-twice' }
    const [one, other] = await Promise.all([withdraw(input), withdraw(input)])
    expect(one).toMatchObject({ __typename: 'WithdrawRolePayload' })
    expect(other).toEqual(one)
  })
})

describe('who may assign roles', () => {
  const assigners = async () => {
    const held = await harness.prisma.roleAssignment.findMany({
      where: { organizationId: administrator.organizationId, roleId: 'administrator' },
    })
    return held.map(({ accessId: id }) => id)
  }
  const admin = { roleId: 'administrator' }
  const last = { __typename: 'GuardRailError', rule: 'LAST_ROLE_ASSIGNER' }
  const own = { __typename: 'GuardRailError', rule: 'OWN_ROLE_ASSIGNER' }
  beforeEach(onlyAdministrator)

  it('stays: neither the own access nor somebody else takes it from the last one, nor gives it an end', async () => {
    const lastOne = { accessId: String(administrator.accessId), ...admin }
    expect(await withdraw(lastOne)).toMatchObject(last)
    expect(await withdraw(lastOne, giver)).toMatchObject(last)
    expect(await assign({ ...lastOne, validUntil: future })).toMatchObject(last)
    expect(await assigners()).toEqual([administrator.accessId])
  })

  it('does not take it from the own access, but from another one', async () => {
    await assign(admin)
    const ownOne = { accessId: String(administrator.accessId), ...admin }
    expect(await withdraw(ownOne)).toMatchObject(own)
    expect(await assign({ ...ownOne, validUntil: future })).toMatchObject(own)
    expect(await withdraw(ownOne, giver)).toMatchObject({ __typename: 'WithdrawRolePayload' })
    expect(await withdraw(admin)).toMatchObject(last)
  })

  it('is one of two, however many withdraw both of them at once', async () => {
    await assign(admin)
    const both = [String(administrator.accessId), accessId]
    const tried = await Promise.all(both.map((id) => withdraw({ accessId: id, ...admin }, giver)))
    expect(tried.map(({ __typename }) => __typename).sort()).toEqual(['GuardRailError', 'WithdrawRolePayload'])
    expect(await assigners()).toHaveLength(1)
  })

  it('does not matter to who holds it on one resource, or where nobody may assign roles', async () => {
    await assign({ ...admin, resource: zone('example.com') })
    expect(await withdraw({ ...admin, resource: zone('example.com') })).toMatchObject({
      __typename: 'WithdrawRolePayload',
    })
  })

  it('is told by the permission that is configured: where nobody has it, anybody may go', async () => {
    const other = harness.beside({ policy })
    const input = { accessId: String(administrator.accessId), ...admin }
    const body = JSON.stringify({ query: AssignRoleWithdraw.toString(), variables: { input } })
    const headers = { ...(await harness.authorize(giver)), 'content-type': 'application/json' }
    const response = await other.fetch(new Request('http://gateway.example/graphql', { method: 'POST', headers, body }))
    expect((await response.json()).data.withdrawRole.__typename).toBe('WithdrawRolePayload')
  })
})

const policy = {
  mostRows: 1_000,
  tokenDefaultLifetime: 1_000,
  tokenMaxLifetime: 1_000,
  tokenIdleLifetime: null,
  roleAssignPermission: 'another.permission',
}

describe('several roles at once', () => {
  const one = { accessId, roleId: 'zone-reader' }
  beforeEach(onlyAdministrator)

  it('are given each on its own and each once, in the order asked for', async () => {
    const inputs = [
      { accessId, roleId: 'zone-editor', resource: zone('example.com') },
      one,
      { accessId: foreign, roleId: 'zone-reader' },
      { accessId, roleId: 'zone-editor', resource: zone('Example.com.') },
      { accessId, roleId: 'nothing' },
      { accessId: 'x', roleId: 'zone-reader', resource: zone('..') },
      { ...one, validUntil: future },
    ]
    const { data, errors } = await harness.ask(AssignRoleSeveral, { inputs })
    expect(errors).toBeUndefined()
    expect(data?.assignRoles).toMatchObject({
      successes: [
        { role: { id: 'zone-editor' }, resource: { id: 'example.com' } },
        { role: { id: 'zone-reader' }, resource: null },
      ],
      failures: [
        { accessId: foreign, roleId: 'zone-reader', error: { __typename: 'NotFoundError' } },
        { accessId, roleId: 'nothing', error: { __typename: 'NotFoundError' } },
        {
          accessId: 'x',
          resource: { type: 'ZONE', id: '..' },
          error: { __typename: 'InvalidInputError', fields: [{ path: ['accessId'] }, { path: ['resource', 'id'] }] },
        },
        { accessId, error: { __typename: 'InvalidInputError', fields: [{ path: ['validUntil'] }] } },
      ],
    })
    const taken = await harness.ask(AssignRoleWithdrawSeveral, { inputs: [one, one, { accessId, roleId: 'nothing' }] })
    expect(taken.data?.withdrawRoles).toMatchObject({
      successes: [{ role: { id: 'zone-reader' } }],
      failures: [{ roleId: 'nothing', error: { __typename: 'NotFoundError' } }],
    })
  })

  it('are 100 at most', async () => {
    const inputs = Array.from({ length: 101 }, (_, place) => ({ ...one, resource: zone(`z${place}.example`) }))
    const { errors } = await harness.ask(AssignRoleSeveral, { inputs })
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    const { data } = await harness.ask(AssignRoleSeveral, { inputs: inputs.slice(1) })
    expect(data?.assignRoles.successes).toHaveLength(100)
    expect(await held()).toHaveLength(100)
  })

  it('leave one who may assign roles, whoever of them is the last', async () => {
    await assign({ roleId: 'administrator' })
    const inputs = [administrator.accessId, target.accessId].map((id) => ({
      accessId: String(id),
      roleId: 'administrator',
    }))
    const { data } = await harness.ask(AssignRoleWithdrawSeveral, { inputs }, giver)
    expect(data?.withdrawRoles.successes).toHaveLength(1)
    expect(data?.withdrawRoles.failures).toMatchObject([{ error: { __typename: 'GuardRailError' } }])
  })
})

describe.skipIf(inject('templates').server === null)('at the same moment', () => {
  beforeEach(onlyAdministrator)

  it('the same role is given once, whoever is first', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => assign({ roleId: 'zone-reader' })))
    expect(new Set(answers.map(({ __typename }) => __typename))).toEqual(new Set(['AssignRolePayload']))
    expect(await held()).toHaveLength(1)
  })

  it('who loses a role does not get it back from itself', async () => {
    for (let round = 0; round < 20; round++) {
      await harness.prisma.roleAssignment.deleteMany({ where: { accessId: reader.accessId } })
      await give('zone-reader')
      const ownRole = { accessId: String(reader.accessId), roleId: 'zone-reader' }
      const [taken] = await Promise.all([withdraw(ownRole), assign(ownRole, giver), assign(ownRole, giver)])
      expect(taken.__typename).toBe('WithdrawRolePayload')
      expect(await held(reader.accessId)).toEqual([])
    }
  })

  it('an access that is removed while the answer waits for its turn is not found, whatever the giver lacks', async () => {
    const { organizationId, userId } = administrator
    const { id } = await harness.prisma.access.create({
      data: {
        organizationId,
        userId,
        type: 'API_CONNECTION',
        name: 'Short',
        language: 'EN',
        createdAt: testTime,
        updatedAt: testTime,
      },
    })
    const client = new pg.Client(harness.database.connection)
    await client.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT take_turn_of_organization($1)', [organizationId])
      const answer = assign({ accessId: String(id), roleId: 'zone-admin' }, giver)
      await vi.waitFor(async () => {
        const { rowCount } = await client.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
        expect(rowCount).toBe(1)
      }, 5_000)
      await client.query('DELETE FROM accesses WHERE id = $1', [id])
      await client.query('COMMIT')
      expect(await answer).toMatchObject({ __typename: 'NotFoundError', message: 'there is no such access' })
    } finally {
      await client.end()
    }
  })
})

describe('what is unexpected', () => {
  it('is nothing', () => {
    expect(harness.unexpected).toEqual([])
  })
})
