import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { hashSecret, isWellFormedSecret } from '../../src/auth/apiToken.ts'
import { graphql } from '../generated/gql.ts'
import type { IssueTokenInput } from '../generated/graphql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const IssueAnything = graphql(`
  mutation IssueAnything($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on Error { code message }
      ... on IssueTokenPayload {
        secret
        token {
          id name hint status scope createdAt updatedAt expiresAt lastUsedAt deactivated
          createdBy { id firstname lastname access { id } }
          deactivatedUpdatedBy { id }
          access { id }
          allowedScopes {
            generalScopes
            organizationScopes {
              allPermissions allRoles keptInToken
              permissions { permissionId permission { id } resources { type id } }
              roles { name role { id } resource { type id } }
            }
            servicesScopes {
              serviceDefinitionId allPermissions allRoles keptInToken
              permissions { permissionId resources { type id } }
              roles { name resource { type id } }
            }
          }
        }
      }
    }
  }
`)

const issuing = 'tokens:issue tokens:manage tokens:read accesses:read users:read roles:read'
const { administrator, reader } = demoCallers

describe('issueToken', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const asked = (given: Partial<IssueTokenInput> = {}): IssueTokenInput => ({
    accessId: demoAccessId('Provisioning'),
    name: 'Deployment',
    ...given,
  })
  const issue = async (given: Partial<IssueTokenInput> = {}, caller: Caller = administrator) => {
    const { data, statements, errors } = await harness.ask(IssueAnything, { input: asked(given) }, caller)
    expect(errors).toBeUndefined()
    const result = data?.issueToken
    if (result?.__typename !== 'IssueTokenPayload') throw new Error(`expected a token, received ${result?.message}`)
    return { ...result, secret: result.secret ?? '', statements }
  }
  const eventsOf = (tokenId: string) =>
    harness.prisma.auditEvent.findMany({ where: { targetType: 'Token', targetId: tokenId }, orderBy: { id: 'asc' } })

  it('refuses who has no credential, and who lacks a scope, and issues nothing then', async () => {
    const before = await harness.prisma.token.count()
    const variables = { input: asked() }
    expect(await harness.ask(IssueAnything, variables, null)).toMatchObject({ status: 401 })
    expect(await harness.ask(IssueAnything, variables, { authorization: 'Bearer a.b.c' })).toMatchObject({
      status: 401,
    })
    const { status, errors } = await harness.ask(IssueAnything, variables, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toEqual([{ scope: 'tokens:issue', fields: ['Mutation.issueToken'] }])
    expect(await harness.prisma.token.count()).toBe(before)
  })

  it('answers the token and its secret, which has the form that scanners know', async () => {
    const { token, secret, statements } = await issue({ scope: ['users:read', 'accesses:read', 'users:read'] })
    expect(isWellFormedSecret(secret)).toBe(true)
    expect(token).toMatchObject({
      name: 'Deployment',
      hint: secret.slice(-4),
      status: 'ACTIVE',
      scope: ['accesses:read', 'users:read'],
      access: { id: demoAccessId('Provisioning') },
      createdAt: testTime.toISOString(),
      updatedAt: testTime.toISOString(),
      lastUsedAt: null,
      deactivated: false,
      deactivatedUpdatedBy: null,
      createdBy: {
        id: administrator.userId,
        firstname: 'Ada',
        lastname: 'Lovelace',
        access: { id: String(administrator.accessId) },
      },
      allowedScopes: { generalScopes: [], organizationScopes: null, servicesScopes: [] },
    })
    expect(statements.filter((sql) => sql.includes('INSERT INTO tokens'))).toHaveLength(1)
  })

  it('gives it the configured lifetime where it is asked for none, and the one asked for up to the cap', async () => {
    const inDays = (days: number) => new Date(testTime.getTime() + days * 86_400_000).toISOString()
    expect((await issue()).token.expiresAt).toBe(inDays(90))
    expect((await issue({ expiresAt: null })).token.expiresAt).toBe(inDays(90))
    expect((await issue({ expiresAt: inDays(365) })).token.expiresAt).toBe(inDays(365))
    expect((await issue({ expiresAt: '2026-11-21T10:30:01.5+01:00' })).token.expiresAt).toBe('2026-11-21T09:30:01.500Z')
  })

  it('stores the hash of the secret and nothing else of it but the hint', async () => {
    const { token, secret } = await issue()
    const row = await harness.prisma.token.findUniqueOrThrow({ where: { id: Number(token.id) } })
    expect(row.secretHash).toEqual(hashSecret(secret))
    expect(JSON.stringify({ ...row, secretHash: null })).not.toContain(secret.slice(5, -4))
  })

  it('never gives two tokens the same secret, however many are issued at once', async () => {
    const issued = await Promise.all(Array.from({ length: 12 }, () => issue()))
    expect(new Set(issued.map(({ secret }) => secret)).size).toBe(12)
    expect(new Set(issued.map(({ token }) => token.id)).size).toBe(12)
  })

  it('keeps what the token may be used for as it was asked, without what was said twice', async () => {
    const zone = { type: 'ZONE', id: 'example.com' } as const
    const permission = { permissionId: 'dns.record.create', resources: [zone, zone] }
    const { token } = await issue({
      allowedScopes: {
        generalScopes: ['openid', 'email', 'openid'],
        organizationScopes: {
          keptInToken: ['ROLES', 'PERMISSIONS', 'ROLES'],
          roles: [{ name: 'zone-admin' }, { name: 'zone-admin' }, { name: 'zone-admin', resource: zone }],
          permissions: [permission, permission, { permissionId: 'dns.zone.read' }],
        },
        servicesScopes: [{ serviceDefinitionId: 'dns', allRoles: true, allPermissions: true }],
      },
    })
    expect(token.allowedScopes).toEqual({
      generalScopes: ['openid', 'email'],
      organizationScopes: {
        allPermissions: false,
        allRoles: false,
        keptInToken: ['ROLES', 'PERMISSIONS'],
        permissions: [
          { permissionId: 'dns.record.create', permission: { id: 'dns.record.create' }, resources: [zone] },
          { permissionId: 'dns.zone.read', permission: { id: 'dns.zone.read' }, resources: [] },
        ],
        roles: [
          { name: 'zone-admin', role: { id: 'zone-admin' }, resource: null },
          { name: 'zone-admin', role: { id: 'zone-admin' }, resource: zone },
        ],
      },
      servicesScopes: [
        {
          serviceDefinitionId: 'dns',
          allPermissions: true,
          allRoles: true,
          keptInToken: [],
          permissions: [],
          roles: [],
        },
      ],
    })
  })

  it('keeps each zone in its one spelling, and once, however it is spelled in the request', async () => {
    const on = (...ids: string[]) => ids.map((id) => ({ type: 'ZONE', id }) as const)
    const zones = on('Example.COM.', 'example.com', 'ＥＸＡＭＰＬＥ。com', 'Münster.example', 'XN--mnster-3YA.example')
    const { token } = await issue({
      allowedScopes: {
        organizationScopes: {
          roles: zones.map((resource) => ({ name: 'zone-admin', resource })),
          permissions: [{ permissionId: 'dns.zone.read', resources: zones }],
        },
      },
    })
    const [example, munster] = on('example.com', 'xn--mnster-3ya.example')
    expect(token.allowedScopes.organizationScopes).toMatchObject({
      roles: [{ resource: example }, { resource: munster }],
      permissions: [{ resources: [example, munster] }],
    })
  })

  it('writes one audit event, with nothing secret in it', async () => {
    const { token, secret } = await issue({ name: 'Audited', scope: ['users:read'] })
    const events = await eventsOf(token.id)
    expect(events).toMatchObject([
      {
        organizationId: administrator.organizationId,
        at: testTime,
        subject: administrator.userId,
        actor: { userId: administrator.userId, accessId: administrator.accessId, firstname: 'Ada' },
        actorTokenId: null,
        action: 'token.issue',
        before: null,
        after: { name: 'Audited', hint: token.hint, scope: ['users:read'], expiresAt: token.expiresAt },
        outcome: 'SUCCESS',
      },
    ])
    const text = JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    expect(text).not.toContain(secret)
    for (const encoding of ['hex', 'base64'] as const) {
      expect(text).not.toContain(Buffer.from(hashSecret(secret)).toString(encoding))
    }
  })

  it('issues nothing when its audit event can’t be written', async () => {
    await harness.prisma.$executeRaw`ALTER TABLE audit_events ADD CONSTRAINT no_more CHECK (id < 0) NOT VALID`
    const before = await harness.prisma.token.count()
    const { data, errors } = await harness.ask(IssueAnything, { input: asked() })
    await harness.prisma.$executeRaw`ALTER TABLE audit_events DROP CONSTRAINT no_more`
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
    expect(await harness.prisma.token.count()).toBe(before)
  })

  it('leaves nothing of the secret in the log when the token can’t be written', async () => {
    await harness.prisma.$executeRaw`ALTER TABLE tokens ADD CONSTRAINT unwanted CHECK (name <> 'Unwanted')`
    const { errors } = await harness.ask(IssueAnything, { input: asked({ name: 'Unwanted' }) })
    await harness.prisma.$executeRaw`ALTER TABLE tokens DROP CONSTRAINT unwanted`
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
    const logged = JSON.stringify(pino.stdSerializers.err(harness.unexpected.at(-1) as Error))
    expect(logged).toContain('unwanted')
    expect(logged).not.toMatch(/iamt_|[0-9a-f]{64}/)
  })

  it('has no author where a service issues it, but its subject is on record', async () => {
    const service = { claims: { sub: 'provisioner', customer_id: 1, scope: issuing } }
    const { token } = await issue({}, service)
    expect(token.createdBy).toBeNull()
    expect(await eventsOf(token.id)).toMatchObject([{ subject: 'provisioner', actor: null }])
  })

  it('records no access where the caller claims none', async () => {
    const claims = { access_id: undefined }
    const { token } = await issue({}, asDemoUser('ada.lovelace@lakeside.example', issuing, claims))
    expect(token.createdBy).toMatchObject({ id: administrator.userId, access: null })
    expect(await eventsOf(token.id)).toMatchObject([{ actor: { userId: administrator.userId, accessId: null } }])
  })

  it('gives a token of another organization to who sees all of them, in that organization', async () => {
    const auditor = asDemoUser('edmund.ashworth@meridian.example', `${issuing} organizations:all`)
    const { token } = await issue({}, auditor)
    expect(await eventsOf(token.id)).toMatchObject([{ organizationId: administrator.organizationId }])
    const row = await harness.prisma.token.findUniqueOrThrow({ where: { id: Number(token.id) } })
    expect(row.organizationId).toBe(administrator.organizationId)
  })

  it('has logged nothing but the failures that tests made', () => {
    expect(harness.unexpected).toHaveLength(2)
  })
})
