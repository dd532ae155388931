/** Users that are created and changed through the graph. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoIdentity } from '../../examples/data/demo/identities.ts'
import { demoIdentityProviders } from '../../examples/data/demo/organizations.ts'
import { demoTokenId, demoTokens } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { graphql } from '../generated/gql.ts'
import type { CreateUserInput, UpdateUserInput } from '../generated/graphql.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const CreateOne = graphql(`
  mutation CreateOne($input: CreateUserInput!) {
    createUser(input: $input) {
      __typename
      ... on CreateUserPayload {
        user {
          id firstname lastname email phone language expiresAt customerId createdAt updatedAt
          createdBy { id access { id } } accesses { total }
        }
      }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
    }
  }
`)

const UpdateOne = graphql(`
  mutation UpdateOne($input: UpdateUserInput!) {
    updateUser(input: $input) {
      __typename
      ... on UpdateUserPayload { user { id firstname lastname email phone language expiresAt updatedAt updatedBy { id } } }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
      ... on ConflictError { changedAt changedBy { id firstname } }
      ... on GuardRailError { rule }
    }
  }
`)

const { administrator, reader, auditor } = demoCallers
const writer: Caller = { ...auditor, scopes: [...auditor.scopes, 'users:write'] }
const [lakeside, , lumiere] = demoIdentityProviders
const somebody = { firstname: 'Noor', lastname: 'Haddad', language: 'EN' } as const
const nobody = '5f0c1e9a-3b7d-4c62-9f18-d2a4b6c8e013'

let last = 0
/** An address that nobody has yet. */
const address = () => {
  last += 1
  return `somebody.${last}@lakeside.example`
}

describe('writing users', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const create = async (given: Partial<CreateUserInput> = {}, caller: Caller = administrator) => {
    const input = { ...somebody, email: address(), ...given }
    const { data, errors } = await harness.ask(CreateOne, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.createUser
  }
  const created = async (given: Partial<CreateUserInput> = {}, caller: Caller = administrator) => {
    const result = await create(given, caller)
    if (result?.__typename !== 'CreateUserPayload') throw new Error(`expected a user, received ${result?.message}`)
    return result.user
  }
  const update = async (input: UpdateUserInput, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(UpdateOne, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.updateUser
  }
  const updated = async (input: UpdateUserInput, caller: Caller = administrator) => {
    const result = await update(input, caller)
    if (result?.__typename !== 'UpdateUserPayload') throw new Error(`expected a user, received ${result?.message}`)
    return result.user
  }
  const lastEvent = () => harness.prisma.auditEvent.findFirst({ orderBy: { id: 'desc' } })
  const events = () => harness.prisma.auditEvent.count()
  const pass = (milliseconds: number) => {
    harness.now = new Date(harness.now.getTime() + milliseconds)
  }

  it('refuses who has no credential, and who lacks the scope, and changes nothing then', async () => {
    const rows = () => harness.prisma.user.findMany({ orderBy: { id: 'asc' } })
    const before = await rows()
    const input = { ...somebody, email: address() }
    const change = { input: { userId: reader.userId, firstname: 'Other' } }
    expect(await harness.ask(CreateOne, { input }, null)).toMatchObject({ status: 401 })
    expect(await harness.ask(UpdateOne, change, null)).toMatchObject({ status: 401 })
    for (const { status, errors } of [
      await harness.ask(CreateOne, { input }, reader),
      await harness.ask(UpdateOne, change, reader),
    ]) {
      expect(status).toBe(403)
      expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: 'users:write' }])
    }
    expect(await rows()).toEqual(before)
  })

  describe('createUser', () => {
    it('creates a user of the own organization, with its author and its audit event, by one statement', async () => {
      const email = address()
      const given = { firstname: 'Zoë', lastname: 'O’Neil', phone: '+41 44 668 18 00', expiresAt: '2030-12-31' }
      const { statements } = await harness.ask(CreateOne, {
        input: { ...somebody, email: address(), customerId: 1 },
      })
      expect(statements.filter((statement) => /INSERT/.test(statement))).toHaveLength(1)
      const user = await created({ ...given, email, acct: 'zoneil', idpId: lakeside?.id ?? null })
      expect(user).toMatchObject({ ...given, email, customerId: 1, accesses: { total: 0 } })
      expect(user.createdBy).toEqual({ id: administrator.userId, access: { id: String(administrator.accessId) } })
      expect(user.updatedAt).toBe(user.createdAt)
      expect(await harness.prisma.user.findUnique({ where: { id: user.id } })).toMatchObject({
        acct: 'zoneil',
        idpId: lakeside?.id,
        expiresAt: new Date('2030-12-31'),
        organizationId: administrator.organizationId,
      })
      expect(await lastEvent()).toMatchObject({
        action: 'user.create',
        targetType: 'User',
        targetId: user.id,
        organizationId: administrator.organizationId,
        before: null,
        after: { ...given, email, acct: 'zoneil', idpId: lakeside?.id, language: 'EN' },
      })
    })

    it('keeps names and addresses in normalization form C', async () => {
      const user = await created({ firstname: 'Zoe\u0308', email: `zoe\u0308.${address()}` })
      expect(user.firstname).toBe('Zo\u00eb')
      expect(user.email).toMatch(/^zo\u00eb\./)
    })

    it('is for the own organization, and with organizations:all for any', async () => {
      const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such organization' }
      for (const customerId of [2, 918_273]) expect(await create({ customerId })).toEqual(missing)
      expect(await created({ customerId: 2 }, writer)).toMatchObject({ customerId: 2 })
      expect(await create({ customerId: 918_273 }, writer)).toEqual(missing)
      const scope = 'users:read accesses:read users:write organizations:all'
      const service: Caller = { claims: { sub: 'service', scope } }
      expect(await create({}, service)).toMatchObject({ fields: [{ path: ['customerId'] }] })
      expect(await created({ customerId: 3 }, service)).toMatchObject({ customerId: 3, createdBy: null })
    })

    it.each([
      [{ firstname: '' }, ['firstname']],
      [{ firstname: 'A\u200bda' }, ['firstname']],
      [{ lastname: 'x'.repeat(501) }, ['lastname']],
      [{ lastname: 'a\u0000b' }, ['lastname']],
      [{ email: 'nobody' }, ['email']],
      [{ email: `${'x'.repeat(320)}@lakeside.example` }, ['email']],
      [{ phone: '\ud800' }, ['phone']],
      [{ acct: '' }, ['acct']],
      [{ idpId: 'x' }, ['idpId']],
      [{ idpId: nobody }, ['idpId']],
      [{ idpId: lumiere?.id ?? '' }, ['idpId']],
      [{ idempotencyKey: '' }, ['idempotencyKey']],
    ])('tells what is wrong with %j', async (given, path) => {
      expect(await create(given)).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] })
    })

    it('tells everything that is wrong at once', async () => {
      const result = await create({ firstname: '', phone: '' })
      expect(result).toMatchObject({ fields: [{ path: ['firstname'] }, { path: ['phone'] }] })
      const taken = await create({ email: 'ADA.lovelace@lakeside.example', idpId: nobody })
      expect(taken).toMatchObject({ fields: [{ path: ['email'] }, { path: ['idpId'] }] })
    })

    it('refuses an address that another user of the organization has, whatever its case, and knows of no others', async () => {
      const message = 'expected a mail address that no other user of the organization has, whatever its case'
      const email = 'OLIVER.Bennett@lakeside.example'
      expect(await create({ email })).toMatchObject({ fields: [{ path: ['email'], message }] })
      expect(await created({ email: demoIdentity('etienne.lefevre@lumiere.example').email })).toMatchObject({
        customerId: 1,
      })
    })

    it('gives an address to one of those who ask for it at once', async () => {
      const email = address()
      const kinds = await Promise.all(Array.from({ length: 5 }, async () => (await create({ email }))?.__typename))
      expect(kinds.sort()).toEqual(['CreateUserPayload', ...Array.from({ length: 4 }, () => 'InvalidInputError')])
    })

    it('creates one user under one key, however often it is asked for, and no other one', async () => {
      const given = { email: address(), idempotencyKey: 'one' }
      const all = await Promise.all(Array.from({ length: 5 }, () => created(given)))
      expect(new Set(all.map(({ id }) => id)).size).toBe(1)
      expect(await create({ ...given, firstname: 'Another' })).toMatchObject({ code: 'CONFLICT' })
    })
  })

  describe('updateUser', () => {
    it('changes what is given, clears what is null, and leaves the rest', async () => {
      const user = await created({ phone: '1', acct: 'one', expiresAt: '2030-01-01' })
      pass(1_000)
      expect(await updated({ userId: user.id, firstname: 'Nora', phone: null })).toEqual({
        id: user.id,
        firstname: 'Nora',
        lastname: user.lastname,
        email: user.email,
        phone: null,
        language: 'EN',
        expiresAt: '2030-01-01',
        updatedAt: harness.now.toISOString(),
        updatedBy: { id: administrator.userId },
      })
      expect(await harness.prisma.user.findUnique({ where: { id: user.id } })).toMatchObject({ acct: 'one' })
      expect(await lastEvent()).toMatchObject({
        action: 'user.update',
        targetId: user.id,
        before: { firstname: 'Noor', phone: '1' },
        after: { firstname: 'Nora', phone: null },
      })
      const others = {
        lastname: 'Aziz',
        email: address(),
        acct: null,
        idpId: lakeside?.id ?? null,
        language: 'DE',
      } as const
      await updated({ userId: user.id, ...others, expiresAt: null })
      expect(await harness.prisma.user.findUnique({ where: { id: user.id } })).toMatchObject({
        ...others,
        expiresAt: null,
      })
      expect((await lastEvent())?.before).toMatchObject({ expiresAt: '2030-01-01', acct: 'one', idpId: null })
    })

    it('leaves a user that is like that already, without an event', async () => {
      const user = await created({ phone: '1' })
      const before = await events()
      pass(1_000)
      expect(await updated({ userId: user.id, firstname: user.firstname, phone: '1', expiresAt: null })).toMatchObject({
        updatedAt: user.updatedAt,
      })
      expect(await updated({ userId: user.id })).toMatchObject({ updatedAt: user.updatedAt })
      expect(await events()).toBe(before)
    })

    it('is a conflict where somebody has changed the user since, which tells by whom and when', async () => {
      const user = await created()
      const first = await updated({ userId: user.id, updatedAt: user.updatedAt, firstname: 'First' })
      // In the same millisecond.
      expect(new Date(first.updatedAt).getTime()).toBe(new Date(user.updatedAt).getTime() + 1)
      const stale = { userId: user.id, updatedAt: user.updatedAt, firstname: 'Second' }
      expect(await update({ ...stale, updatedAt: '2030-01-01T00:00:00Z' })).toMatchObject({ code: 'CONFLICT' })
      expect(await update(stale)).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        message: `the user was changed by Ada Lovelace at ${first.updatedAt}`,
        changedAt: first.updatedAt,
        changedBy: { id: administrator.userId, firstname: 'Ada' },
      })
      const all = await Promise.all(
        ['A', 'B', 'C'].map((firstname) => update({ ...stale, updatedAt: first.updatedAt, firstname })),
      )
      expect(all.map((result) => result?.__typename).sort()).toEqual([
        'ConflictError',
        'ConflictError',
        'UpdateUserPayload',
      ])
    })

    it('says of a change by nobody on record that a service made it', async () => {
      const service: Caller = { claims: { sub: 'sync', customer_id: 1, scope: 'users:read users:write' } }
      const user = await created()
      await updated({ userId: user.id, firstname: 'Synchronized' }, service)
      expect(await update({ userId: user.id, updatedAt: user.updatedAt, firstname: 'Mine' })).toMatchObject({
        message: expect.stringMatching(/^the user was changed by a service at /),
        changedBy: null,
      })
    })

    it('says the same of a user of another organization as of one that is not there', async () => {
      const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such user' }
      for (const userId of [demoCallers.otherReader.userId, nobody]) {
        expect(await update({ userId, firstname: 'Mine' })).toEqual(missing)
      }
      expect(await updated({ userId: demoCallers.otherReader.userId, phone: '2' }, writer)).toMatchObject({
        phone: '2',
      })
    })

    it.each([
      [{ userId: 'x' }, ['userId']],
      [{ firstname: null }, ['firstname']],
      [{ email: null }, ['email']],
      [{ language: null }, ['language']],
      [{ email: 'Ada.Lovelace@LAKESIDE.example' }, ['email']],
      [{ idpId: lumiere?.id ?? '' }, ['idpId']],
      [{ lastname: '\u202e' }, ['lastname']],
    ])('tells what is wrong with %j', async (given, path) => {
      expect(await update({ userId: reader.userId, ...given })).toMatchObject({ fields: [{ path }] })
    })

    it('lets nobody end their own user, nor that behind their token', async () => {
      const yesterday = '2020-01-01'
      const guarded = { __typename: 'GuardRailError', code: 'GUARD_RAIL', rule: 'OWN_USER' }
      const { userId } = administrator
      expect(await update({ userId, expiresAt: yesterday })).toMatchObject(guarded)
      expect(await update({ userId, expiresAt: '2030-01-01' })).toMatchObject({ rule: 'OWN_ROLE_ASSIGNER' })
      expect(await update({ userId, expiresAt: null })).toMatchObject({ user: { expiresAt: null } })
      const id = demoTokenId('Provisioning staging')
      await harness.prisma.token.update({ where: { id }, data: { scope: ['users:read', 'users:write'] } })
      const byToken = { authorization: `Bearer ${formatSecret(fixedBytes(`secret of token ${id}`))}` }
      expect(await update({ userId, expiresAt: yesterday }, byToken)).toMatchObject(guarded)
    })

    it('keeps a last access of the organization that may assign roles, whoever asks, and whoever asks at once', async () => {
      const holders = await harness.prisma.user.findMany({
        where: {
          organizationId: administrator.organizationId,
          expiresAt: null,
          accesses: {
            some: {
              type: { not: 'PROFILE' },
              assignments: {
                some: {
                  resourceType: null,
                  validUntil: null,
                  role: { permissions: { some: { permissionId: 'iam.role.assign' } } },
                },
              },
            },
          },
        },
      })
      expect(holders.length).toBeGreaterThan(1)
      const service: Caller = { claims: { sub: 'offboarding', customer_id: 1, scope: 'users:read users:write' } }
      const all = await Promise.all(holders.map(({ id }) => update({ userId: id, expiresAt: '2020-01-01' }, service)))
      expect(all.filter((result) => result?.__typename === 'UpdateUserPayload')).toHaveLength(holders.length - 1)
      expect(all.find((result) => result?.__typename === 'GuardRailError')).toMatchObject({
        rule: 'LAST_ROLE_ASSIGNER',
      })
      for (const { id } of holders) await updated({ userId: id, expiresAt: null }, service)
    })

    it('lets the last who may assign roles, and may so for a while only, stay until the last day is over', async () => {
      const organizationId = crypto.randomUUID()
      await harness.prisma.organization.create({
        data: { id: organizationId, customerId: 990_001, name: 'For a while' },
      })
      const common = { organizationId, createdAt: harness.now, updatedAt: harness.now }
      const { id: userId } = await harness.prisma.user.create({
        data: { ...common, ...somebody, id: crypto.randomUUID(), email: address() },
      })
      const { id: accessId } = await harness.prisma.access.create({
        data: { ...common, userId, type: 'UI_CONNECTION', twoFaEnabled: false },
      })
      const { id: roleId } = await harness.prisma.role.findFirstOrThrow({
        where: { permissions: { some: { permissionId: 'iam.role.assign' } } },
      })
      const day = 24 * 60 * 60 * 1_000
      const validUntil = new Date(harness.now.getTime() + 90 * day)
      await harness.prisma.roleAssignment.create({ data: { organizationId, accessId, roleId, validUntil } })
      const service: Caller = { claims: { sub: 'offboarding', customer_id: 990_001, scope: 'users:read users:write' } }
      const dayIn = (days: number) => new Date(harness.now.getTime() + days * day).toISOString().slice(0, 10)
      expect(await update({ userId, expiresAt: dayIn(-1) }, service)).toMatchObject({ rule: 'LAST_ROLE_ASSIGNER' })
      expect(await updated({ userId, expiresAt: dayIn(0) }, service)).toMatchObject({ expiresAt: dayIn(0) })
    })

    it('ends the sessions and the tokens of a user whose last day is over, at once, and gives them back with it', async () => {
      const { accessId } = await harness.prisma.token.findUniqueOrThrow({ where: { id: activeTokenOfAnother() } })
      const { userId } = await harness.prisma.access.findUniqueOrThrow({ where: { id: accessId } })
      const session: Caller = { claims: { sub: userId, access_id: accessId, customer_id: 1 } }
      const token = { authorization: `Bearer ${formatSecret(fixedBytes(`secret of token ${activeTokenOfAnother()}`))}` }
      const statuses = async () =>
        Promise.all(
          [session, token].map(async (caller) => (await harness.askRaw('{ viewer { subject } }', {}, caller)).status),
        )
      expect(await statuses()).toEqual([200, 200])
      await updated({ userId, expiresAt: '2020-01-01' })
      expect(await statuses()).toEqual([401, 401])
      await updated({ userId, expiresAt: null })
      expect(await statuses()).toEqual([200, 200])
    })

    it('is made once under its key, and a retry is answered although the user has been changed since', async () => {
      const user = await created()
      const given = { userId: user.id, updatedAt: user.updatedAt, firstname: 'Once', idempotencyKey: 'update' }
      await updated(given)
      const before = await events()
      await updated(given)
      await updated({ userId: user.id, firstname: 'Twice' })
      expect(await updated(given)).toMatchObject({ firstname: 'Twice' })
      expect(await events()).toBe(before + 1)
      expect(await update({ ...given, firstname: 'Other' })).toMatchObject({ code: 'CONFLICT' })
      expect(await update({ ...given, phone: null })).toMatchObject({ code: 'CONFLICT' })
    })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

/** An active token of somebody in organization 1 who is not the administrator. */
function activeTokenOfAnother(): number {
  const found = demoTokens.find(({ name }) => name === 'Terraform Cloud')
  if (found === undefined) throw new Error('expected a demo token of another user')
  return demoTokenId(found.name)
}
