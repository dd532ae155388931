/** Whose tokens a caller may issue, switch and revoke: those of its own user, or with tokens:manage those of everybody. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const editor = 'zoe.hartmann@lakeside.example'
const administrator = 'ada.lovelace@lakeside.example'
const every = 'tokens:issue tokens:deactivate tokens:read'

const forbidden = (what: string) => ({
  __typename: 'ForbiddenError',
  code: 'FORBIDDEN',
  message: `the ${what} belongs to another user, which takes the scope tokens:manage`,
  missingScopes: ['tokens:manage'],
})
const failed = '... on Error { code message } ... on ForbiddenError { missingScopes }'

describe('whose tokens', () => {
  let harness: Harness
  let own: string
  let others: string
  beforeAll(async () => {
    harness = await createHarness()
    own = await issueOne(administrator, asDemoUser(administrator, every))
    others = await issueOne(editor, asDemoUser(editor, every))
  })
  afterAll(() => harness.close())

  const mutate = async (field: string, selection: string, caller: Caller) => {
    const document = `mutation { result: ${field} { __typename ${selection} } }`
    const { data, errors } = await harness.askRaw(document, {}, caller)
    expect(errors).toBeUndefined()
    return data?.result as Readonly<Record<string, unknown>>
  }
  const issue = (access: string, caller: Caller) =>
    mutate(
      `issueToken(input: { accessId: "${demoAccessId(access)}", name: "Whose" })`,
      `... on IssueTokenPayload { token { id } } ${failed}`,
      caller,
    )
  const issueOne = async (access: string, caller: Caller) => {
    const { token } = (await issue(access, caller)) as { token: { id: string } }
    return token.id
  }
  const changeOf = {
    deactivateToken: (id: string, caller: Caller) =>
      mutate(
        `deactivateToken(tokenId: "${id}")`,
        `... on DeactivateTokenPayload { token { status } } ${failed}`,
        caller,
      ),
    reactivateToken: (id: string, caller: Caller) =>
      mutate(
        `reactivateToken(tokenId: "${id}")`,
        `... on ReactivateTokenPayload { token { status } } ${failed}`,
        caller,
      ),
    revokeToken: (id: string, caller: Caller) =>
      mutate(
        `revokeToken(input: { tokenId: "${id}" })`,
        `... on RevokeTokenPayload { token { status } } ${failed}`,
        caller,
      ),
  } as const

  it('are issued for every access of the own user, whichever one signed in', async () => {
    const caller = asDemoUser(administrator, every)
    for (const access of [administrator, 'Provisioning']) {
      expect(await issue(access, caller)).toMatchObject({ __typename: 'IssueTokenPayload' })
    }
    const withoutAccess = asDemoUser(administrator, every, { access_id: undefined })
    expect(await issue(administrator, withoutAccess)).toMatchObject({ __typename: 'IssueTokenPayload' })
  })

  it('are not issued for an access of another user, nor by a service, without tokens:manage', async () => {
    const service = { claims: { sub: 'deployer', customer_id: 1, scope: every } }
    for (const caller of [asDemoUser(administrator, every), service]) {
      expect(await issue(editor, caller)).toEqual(forbidden('access'))
    }
    const manager = { claims: { ...service.claims, scope: `${every} tokens:manage` } }
    expect(await issue(editor, manager)).toMatchObject({ __typename: 'IssueTokenPayload' })
  })

  it('are issued by who has tokens:manage alone, which includes the others', async () => {
    const manager = asDemoUser(administrator, 'tokens:manage tokens:read')
    expect(await issue(editor, manager)).toMatchObject({ __typename: 'IssueTokenPayload' })
  })

  it.each(['deactivateToken', 'reactivateToken', 'revokeToken'] as const)(
    'are those that %s takes, and of others with tokens:manage only',
    async (field) => {
      const change = changeOf[field]
      const before = await harness.prisma.token.findMany({ orderBy: { id: 'asc' } })
      expect(await change(others, asDemoUser(administrator, every))).toEqual(forbidden('token'))
      expect(await harness.prisma.token.findMany({ orderBy: { id: 'asc' } })).toEqual(before)
      const status = { deactivateToken: 'DEACTIVATED', reactivateToken: 'ACTIVE', revokeToken: 'REVOKED' }[field]
      expect(await change(own, asDemoUser(administrator, every))).toMatchObject({ token: { status } })
      expect(await change(others, asDemoUser(administrator, `${every} tokens:manage`))).toMatchObject({
        token: { status },
      })
    },
  )

  it('are shown as of another user even where they are revoked: nothing else is told of them', async () => {
    expect(await changeOf.deactivateToken(others, asDemoUser(administrator, every))).toEqual(forbidden('token'))
  })
})

describe('all that an access has', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const excess = async (access: string, caller: Caller) => {
    const input = `{ accessId: "${demoAccessId(access)}", name: "All", allowedScopes: { organizationScopes: { allRoles: true } } }`
    const document = `mutation { issueToken(input: ${input}) { __typename ... on ScopeNotGrantedError { excess } } }`
    const { data, errors } = await harness.askRaw(document, {}, caller)
    expect(errors).toBeUndefined()
    const result = data?.issueToken as Readonly<Record<string, unknown>>
    return result.excess ?? result.__typename
  }
  const tooMuch = ['organizationScopes.allRoles']

  it('is given for the access that signed in, not for another one of the same user', async () => {
    const caller = asDemoUser(administrator, 'tokens:issue')
    expect(await excess(administrator, caller)).toBe('IssueTokenPayload')
    expect(await excess('Provisioning', caller)).toEqual(tooMuch)
  })

  it('is given for others by a manager who holds each role of it', async () => {
    expect(await excess('Provisioning', asDemoUser(administrator, 'tokens:manage'))).toBe('IssueTokenPayload')
    expect(await excess('Provisioning', asDemoUser(editor, 'tokens:manage'))).toEqual(tooMuch)
  })

  it('is never given for an access that holds nothing, by whomever', async () => {
    await harness.prisma.roleAssignment.deleteMany({ where: { accessId: Number(demoAccessId(editor)) } })
    expect(await excess(editor, asDemoUser(editor, 'tokens:issue'))).toEqual(tooMuch)
    expect(await excess(editor, asDemoUser(administrator, 'tokens:manage'))).toEqual(tooMuch)
  })
})

describe('reactivateToken is issuing again:', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const reactivate = async (id: number, caller: Caller) => {
    await harness.prisma.token.update({ where: { id }, data: { deactivated: true } })
    const failures = `${failed} ... on ScopeNotGrantedError { excess } ... on TokenPolicyError { limit }`
    const document = `mutation { reactivateToken(tokenId: "${id}") { __typename ${failures} } }`
    const { data, errors } = await harness.askRaw(document, {}, caller)
    expect(errors).toBeUndefined()
    const { deactivated } = await harness.prisma.token.findUniqueOrThrow({ where: { id } })
    const result = data?.reactivateToken as Readonly<Record<string, unknown>>
    expect(deactivated).toBe(result.__typename !== 'ReactivateTokenPayload')
    return result
  }
  const portal = demoTokenId('Provisioning portal')
  const can = 'tokens:manage tokens:read users:read accesses:read roles:read'

  it('no scope that the caller lacks, and no roles that it does not hold', async () => {
    expect(await reactivate(portal, asDemoUser(administrator, 'tokens:manage tokens:read'))).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      excess: ['accesses:read', 'roles:read', 'users:read'],
    })
    expect(await reactivate(portal, asDemoUser(editor, can))).toMatchObject({
      excess: ['organizationScopes.allPermissions', 'organizationScopes.allRoles'],
    })
    expect(await reactivate(portal, asDemoUser(administrator, can))).toEqual({ __typename: 'ReactivateTokenPayload' })
  })

  it('on what is held now, whatever was known before', async () => {
    const where = { accessId: Number(demoAccessId('Provisioning')) }
    const roles = await harness.prisma.roleAssignment.findMany({ where })
    await harness.prisma.roleAssignment.deleteMany({ where })
    expect(await reactivate(portal, asDemoUser(administrator, can))).toMatchObject({
      excess: ['organizationScopes.allPermissions', 'organizationScopes.allRoles'],
    })
    await harness.prisma.roleAssignment.createMany({ data: roles })
    expect(await reactivate(portal, asDemoUser(administrator, can))).toEqual({ __typename: 'ReactivateTokenPayload' })
    await harness.prisma.token.update({ where: { id: portal }, data: { scope: ['audit:read'] } })
    expect(await reactivate(portal, asDemoUser(administrator, can))).toMatchObject({ excess: ['audit:read'] })
    await harness.prisma.token.update({ where: { id: portal }, data: { scope: [] } })
  })

  it('nothing by a caller who came with an API token, nor for a user whose time is over', async () => {
    expect(
      await reactivate(portal, asDemoUser(administrator, can, { token_id: demoTokenId('Joiners & leavers') })),
    ).toMatchObject({
      limit: 'ISSUED_BY_TOKEN',
    })
    const { userId } = await harness.prisma.access.findUniqueOrThrow({
      where: { id: Number(demoAccessId('Provisioning')) },
    })
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-11-20') } })
    expect(await reactivate(portal, asDemoUser('samuel.okafor@lakeside.example', can))).toMatchObject({
      limit: 'EXPIRED_USER',
    })
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: null } })
  })

  it('but the end that was granted once', async () => {
    const { expiresAt } = await harness.prisma.token.findUniqueOrThrow({ where: { id: portal } })
    expect(expiresAt.getTime() - harness.now.getTime()).toBeGreaterThan(366 * 86_400_000)
    expect(await reactivate(portal, asDemoUser(administrator, can))).toEqual({ __typename: 'ReactivateTokenPayload' })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
