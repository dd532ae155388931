import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphql } from '../generated/gql.ts'
import type { AllowedScopesInput, IssueTokenInput, OrganizationScopesInput } from '../generated/graphql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const IssueBeyond = graphql(`
  mutation IssueBeyond($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on Error { code message }
      ... on ScopeNotGrantedError { excess }
      ... on TokenPolicyError { limit }
      ... on InvalidInputError { fields { path message } }
    }
  }
`)

const issuing = 'tokens:issue tokens:manage tokens:read'
const on = (id: string) => ({ type: 'ZONE', id }) as const
/** Edits two zones and nothing else. */
const editor = 'zoe.hartmann@lakeside.example'
/** Reads zones and domains everywhere. */
const zoneReader = 'oliver.bennett@lakeside.example'
const administrator = 'ada.lovelace@lakeside.example'

describe('issueToken gives nobody more than the issuer has:', () => {
  let harness: Harness
  let before: number
  beforeAll(async () => {
    harness = await createHarness()
    before = await harness.prisma.token.count()
  })
  afterAll(() => harness.close())

  const issue = async (given: Partial<IssueTokenInput>, caller: Caller) => {
    const input = { accessId: demoAccessId('Uptime probe'), name: 'Escalation', ...given }
    const { data, errors } = await harness.ask(IssueBeyond, { input }, caller)
    expect(errors).toBeUndefined()
    if (data?.issueToken.__typename === 'IssueTokenPayload') before += 1
    return data?.issueToken
  }
  const excessOf = async (given: Partial<IssueTokenInput>, caller: Caller) => {
    const result = await issue(given, caller)
    return result?.__typename === 'ScopeNotGrantedError' ? result.excess : result?.__typename
  }
  const excessOfRights = (organizationScopes: OrganizationScopesInput, access: string, accessId?: string) =>
    excessOf({ allowedScopes: { organizationScopes }, ...(accessId && { accessId }) }, asDemoUser(access, issuing))

  it('no scope that the issuer lacks, and none is left out silently', async () => {
    const caller = asDemoUser(administrator, `${issuing} users:read`)
    const scope = ['users:write', 'users:read', 'audit:read', 'audit:read']
    expect(await issue({ scope }, caller)).toEqual({
      __typename: 'ScopeNotGrantedError',
      code: 'SCOPE_NOT_GRANTED',
      message: 'the token would carry more than its issuer holds',
      excess: ['audit:read', 'users:write'],
    })
  })

  it('no right to issue tokens or to see all organizations, whoever asks', async () => {
    const caller = asDemoUser(administrator, `${issuing} organizations:all`)
    const both = ['organizations:all', 'tokens:issue']
    expect(await excessOf({ scope: both }, caller)).toEqual(both)
    expect(await excessOf({ allowedScopes: { generalScopes: both } }, caller)).toEqual(both)
    expect(await excessOf({ scope: both, allowedScopes: { generalScopes: both } }, caller)).toEqual(both)
  })

  it('no general scope that the issuer lacks, but those about the token’s own user', async () => {
    const ofServices = { generalScopes: ['openid', 'email', 'billing.export', 'OpenID', 'users:read'] }
    expect(await excessOf({ allowedScopes: ofServices }, asDemoUser(administrator, issuing))).toEqual([
      'OpenID',
      'billing.export',
      'users:read',
    ])
    const holder = asDemoUser(administrator, `${issuing} billing.export users:read OpenID`)
    expect(await excessOf({ allowedScopes: ofServices }, holder)).toBe('IssueTokenPayload')
  })

  it('no role that the issuer lacks, nor one that does not exist', async () => {
    const roles = ['zone-reader', 'zone-admin', 'administrator', 'ADMINISTRATOR', 'no-such-role'].map((name) => ({
      name,
    }))
    expect(await excessOfRights({ roles }, zoneReader)).toEqual([
      'role:ADMINISTRATOR',
      'role:administrator',
      'role:no-such-role',
      'role:zone-admin',
    ])
  })

  it('no role everywhere, or on another zone, that the issuer holds on some zone', async () => {
    const roles = [
      { name: 'zone-editor' },
      { name: 'zone-editor', resource: on('example.com') },
      { name: 'zone-editor', resource: on('lakeside.example') },
      { name: 'zone-editor', resource: on('Lakeside.EXAMPLE.') },
      { name: 'zone-editor', resource: on('com') },
    ]
    expect(await excessOfRights({ roles }, editor)).toEqual([
      'role:zone-editor',
      'role:zone-editor@zone:com',
      'role:zone-editor@zone:lakeside.example',
    ])
    const held = [
      { name: 'zone-editor', resource: on('example.com') },
      { name: 'zone-editor', resource: on('example.net') },
      { name: 'zone-editor', resource: on('EXAMPLE.COM.') },
    ]
    expect(await excessOfRights({ roles: held }, editor)).toBe('IssueTokenPayload')
  })

  it('no permission that the issuer lacks, or has on other zones only', async () => {
    const permissions = [
      { permissionId: 'dns.record.create', resources: [on('example.com'), on('lakeside.example')] },
      { permissionId: 'dns.record.delete', resources: [] },
      { permissionId: 'dns.zone.delete', resources: [on('example.com')] },
      { permissionId: 'no.such.permission' },
    ]
    expect(await excessOfRights({ permissions }, editor)).toEqual([
      'permission:dns.record.create@zone:lakeside.example',
      'permission:dns.record.delete',
      'permission:dns.zone.delete@zone:example.com',
      'permission:no.such.permission',
    ])
  })

  it('a role of which the issuer has all permissions, on the zones where it has them', async () => {
    const anything = [{ name: 'zone-admin' }, { name: 'auditor' }, { name: 'zone-editor', resource: on('example.com') }]
    expect(await excessOfRights({ roles: anything }, administrator)).toBe('IssueTokenPayload')
    const reading = [{ name: 'zone-reader', resource: on('example.com') }, { name: 'zone-reader' }]
    expect(await excessOfRights({ roles: reading }, editor)).toEqual(['role:zone-reader'])
  })

  it('no role that permits nothing, where the issuer does not hold it', async () => {
    await harness.prisma.role.create({ data: { id: 'empty', description: 'Permits nothing yet.' } })
    expect(await excessOfRights({ roles: [{ name: 'empty' }] }, administrator)).toEqual(['role:empty'])
  })

  it('not all of an access that has more than the issuer', async () => {
    const everything = { allRoles: true, allPermissions: true }
    expect(await excessOfRights(everything, editor, demoAccessId('Terraform'))).toEqual([
      'organizationScopes.allPermissions',
      'organizationScopes.allRoles',
    ])
    expect(await excessOfRights(everything, editor, demoAccessId('dyndns home office'))).toEqual([
      'organizationScopes.allPermissions',
      'organizationScopes.allRoles',
    ])
    expect(await excessOfRights(everything, editor, demoAccessId(editor))).toBe('IssueTokenPayload')
    expect(await excessOfRights(everything, administrator, demoAccessId('Terraform'))).toBe('IssueTokenPayload')
  })

  it('nothing in a single service either', async () => {
    const allowedScopes: AllowedScopesInput = {
      servicesScopes: [
        { serviceDefinitionId: 'dns', roles: [{ name: 'zone-admin' }] },
        { serviceDefinitionId: 'mail', allRoles: true },
      ],
    }
    expect(await excessOf({ allowedScopes, accessId: demoAccessId('Terraform') }, asDemoUser(editor, issuing))).toEqual(
      ['role:zone-admin', 'servicesScopes.1.allRoles'],
    )
  })

  it('nothing by a caller who came with an API token, not even what it holds', async () => {
    const caller = asDemoUser(administrator, `${issuing} users:read`, { token_id: 1 })
    expect(await issue({ scope: ['users:read'] }, caller)).toMatchObject({ limit: 'ISSUED_BY_TOKEN' })
    expect(await issue({}, asDemoUser(administrator, issuing, { token_id: '1' }))).toMatchObject({
      limit: 'ISSUED_BY_TOKEN',
    })
  })

  it('no roles by a caller without an access', async () => {
    const rights = {
      organizationScopes: { roles: [{ name: 'zone-reader' }], permissions: [{ permissionId: 'dns.zone.read' }] },
    }
    const excess = ['permission:dns.zone.read', 'role:zone-reader']
    const caller = asDemoUser(administrator, issuing, { access_id: undefined })
    expect(await excessOf({ allowedScopes: rights }, caller)).toEqual(excess)
  })

  it('no roles in an organization that the issuer sees but holds none in', async () => {
    const founder = asDemoUser('helena.novak@meridian.example', `${issuing} organizations:all`)
    const roles = [{ name: 'administrator' }]
    expect(await excessOf({ allowedScopes: { organizationScopes: { roles } } }, founder)).toEqual([
      'role:administrator',
    ])
    const own = { accessId: demoAccessId('WHOIS mirror'), allowedScopes: { organizationScopes: { roles } } }
    expect(await excessOf(own, founder)).toBe('IssueTokenPayload')
  })

  it('and nothing of what was refused is stored, remembered or logged', async () => {
    const input = { scope: ['audit:read'], idempotencyKey: 'escalation' }
    expect(await excessOf(input, asDemoUser(administrator, issuing))).toEqual(['audit:read'])
    expect(await harness.prisma.token.count()).toBe(before)
    expect(await harness.prisma.idempotencyKey.count()).toBe(0)
    expect(harness.unexpected).toEqual([])
  })
})
