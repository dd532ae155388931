/** Users and accesses that are removed: what goes with them, what stays of them, and what stands in the way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { graphql } from '../generated/gql.ts'
import type { RemoveAccessInput, RemoveUserInput } from '../generated/graphql.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const RemoveOneUser = graphql(`
  mutation RemoveOneUser($input: RemoveUserInput!) {
    removeUser(input: $input) {
      __typename
      ... on RemoveUserPayload { userId accessIds roleAssignments tokenIds }
      ... on Error { code message }
      ... on InvalidInputError { fields { path } }
      ... on GuardRailError { rule }
    }
  }
`)

const RemoveOneAccess = graphql(`
  mutation RemoveOneAccess($input: RemoveAccessInput!) {
    removeAccess(input: $input) {
      __typename
      ... on RemoveAccessPayload { accessId roleAssignments tokenIds }
      ... on Error { code message }
      ... on InvalidInputError { fields { path } }
      ... on GuardRailError { rule }
    }
  }
`)

const WhatStays = graphql(`
  query WhatStays($userId: ID!, $accessId: ID!, $tokenId: ID!) {
    user(id: $userId) { id }
    access(id: $accessId) { id }
    users(search: { ids: [$userId] }) { total }
    accesses(search: { ids: [$accessId] }) { total }
    tokens(search: { userId: $userId }) { results { id } }
    token(id: $tokenId) {
      status revokedAt userId username acct
      access { id user { id firstname } roles { id } tokens { total } }
      user { id firstname email accesses { total } tokens { total } }
    }
  }
`)

const { administrator, reader, otherReader, auditor } = demoCallers
const nobody = '5f0c1e9a-3b7d-4c62-9f18-d2a4b6c8e013'
const terraform = demoAccess('Terraform')
const { userId } = terraform.person
const accessId = String(terraform.accessId)
const tokenId = String(demoTokenId('Terraform Cloud'))
const secret = { authorization: `Bearer ${formatSecret(fixedBytes(`secret of token ${tokenId}`))}` }
const service: Caller = {
  claims: { sub: 'offboarding', customer_id: 1, scope: 'users:write accesses:write users:read accesses:read' },
}

describe('removing', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const removeUser = async (input: RemoveUserInput, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(RemoveOneUser, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.removeUser
  }
  const removeAccess = async (input: RemoveAccessInput, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(RemoveOneAccess, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.removeAccess
  }
  const count = async () => ({
    users: await harness.prisma.user.count(),
    accesses: await harness.prisma.access.count(),
    assignments: await harness.prisma.roleAssignment.count(),
    tokens: await harness.prisma.token.count(),
  })

  it('refuses who has no credential, and who lacks the scope, and removes nothing then', async () => {
    const before = await count()
    const [user, access] = [{ input: { userId } }, { input: { accessId } }]
    expect(await harness.ask(RemoveOneUser, user, null)).toMatchObject({ status: 401 })
    expect(await harness.ask(RemoveOneAccess, access, null)).toMatchObject({ status: 401 })
    const refused = [await harness.ask(RemoveOneUser, user, reader), await harness.ask(RemoveOneAccess, access, reader)]
    expect(refused.map(({ errors }) => errors?.[0]?.extensions.missingScopes)).toMatchObject([
      [{ scope: 'users:write' }],
      [{ scope: 'accesses:write' }],
    ])
    expect(await count()).toEqual(before)
  })

  it('says the same of what another organization has as of what is not there', async () => {
    const before = await count()
    const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND' }
    for (const id of [otherReader.userId, nobody]) {
      expect(await removeUser({ userId: id, idempotencyKey: 'foreign' })).toMatchObject({
        ...missing,
        message: 'there is no such user',
      })
    }
    for (const id of [String(otherReader.accessId), '918273']) {
      expect(await removeAccess({ accessId: id })).toMatchObject({ ...missing, message: 'there is no such access' })
    }
    expect(await removeUser({ userId: 'x' })).toMatchObject({ fields: [{ path: ['userId'] }] })
    expect(await removeAccess({ accessId: 'x' })).toMatchObject({ fields: [{ path: ['accessId'] }] })
    expect(await count()).toEqual(before)
  })

  it('lets nobody remove their own user, nor the access that they came with', async () => {
    const own = { userId: administrator.userId }
    expect(await removeUser(own)).toMatchObject({ code: 'GUARD_RAIL', rule: 'OWN_USER' })
    const access = { accessId: String(administrator.accessId) }
    expect(await removeAccess(access)).toMatchObject({ code: 'GUARD_RAIL', rule: 'OWN_ACCESS' })
    const { userId: sub, customerId, scopes } = administrator
    const withoutAccess: Caller = { claims: { sub, customer_id: customerId, scope: scopes.join(' ') } }
    expect(await removeAccess(access, withoutAccess)).toMatchObject({ rule: 'OWN_ACCESS' })
    const id = demoTokenId('Provisioning staging')
    await harness.prisma.token.update({ where: { id }, data: { scope: ['users:write', 'accesses:write'] } })
    const byToken = { authorization: `Bearer ${formatSecret(fixedBytes(`secret of token ${id}`))}` }
    const { accessId: behind } = await harness.prisma.token.findUniqueOrThrow({ where: { id } })
    expect(await removeUser(own, byToken)).toMatchObject({ rule: 'OWN_USER' })
    expect(await removeAccess({ accessId: String(behind) }, byToken)).toMatchObject({ rule: 'OWN_ACCESS' })
  })

  it('leaves what somebody has changed since', async () => {
    const before = await count()
    const updatedAt = '2020-01-01T00:00:00.000Z'
    expect(await removeUser({ userId, updatedAt })).toMatchObject({ code: 'CONFLICT' })
    expect(await removeAccess({ accessId, updatedAt })).toMatchObject({ code: 'CONFLICT' })
    expect(await count()).toEqual(before)
  })

  it('takes an access with its roles, ends its tokens, and keeps what those say of it', async () => {
    const { accessId: id, person } = demoAccess('Joiners & leavers')
    const token = demoTokenId('Joiners & leavers')
    const held = await harness.prisma.roleAssignment.count({ where: { accessId: id } })
    const result = await removeAccess({ accessId: String(id), idempotencyKey: 'access' }, service)
    expect(result).toMatchObject({
      accessId: String(id),
      roleAssignments: held,
      tokenIds: expect.arrayContaining([String(token)]),
    })
    expect(await removeAccess({ accessId: String(id), idempotencyKey: 'access' }, service)).toEqual(result)
    const { data } = await harness.ask(WhatStays, {
      userId: person.userId,
      accessId: String(id),
      tokenId: String(token),
    })
    expect(data).toMatchObject({
      user: { id: person.userId },
      access: null,
      accesses: { total: 0 },
      token: {
        status: 'REVOKED',
        access: { id: String(id), user: { id: person.userId } },
        user: { id: person.userId },
      },
    })
    expect(data?.tokens.results.map((each) => each.id)).toContain(String(token))
    const asked = `{ user(id: "${person.userId}") { events(first: 50) { nodes { action targetType targetId } } } }`
    const told = (await harness.askRaw(asked)).data as { user: { events: { nodes: readonly object[] } } }
    expect(told.user.events.nodes).toEqual(
      expect.arrayContaining([
        { action: 'access.remove', targetType: 'Access', targetId: String(id) },
        { action: 'token.revoke', targetType: 'Token', targetId: String(token) },
      ]),
    )
  })

  it('takes a user with its accesses and roles, at once, ends its tokens, and keeps what those say of it', async () => {
    const session: Caller = { claims: { sub: userId, access_id: terraform.accessId, customer_id: 1, scope: '' } }
    const statuses = () =>
      Promise.all(
        [session, secret].map(async (caller) => (await harness.askRaw('{ viewer { subject } }', {}, caller)).status),
      )
    expect(await statuses()).toEqual([200, 200])
    const asked = { userId, accessId, tokenId }
    const before = (await harness.ask(WhatStays, asked)).data
    const accesses = await harness.prisma.access.findMany({ where: { userId }, orderBy: { id: 'asc' } })
    const ids = accesses.map(({ id }) => id)
    const where = { accessId: { in: ids } }
    const roleAssignments = await harness.prisma.roleAssignment.count({ where })
    const active = await harness.prisma.token.findMany({ where: { ...where, revokedAt: null }, orderBy: { id: 'asc' } })
    const tokens = await harness.prisma.token.count()
    const { id: last } = await harness.prisma.auditEvent.findFirstOrThrow({ orderBy: { id: 'desc' } })

    const result = await removeUser({ userId, idempotencyKey: 'user' }, service)
    expect(result).toEqual({
      __typename: 'RemoveUserPayload',
      userId,
      accessIds: ids.map(String),
      roleAssignments,
      tokenIds: active.map(({ id }) => String(id)),
    })
    expect(await statuses()).toEqual([401, 401])
    expect(await harness.prisma.token.count()).toBe(tokens)
    const events = await harness.prisma.auditEvent.findMany({ where: { id: { gt: last } } })
    const told = (action: string) => events.filter((event) => event.action === action).map((event) => event.targetId)
    expect(told('user.remove')).toEqual([userId])
    expect(told('access.remove').sort()).toEqual(ids.map(String).sort())
    expect(told('token.revoke').sort()).toEqual(active.map(({ id }) => String(id)).sort())
    expect(told('role.withdraw')).toHaveLength(roleAssignments)
    expect(events).toHaveLength(1 + ids.length + active.length + roleAssignments)
    expect(events.every(({ after, action }) => action === 'token.revoke' || after === null)).toBe(true)

    const { data } = await harness.ask(WhatStays, asked)
    expect(data).toMatchObject({ user: null, access: null, users: { total: 0 }, accesses: { total: 0 } })
    expect(data?.tokens).toEqual(before?.tokens)
    expect(data?.token).toEqual({
      ...before?.token,
      status: 'REVOKED',
      revokedAt: harness.now.toISOString(),
      access: { ...before?.token?.access, roles: [] },
      user: { ...before?.token?.user, accesses: { total: 0 } },
    })
    expect(await removeUser({ userId, idempotencyKey: 'user' }, service)).toEqual(result)
    expect(
      await removeUser({ userId, idempotencyKey: 'user', updatedAt: '2020-01-01T00:00:00Z' }, service),
    ).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await removeUser({ userId })).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('leaves the tokens as they are, final and of nobody else, and the address to others', async () => {
    const { email } = terraform.person
    const { data } = await harness.askRaw(
      `mutation {
        on: reactivateToken(tokenId: "${tokenId}") { __typename ... on Error { message } }
        off: deactivateToken(tokenId: "${tokenId}") { __typename }
        again: rotateToken(input: { tokenId: "${tokenId}" }) { __typename ... on Error { message } }
        revoke: revokeToken(input: { tokenId: "${tokenId}" }) { __typename }
        createUser(input: { firstname: "Next", lastname: "One", email: "${email}", language: EN }) { __typename }
      }`,
    )
    expect(data).toMatchObject({
      on: { message: 'the token is revoked, which is final' },
      off: { __typename: 'ConflictError' },
      again: { message: 'the token is revoked: expected one that works' },
      revoke: { __typename: 'RevokeTokenPayload' },
      createUser: { __typename: 'CreateUserPayload' },
    })
    const foreign = await harness.askRaw(`{ token(id: "${tokenId}") { id } }`, {}, otherReader)
    expect(foreign.data).toEqual({ token: null })
    const all = await harness.askRaw(`{ token(id: "${tokenId}") { user { firstname } } }`, {}, auditor)
    expect(all.data).toEqual({ token: { user: { firstname: terraform.person.firstname } } })
  })

  it('says of the tokens why they work no more', async () => {
    const asked = `{
      checkPermissions(checks: [{ tokenId: "${tokenId}", permissionId: "dns.record.read" }]) {
        allowed explanation { missing { kind message } }
      }
      token(id: "${tokenId}") {
        viewerCanRevoke viewerCannotReactivateReasons viewerCannotRotateReasons
        events(first: 1) { nodes { action outcome reason } }
      }
    }`
    expect((await harness.askRaw('{ viewer { subject } }', {}, secret)).status).toBe(401)
    await harness.gateway.settle()
    const { data, errors } = await harness.askRaw(asked)
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      checkPermissions: [
        {
          allowed: false,
          explanation: {
            missing: expect.arrayContaining([
              { kind: 'TOKEN_INACTIVE', message: 'the token is deactivated or revoked' },
            ]),
          },
        },
      ],
      token: {
        viewerCanRevoke: true,
        viewerCannotReactivateReasons: ['REVOKED'],
        viewerCannotRotateReasons: expect.arrayContaining(['REVOKED']),
        events: { nodes: [{ action: 'token.signIn', outcome: 'refused', reason: 'REVOKED' }] },
      },
    })
  })

  it('keeps nothing but the id of a user that no token leads to', async () => {
    const { data } = await harness.askRaw(
      `mutation { createUser(input: { firstname: "Short", lastname: "Lived", email: "short@lakeside.example", language: EN }) {
        ... on CreateUserPayload { user { id } } } }`,
    )
    const { id } = (data as { createUser: { user: { id: string } } }).createUser.user
    expect(await removeUser({ userId: id })).toMatchObject({ accessIds: [], roleAssignments: 0, tokenIds: [] })
    expect(await harness.prisma.removedUser.findUnique({ where: { id } })).toMatchObject({
      id,
      firstname: null,
      email: null,
    })
  })

  it('keeps a user whose tokens lead to an access that was removed before', async () => {
    const made = async (document: string, input: object) => {
      const { data, errors } = await harness.askRaw(document, { input })
      expect(errors).toBeUndefined()
      return (data as { made: { row: { id: string } } }).made.row.id
    }
    const person = { firstname: 'Earlier', lastname: 'Gone', email: 'earlier@lakeside.example', language: 'EN' }
    const userId = await made(
      'mutation ($input: CreateUserInput!) { made: createUser(input: $input) { ... on CreateUserPayload { row: user { id } } } }',
      person,
    )
    const accessId = await made(
      'mutation ($input: CreateAccessInput!) { made: createAccess(input: $input) { ... on CreateAccessPayload { row: access { id } } } }',
      { userId, access: { apiConnection: { name: 'Gone', language: 'EN' } } },
    )
    const tokenId = await made(
      'mutation ($input: IssueTokenInput!) { made: issueToken(input: $input) { ... on IssueTokenPayload { row: token { id } } } }',
      { accessId, name: 'Stays' },
    )
    expect(await removeAccess({ accessId })).toMatchObject({ tokenIds: [tokenId] })
    expect(await removeUser({ userId })).toMatchObject({ accessIds: [], tokenIds: [] })
    const { data } = await harness.ask(WhatStays, { userId, accessId, tokenId })
    expect(data?.token).toMatchObject({
      status: 'REVOKED',
      userId,
      user: { firstname: 'Earlier', email: person.email },
    })
  })

  it('keeps a last access of the organization that may assign roles, whoever asks, and whoever asks at once', async () => {
    const organizationId = administrator.organizationId
    const holds = {
      resourceType: null,
      validUntil: null,
      role: { permissions: { some: { permissionId: 'iam.role.assign' } } },
    }
    const holders = await harness.prisma.user.findMany({
      where: {
        organizationId,
        expiresAt: null,
        accesses: { some: { type: { not: 'PROFILE' }, assignments: { some: holds } } },
      },
      include: { accesses: { where: { type: { not: 'PROFILE' }, assignments: { some: holds } } } },
    })
    expect(holders.length).toBeGreaterThan(1)
    const all = await Promise.all(holders.map(({ id }) => removeUser({ userId: id }, service)))
    expect(all.filter((result) => result?.__typename === 'RemoveUserPayload')).toHaveLength(holders.length - 1)
    expect(all.find((result) => result?.__typename === 'GuardRailError')).toMatchObject({ rule: 'LAST_ROLE_ASSIGNER' })
    const kept = holders.find((_, index) => all[index]?.__typename === 'GuardRailError')
    const accesses = await Promise.all(
      (kept?.accesses ?? []).map(({ id }) => removeAccess({ accessId: String(id) }, service)),
    )
    expect(accesses.filter((result) => result?.__typename === 'GuardRailError')).toHaveLength(1)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
