/** Refusals around tokens leave events: of secrets that work no more, and of changes that are not allowed. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const administrator = 'ada.lovelace@lakeside.example'
const editor = 'zoe.hartmann@lakeside.example'
const every = 'tokens:issue tokens:deactivate tokens:rotate tokens:read users:read'
const { organizationId } = demoCallers.administrator

describe('what is refused', () => {
  let harness: Harness
  let foreign: string
  let seen: bigint
  beforeAll(async () => {
    harness = await createHarness()
    foreign = (await issue(editor, asDemoUser(editor, every))).id
  })
  beforeEach(async () => {
    await harness.gateway.settle()
    seen = (await harness.prisma.auditEvent.aggregate({ _max: { id: true } }))._max.id ?? 0n
  })
  afterAll(() => harness.close())

  const admin = asDemoUser(administrator, every)
  const mutate = async (field: string, caller: Caller = admin) => {
    const document = `mutation { result: ${field} { __typename } }`
    const { data, errors } = await harness.askRaw(document, {}, caller)
    expect(errors).toBeUndefined()
    return data?.result as { readonly __typename: string }
  }
  const issue = async (access: string, caller: Caller = admin) => {
    const document = `mutation { issueToken(input: { accessId: "${demoAccessId(access)}", name: "Refused", scope: ["users:read"] })
      { ... on IssueTokenPayload { secret token { id } } } }`
    const { data, errors } = await harness.askRaw(document, {}, caller)
    expect(errors).toBeUndefined()
    const { secret, token } = Object(data).issueToken as { secret: string; token: { id: string } }
    return { secret, id: token.id }
  }
  const events = async () => {
    await harness.gateway.settle()
    return harness.prisma.auditEvent.findMany({ where: { id: { gt: seen } }, orderBy: { id: 'asc' } })
  }
  const signIn = (secret: string, gateway = harness.gateway) =>
    gateway.fetch(
      new Request('http://gateway.example/graphql?query={__typename}', {
        headers: { authorization: `Bearer ${secret}` },
      }),
    )

  const zoes = () => demoAccessId(editor)
  it.each([
    [
      'issueToken',
      () => `issueToken(input: { accessId: "${zoes()}", name: "x" })`,
      'token.issue',
      () => ['Access', zoes()],
    ],
    ['rotateToken', () => `rotateToken(input: { tokenId: "${foreign}" })`, 'token.rotate', () => ['Token', foreign]],
    ['reactivateToken', () => `reactivateToken(tokenId: "${foreign}")`, 'token.reactivate', () => ['Token', foreign]],
    ['deactivateToken', () => `deactivateToken(tokenId: "${foreign}")`, 'token.deactivate', () => ['Token', foreign]],
    ['revokeToken', () => `revokeToken(input: { tokenId: "${foreign}" })`, 'token.revoke', () => ['Token', foreign]],
  ] as const)('to %s what is of another user is on record', async (_, field, action, target) => {
    expect(await mutate(field())).toEqual({ __typename: 'ForbiddenError' })
    const [type, id] = target()
    const all = await events()
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({
      organizationId,
      action,
      outcome: 'REFUSED',
      reason: 'FORBIDDEN',
      detail: { missingScopes: ['tokens:manage'] },
      actor: { firstname: 'Ada' },
      targetType: type,
      targetId: id,
      before: null,
      after: null,
      count: 1,
    })
  })

  it('says what was too much, which rule was broken, and what it contradicted', async () => {
    const own = `accessId: "${demoAccessId(administrator)}"`
    await mutate(`issueToken(input: { ${own}, name: "x", scope: ["audit:read"] })`)
    await mutate(`issueToken(input: { ${own}, name: "x", expiresAt: "2036-01-01T00:00:00Z" })`)
    const { id } = await issue(administrator)
    await mutate(`revokeToken(input: { tokenId: "${id}" })`)
    seen = (await events()).at(-1)?.id ?? seen
    await mutate(`rotateToken(input: { tokenId: "${id}" })`)
    await mutate(`issueToken(input: { ${own}, name: "x", scope: ["audit:read"] })`)
    expect(await events()).toMatchObject([
      { action: 'token.rotate', outcome: 'FAILED', reason: 'CONFLICT', detail: null },
      { action: 'token.issue', outcome: 'REFUSED', reason: 'SCOPE_NOT_GRANTED', detail: { excess: ['audit:read'] } },
    ])
    const broken = await harness.prisma.auditEvent.findFirst({ where: { reason: 'TOKEN_POLICY' } })
    expect(broken?.detail).toEqual({ limit: 'TOKEN_MAX_LIFETIME' })
  })

  it('of another organization is on record with who asked, and not where it was asked for', async () => {
    const [theirs] = await harness.prisma.token.findMany({
      where: { organizationId: { not: organizationId } },
      take: 1,
    })
    expect(await mutate(`deactivateToken(tokenId: "${theirs?.id}")`)).toEqual({ __typename: 'NotFoundError' })
    expect(await events()).toMatchObject([{ organizationId, reason: 'NOT_FOUND', targetId: String(theirs?.id) }])
  })

  it('is not what is wrong in itself, and not what succeeds', async () => {
    await mutate(`issueToken(input: { accessId: "x", name: "" })`)
    await mutate(`deactivateToken(tokenId: "x")`)
    await issue(administrator)
    expect((await events()).map(({ action, outcome }) => [action, outcome])).toEqual([['token.issue', 'SUCCESS']])
  })

  it.each([
    ['deactivated', { deactivated: true }, 'DEACTIVATED'],
    ['revoked', { revokedAt: new Date('2026-11-20') }, 'REVOKED'],
    ['expired', { createdAt: new Date('2026-11-19'), expiresAt: new Date('2026-11-20') }, 'EXPIRED'],
  ])(
    'as the secret of a token that is %s is on record, once for a storm, and never with the secret',
    async (_, data, reason) => {
      const { secret, id } = await issue(administrator)
      await harness.prisma.token.update({ where: { id: Number(id) }, data })
      seen = (await events()).at(-1)?.id ?? seen
      const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await signIn(secret)).status))
      expect(new Set(statuses)).toEqual(new Set([401]))
      const all = await events()
      expect(all).toMatchObject([
        {
          organizationId,
          action: 'token.signIn',
          outcome: 'REFUSED',
          reason,
          targetType: 'Token',
          targetId: id,
          actor: null,
          actorTokenId: Number(id),
          subject: demoCallers.administrator.userId,
          count: 1,
        },
        { action: 'token.signIn', reason, count: 39 },
      ])
      expect(JSON.stringify(all, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))).not.toContain(
        secret,
      )
    },
  )

  it('as a JWT that was made from a token is on record, too', async () => {
    const { id } = await issue(administrator)
    await mutate(`deactivateToken(tokenId: "${id}")`)
    seen = (await events()).at(-1)?.id ?? seen
    const made = asDemoUser(administrator, every, { token_id: Number(id) })
    expect(await harness.askRaw('{ __typename }', {}, made)).toMatchObject({ status: 401 })
    expect(await events()).toMatchObject([{ action: 'token.signIn', reason: 'DEACTIVATED', targetId: id }])
  })

  it('of changes of users and accesses is on record, too', async () => {
    const nobody = '3f3c2f2e-0000-4000-8000-000000000000'
    const writer = asDemoUser(administrator, 'users:write accesses:write users:read accesses:read')
    await mutate(`updateUser(input: { userId: "${nobody}", firstname: "X" })`, writer)
    await mutate(`updateAccess(input: { accessId: "2000000000", language: EN })`, writer)
    expect(await events()).toMatchObject([
      { action: 'user.update', outcome: 'REFUSED', reason: 'NOT_FOUND', targetType: 'User', targetId: nobody },
      { action: 'access.update', outcome: 'REFUSED', reason: 'NOT_FOUND', targetType: 'Access' },
    ])
  })

  it('of new users is on record, too, as asked of their organization', async () => {
    const create = (customerId: number, firstname: string) =>
      mutate(
        `createUser(input: { customerId: ${customerId}, firstname: "${firstname}", lastname: "L", email: "new@lakeside.example",
          language: EN, idempotencyKey: "refused-${customerId}" })`,
        asDemoUser(administrator, 'users:write users:read'),
      )
    await create(1, 'Ada')
    expect(await create(1, 'Eve')).toEqual({ __typename: 'ConflictError' })
    expect(await create(918_273, 'Ada')).toEqual({ __typename: 'NotFoundError' })
    const about = { organizationId, action: 'user.create', targetType: 'Organization' }
    expect(await events()).toMatchObject([
      { action: 'user.create', outcome: 'SUCCESS' },
      { ...about, outcome: 'FAILED', reason: 'CONFLICT', targetId: '1' },
      { ...about, outcome: 'REFUSED', reason: 'NOT_FOUND', targetId: '918273' },
    ])
  })

  it('as a secret that no token has is not: there is nothing that it could be about', async () => {
    const { secret, id } = await issue(administrator)
    await harness.prisma.token.delete({ where: { id: Number(id) } })
    seen = (await events()).at(-1)?.id ?? seen
    expect((await signIn(secret)).status).toBe(401)
    expect(await mutate(`revokeToken(input: { secret: "${secret}" })`)).toEqual({ __typename: 'NotFoundError' })
    await mutate(`reportLeakedToken(secret: "${secret}")`)
    expect(await events()).toEqual([])
  })

  it('can be read and searched as what happened', async () => {
    await mutate(`deactivateToken(tokenId: "${foreign}")`)
    await harness.gateway.settle()
    const { data } =
      await harness.askRaw(`{ auditEvents(first: 1, search: { outcomes: ["refused"], targetId: "${foreign}" }) {
      nodes { action outcome reason detail count actor { firstname } targetId } } }`)
    expect(data?.auditEvents).toEqual({
      nodes: [
        {
          action: 'token.deactivate',
          outcome: 'refused',
          reason: 'FORBIDDEN',
          detail: { missingScopes: ['tokens:manage'] },
          count: 1,
          actor: { firstname: 'Ada' },
          targetId: foreign,
        },
      ],
    })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
