/** Accesses that are created and changed through the graph. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { CreateAccessInput, NewAccessInput, UpdateAccessInput } from '../generated/graphql.ts'
import { demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const CreateWay = graphql(`
  mutation CreateWay($input: CreateAccessInput!) {
    createAccess(input: $input) {
      __typename
      ... on CreateAccessPayload { access { ...Way user { accesses { results { id } } } } }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
    }
  }
`)

const UpdateWay = graphql(`
  mutation UpdateWay($input: UpdateAccessInput!) {
    updateAccess(input: $input) {
      __typename
      ... on UpdateAccessPayload { access { ...Way } }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
      ... on ConflictError { changedAt changedBy { id } }
    }
  }
`)

graphql(`
  fragment Way on Access {
    __typename id type customerId createdAt updatedAt lastLoginAt
    createdBy { id } updatedBy { id } roles { id } user { id }
    ... on UiConnectionAccess { twoFaEnabled }
    ... on SsoConnectionAccess { ssoId }
    ... on ApiConnectionAccess { apiName: name language }
    ... on ProfileAccess { name }
  }
`)

const { administrator, reader, otherReader, auditor } = demoCallers
const { userId } = reader
const writer: Caller = { ...auditor, scopes: [...auditor.scopes, 'accesses:write'] }
const foreign = demoAccessId('Site de campagne')
const nobody = '5f0c1e9a-3b7d-4c62-9f18-d2a4b6c8e013'
const profile: NewAccessInput = { profile: { name: 'Night shift' } }

describe('writing accesses', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const create = async (given: Partial<CreateAccessInput> = {}, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(CreateWay, { input: { userId, access: profile, ...given } }, caller)
    expect(errors).toBeUndefined()
    return data?.createAccess
  }
  const created = async (given: Partial<CreateAccessInput> = {}, caller: Caller = administrator) => {
    const result = await create(given, caller)
    if (result?.__typename !== 'CreateAccessPayload') throw new Error(`expected an access, received ${result?.message}`)
    return result.access
  }
  const update = async (input: UpdateAccessInput, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(UpdateWay, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.updateAccess
  }
  const updated = async (input: UpdateAccessInput, caller: Caller = administrator) => {
    const result = await update(input, caller)
    if (result?.__typename !== 'UpdateAccessPayload') throw new Error(`expected an access, received ${result?.message}`)
    return result.access
  }
  const lastEvent = () => harness.prisma.auditEvent.findFirst({ orderBy: { id: 'desc' } })

  it('refuses who has no credential, and who lacks the scope, and changes nothing then', async () => {
    const rows = () => harness.prisma.access.findMany({ orderBy: { id: 'asc' } })
    const before = await rows()
    const input = { userId, access: profile }
    const change = { input: { accessId: demoAccessId('Terraform'), name: 'Other' } }
    expect(await harness.ask(CreateWay, { input }, null)).toMatchObject({ status: 401 })
    expect(await harness.ask(UpdateWay, change, null)).toMatchObject({ status: 401 })
    for (const { status, errors } of [
      await harness.ask(CreateWay, { input }, reader),
      await harness.ask(UpdateWay, change, reader),
    ]) {
      expect(status).toBe(403)
      expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: 'accesses:write' }])
    }
    expect(await rows()).toEqual(before)
  })

  it.each<[NewAccessInput, object]>([
    [{ uiConnection: { twoFaEnabled: true } }, { type: 'UI_CONNECTION', twoFaEnabled: true }],
    [{ ssoConnection: { ssoId: 'noor@idp' } }, { type: 'SSO_CONNECTION', ssoId: 'noor@idp' }],
    [
      { apiConnection: { name: 'Zoe\u0308', language: 'FR' } },
      { type: 'API_CONNECTION', apiName: 'Zo\u00eb', language: 'FR' },
    ],
    [profile, { type: 'PROFILE', name: 'Night shift' }],
  ])('creates one of each type, which holds no roles: %j', async (access, shown) => {
    const way = await created({ access })
    expect(way).toMatchObject({ ...shown, customerId: 1, lastLoginAt: null, roles: [], user: { id: userId } })
    expect(way.user.accesses.results.map(({ id }) => id)).toContain(way.id)
    expect(way.createdBy).toEqual({ id: administrator.userId })
    const { apiName, ...members }: { apiName?: string } = shown
    expect(await lastEvent()).toMatchObject({
      action: 'access.create',
      targetType: 'Access',
      targetId: way.id,
      before: null,
      after: { userId, ...members, ...(apiName === undefined ? {} : { name: apiName }) },
    })
  })

  it('creates none for a user of another organization, as for one that is not there', async () => {
    const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such user' }
    for (const other of [otherReader.userId, nobody]) expect(await create({ userId: other })).toEqual(missing)
    expect(await created({ userId: otherReader.userId }, writer)).toMatchObject({ customerId: 2 })
  })

  it('is visible at once to whoever asks who may sign in, and may do nothing', async () => {
    const { id } = await created()
    const { data } = await harness.askRaw(
      `{ access(id: "${id}") { type } checkPermissions(checks: [{ accessId: "${id}", permissionId: "dns.zone.read" }]) {
        allowed explanation { missing { kind } } } }`,
    )
    expect(data).toMatchObject({ access: { type: 'PROFILE' }, checkPermissions: [{ allowed: false }] })
  })

  it.each<[Partial<CreateAccessInput>, readonly string[]]>([
    [{ userId: 'x' }, ['userId']],
    [{ access: { profile: { name: '' } } }, ['access', 'profile', 'name']],
    [{ access: { profile: { name: 'a\u202eb' } } }, ['access', 'profile', 'name']],
    [{ access: { apiConnection: { name: 'x'.repeat(501), language: 'EN' } } }, ['access', 'apiConnection', 'name']],
    [{ access: { ssoConnection: { ssoId: '\u0000' } } }, ['access', 'ssoConnection', 'ssoId']],
    [{ idempotencyKey: '' }, ['idempotencyKey']],
  ])('tells what is wrong with a new one: %j', async (given, path) => {
    expect(await create(given)).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] })
  })

  it('creates one under one key, however often it is asked for, and no other one', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => created({ idempotencyKey: 'one' })))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    const other = { uiConnection: { twoFaEnabled: false } }
    expect(await create({ access: other, idempotencyKey: 'one' })).toMatchObject({ code: 'CONFLICT' })
  })

  it('changes what is given, leaves the rest, and leaves one that is like that already without an event', async () => {
    const way = await created({ access: { apiConnection: { name: 'Deploy', language: 'EN' } } })
    const changed = await updated({ accessId: way.id, name: 'Deployment', updatedAt: way.updatedAt })
    expect(changed).toMatchObject({ apiName: 'Deployment', language: 'EN', updatedBy: { id: administrator.userId } })
    expect(await lastEvent()).toMatchObject({
      action: 'access.update',
      targetId: way.id,
      before: { name: 'Deploy' },
      after: { name: 'Deployment' },
    })
    const before = await harness.prisma.auditEvent.count()
    expect(await updated({ accessId: way.id, name: 'Deployment' })).toMatchObject({ updatedAt: changed.updatedAt })
    expect(await harness.prisma.auditEvent.count()).toBe(before)
    expect(await update({ accessId: way.id, name: 'Mine', updatedAt: way.updatedAt })).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: `the access was changed by Ada Lovelace at ${changed.updatedAt}`,
      changedAt: changed.updatedAt,
      changedBy: { id: administrator.userId },
    })
  })

  it('is made once under its key, and a retry is answered although the access has been changed since', async () => {
    const way = await created()
    const given = { accessId: way.id, name: 'Once', updatedAt: way.updatedAt, idempotencyKey: 'update' }
    await updated(given)
    await updated({ accessId: way.id, name: 'Twice' })
    expect(await updated(given)).toMatchObject({ name: 'Twice' })
    expect(await update({ ...given, name: 'Other' })).toMatchObject({ code: 'CONFLICT' })
    expect(await update({ ...given, updatedAt: null })).toMatchObject({ code: 'CONFLICT' })
  })

  it.each([
    ['Provisioning', { twoFaEnabled: true }, 'twoFaEnabled', 'expected nothing of an access that is no UI_CONNECTION'],
    ['Provisioning', { ssoId: 'x' }, 'ssoId', 'expected nothing of an access that is no SSO_CONNECTION'],
    ['Provisioning', { name: null }, 'name', 'expected 1 to 500 printable characters, received null'],
    ['Provisioning', { language: null }, 'language', 'expected a language, received null'],
    [
      'ada.lovelace@lakeside.example',
      { name: 'x' },
      'name',
      'expected nothing of an access that is no API_CONNECTION or PROFILE',
    ],
  ])('tells that %s can not have %j', async (access, given, field, message) => {
    const accessId = demoAccessId(access)
    expect(await update({ accessId, ...given })).toMatchObject({ fields: [{ path: [field], message }] })
  })

  it('says the same of an access of another organization as of one that is not there', async () => {
    const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such access' }
    for (const accessId of [foreign, '918273']) expect(await update({ accessId, name: 'Mine' })).toEqual(missing)
    expect(await updated({ accessId: foreign, name: 'Site' }, writer)).toMatchObject({ apiName: 'Site' })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
