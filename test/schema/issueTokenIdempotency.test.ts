import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { IssueTokenInput, OrganizationScopesInput } from '../generated/graphql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const IssueOnce = graphql(`
  mutation IssueOnce($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on Error { code message }
      ... on IssueTokenPayload { secret token { id name hint } }
    }
  }
`)

const IssueTwice = graphql(`
  mutation IssueTwice($input: IssueTokenInput!) {
    first: issueToken(input: $input) { __typename ... on IssueTokenPayload { secret token { id } } }
    second: issueToken(input: $input) { __typename ... on IssueTokenPayload { secret token { id } } }
  }
`)

const issuing = 'tokens:issue tokens:manage tokens:read users:read'
const otherIssuer = asDemoUser('samuel.okafor@lakeside.example', issuing)
const everywhere = asDemoUser('edmund.ashworth@meridian.example', `${issuing} organizations:all`)
const hour = 60 * 60 * 1_000

describe('an idempotency key of issueToken', () => {
  let harness: Harness
  let keys = 0
  let idempotencyKey: string
  beforeAll(async () => {
    harness = await createHarness()
  })
  beforeEach(() => {
    harness.now = testTime
    idempotencyKey = `request ${++keys}`
  })
  afterAll(() => harness.close())

  const issue = async (given: Partial<IssueTokenInput> = {}, caller: Caller = demoCallers.administrator) => {
    const input = { accessId: demoAccessId('Provisioning'), name: 'Once', idempotencyKey, ...given }
    const { data, errors } = await harness.ask(IssueOnce, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.issueToken
  }
  const issued = async (given: Partial<IssueTokenInput> = {}, caller?: Caller) => {
    const result = await issue(given, caller)
    if (result?.__typename !== 'IssueTokenPayload') throw new Error(`expected a token, received ${result?.message}`)
    return result
  }
  const countTokens = () => harness.prisma.token.count()
  const countEvents = () => harness.prisma.auditEvent.count()

  it('gives the same token for the same request, without its secret, and changes nothing', async () => {
    const first = await issued()
    expect(first.secret).toMatch(/^iamt_/)
    const [tokens, events] = [await countTokens(), await countEvents()]
    expect(await issue()).toEqual({ __typename: 'IssueTokenPayload', secret: null, token: first.token })
    expect(await issue()).toEqual({ __typename: 'IssueTokenPayload', secret: null, token: first.token })
    expect([await countTokens(), await countEvents()]).toEqual([tokens, events])
  })

  it.each<[string, Partial<IssueTokenInput>]>([
    ['name', { name: 'Twice' }],
    ['access', { accessId: demoAccessId('Terraform') }],
    ['expiry', { expiresAt: '2027-01-01T00:00:00Z' }],
    ['scope', { scope: ['users:read'] }],
    ['allowed scopes', { allowedScopes: { generalScopes: ['openid'] } }],
  ])('is a conflict for a request with another %s, which tells nothing of the first', async (_, other) => {
    await issued()
    expect(await issue(other)).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: 'the idempotency key was used for another request',
    })
  })

  const zone = (id: string) => ({ type: 'ZONE', id }) as const
  const on = (...ids: string[]) => ids.map(zone)
  const rights: OrganizationScopesInput = {
    allRoles: false,
    keptInToken: ['ROLES', 'PERMISSIONS'],
    roles: [{ name: 'zone-reader' }, { name: 'zone-editor', resource: zone('example.com') }],
    permissions: [
      { permissionId: 'dns.zone.read', resources: on('example.com', 'example.net') },
      { permissionId: 'dns.record.read' },
    ],
  }
  const sameRights: OrganizationScopesInput = {
    allPermissions: false,
    keptInToken: ['PERMISSIONS', 'ROLES', 'ROLES'],
    roles: [
      { name: 'zone-editor', resource: zone('Example.COM.') },
      { name: 'zone-reader', resource: null },
    ],
    permissions: [
      { permissionId: 'dns.record.read', resources: [] },
      { permissionId: 'dns.zone.read', resources: on('example.net', 'example.com', 'EXAMPLE.net') },
      { permissionId: 'dns.zone.read', resources: on('example.com', 'example.net') },
    ],
  }

  it.each<[string, Partial<IssueTokenInput>, Partial<IssueTokenInput>]>([
    ['null or left out', {}, { expiresAt: null, scope: null, allowedScopes: null }],
    ['empty or left out', {}, { scope: [], allowedScopes: { generalScopes: [], servicesScopes: null } }],
    ['in another order of scopes', { scope: ['users:read', 'roles:read'] }, { scope: ['roles:read', 'users:read'] }],
    ['said twice', { scope: ['users:read'] }, { scope: ['users:read', 'users:read'] }],
    [
      'the same instant in another zone',
      { expiresAt: '2027-01-01T00:00:00Z' },
      { expiresAt: '2027-01-01T01:00:00.000+01:00' },
    ],
    ['another normalization form', { name: 'Zo\u00eb' }, { name: 'Zoe\u0308' }],
    [
      'in another order of general scopes',
      { allowedScopes: { generalScopes: ['openid', 'email'] } },
      { allowedScopes: { generalScopes: ['email', 'openid'], organizationScopes: null } },
    ],
    [
      'in another order of rights',
      { allowedScopes: { organizationScopes: rights } },
      { allowedScopes: { organizationScopes: sameRights } },
    ],
    [
      'in another order of services',
      {
        allowedScopes: {
          servicesScopes: ['dns', 'mail'].map((serviceDefinitionId) => ({ serviceDefinitionId, ...rights })),
        },
      },
      {
        allowedScopes: {
          servicesScopes: ['mail', 'dns'].map((serviceDefinitionId) => ({ serviceDefinitionId, ...sameRights })),
        },
      },
    ],
  ])('knows the same request again that is %s', async (_, one, other) => {
    const first = await issued(one)
    harness.now = new Date(testTime.getTime() + hour)
    expect(await issue(other)).toEqual({ __typename: 'IssueTokenPayload', secret: null, token: first.token })
  })

  it.each<[string, Partial<IssueTokenInput>, Partial<IssueTokenInput>]>([
    ['an expiry that is the default', {}, { expiresAt: '2027-02-19T09:30:00Z' }],
    ['nothing in the organization', { allowedScopes: { organizationScopes: {} } }, { allowedScopes: {} }],
    [
      'a role that moves to another service',
      {
        allowedScopes: { servicesScopes: [{ serviceDefinitionId: 'a', allRoles: true }, { serviceDefinitionId: 'b' }] },
      },
      {
        allowedScopes: { servicesScopes: [{ serviceDefinitionId: 'a' }, { serviceDefinitionId: 'b', allRoles: true }] },
      },
    ],
    [
      'a zone that moves to another permission',
      {
        allowedScopes: {
          organizationScopes: {
            permissions: [
              { permissionId: 'dns.zone.read', resources: on('example.com') },
              { permissionId: 'dns.record.read', resources: on('example.net') },
            ],
          },
        },
      },
      {
        allowedScopes: {
          organizationScopes: {
            permissions: [
              { permissionId: 'dns.zone.read', resources: on('example.net') },
              { permissionId: 'dns.record.read', resources: on('example.com') },
            ],
          },
        },
      },
    ],
  ])('is a conflict for %s', async (_, one, other) => {
    await issued(one)
    expect(await issue(other)).toMatchObject({ __typename: 'ConflictError' })
  })

  it('is told apart by its case', async () => {
    const first = await issued({ idempotencyKey: 'Case' })
    expect((await issued({ idempotencyKey: 'case' })).token.id).not.toBe(first.token.id)
  })

  it('belongs to the subject that used it', async () => {
    const first = await issued()
    const second = await issued({}, otherIssuer)
    expect(second.secret).not.toBeNull()
    expect(second.token.id).not.toBe(first.token.id)
  })

  it('belongs to the organization that it was used in', async () => {
    const first = await issued({}, everywhere)
    const second = await issued({ accessId: demoAccessId('Déploiement') }, everywhere)
    expect(second.token.id).not.toBe(first.token.id)
    expect((await issued({}, everywhere)).token.id).toBe(first.token.id)
  })

  it('is remembered for 24 hours and not longer', async () => {
    const first = await issued()
    harness.now = new Date(testTime.getTime() + 24 * hour - 1)
    expect((await issued()).token.id).toBe(first.token.id)
    harness.now = new Date(testTime.getTime() + 24 * hour)
    const second = await issued({ name: 'Another request' })
    expect(second.secret).not.toBeNull()
    expect(second.token.id).not.toBe(first.token.id)
    expect((await issued({ name: 'Another request' })).token.id).toBe(second.token.id)
  })

  it('gives the token again when its issuer could not issue it any more', async () => {
    const first = await issued({ scope: ['users:read'] })
    const withLess = asDemoUser('ada.lovelace@lakeside.example', 'tokens:issue tokens:read')
    expect(await issue({ scope: ['users:read'] }, withLess)).toMatchObject({ secret: null, token: first.token })
  })

  it('is not used up by a request that was refused', async () => {
    expect(await issue({ name: '' })).toMatchObject({ __typename: 'InvalidInputError' })
    expect(await issue({ scope: ['organizations:all'] })).toMatchObject({ __typename: 'ScopeNotGrantedError' })
    expect((await issued()).secret).not.toBeNull()
  })

  it('left out, lets the same request issue one token after the other', async () => {
    const ids = [await issued({ idempotencyKey: null }), await issued({ idempotencyKey: null })]
    expect(ids[0]?.token.id).not.toBe(ids[1]?.token.id)
  })

  it('issues one token for two fields of one mutation', async () => {
    const input = { accessId: demoAccessId('Provisioning'), name: 'Once', idempotencyKey }
    const { data } = await harness.ask(IssueTwice, { input })
    expect(data).toEqual({
      first: { __typename: 'IssueTokenPayload', secret: expect.stringMatching(/^iamt_/), token: expect.anything() },
      second: {
        __typename: 'IssueTokenPayload',
        secret: null,
        token: data?.first && 'token' in data.first && data.first.token,
      },
    })
  })

  it('issues one token, and shows its secret once, however many requests come at once', async () => {
    const [tokens, events] = [await countTokens(), await countEvents()]
    const results = await Promise.all(Array.from({ length: 8 }, () => issued()))
    expect(new Set(results.map(({ token }) => token.id)).size).toBe(1)
    expect(results.filter(({ secret }) => secret !== null)).toHaveLength(1)
    expect([await countTokens(), await countEvents()]).toEqual([tokens + 1, events + 1])
  })

  it('issues one token, and is a conflict for the others, when different requests come at once', async () => {
    const tokens = await countTokens()
    const results = await Promise.all(Array.from({ length: 6 }, (_, index) => issue({ name: `Racer ${index}` })))
    const types = results.map((result) => result?.__typename).sort()
    expect(types).toEqual([...Array(5).fill('ConflictError'), 'IssueTokenPayload'])
    expect(await countTokens()).toBe(tokens + 1)
  })

  it('issues one token anew when two requests come at once after 24 hours', async () => {
    const first = await issued()
    harness.now = new Date(testTime.getTime() + 30 * hour)
    const tokens = await countTokens()
    const results = await Promise.all([issued(), issued()])
    expect(results.map(({ token }) => token.id)).not.toContain(first.token.id)
    expect(await countTokens()).toBe(tokens + 1)
  })

  it('has left nothing to be logged', () => {
    expect(harness.unexpected).toEqual([])
  })
})
