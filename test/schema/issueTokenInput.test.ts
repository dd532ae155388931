import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { AllowedScopesInput, IssueTokenInput } from '../generated/graphql.ts'
import { demoAccessId } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const IssueBadInput = graphql(`
  mutation IssueBadInput($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on IssueTokenPayload { token { name } }
      ... on Error { code message }
      ... on InvalidInputError { fields { path message } }
      ... on TokenPolicyError { limit }
    }
  }
`)

const onExample = { type: 'ZONE', id: 'example.com' } as const

describe('the input of issueToken', () => {
  let harness: Harness
  let before: number
  beforeAll(async () => {
    harness = await createHarness()
    before = await harness.prisma.token.count()
  })
  afterAll(() => harness.close())

  const issue = async (given: Partial<IssueTokenInput>) => {
    const input = { accessId: demoAccessId('Provisioning'), name: 'Deployment', ...given }
    const { status, data, errors } = await harness.ask(IssueBadInput, { input })
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    return data?.issueToken
  }
  const issuesOf = async (given: Partial<IssueTokenInput>) => {
    const result = await issue(given)
    if (result?.__typename !== 'InvalidInputError') throw new Error(`expected issues, received ${result?.__typename}`)
    expect(result.code).toBe('BAD_USER_INPUT')
    return result.fields
  }
  const pathsOf = async (given: Partial<IssueTokenInput>) => (await issuesOf(given)).map(({ path }) => path.join('.'))
  const scopePathsOf = (allowedScopes: AllowedScopesInput) => pathsOf({ allowedScopes })

  it.each([
    ['no character', ''],
    ['spaces only', '   '],
    ['300 characters', 'x'.repeat(300)],
    ['201 characters', 'x'.repeat(201)],
    ['a line break', 'two\nlines'],
    ['NUL', 'a\u0000b'],
    ['an escape sequence', '\u001b[31mred'],
    ['half a surrogate pair', 'broken \ud83d'],
    ['a space without width', '\u200b'],
    ['letters that are turned around', 'deploy \u202etoor'],
  ])('takes no name of %s', async (_, name) => {
    expect(await issuesOf({ name })).toEqual([
      {
        path: ['name'],
        message: expect.stringMatching(`^expected 1 to 200 printable characters, received ${name.length} characters`),
      },
    ])
  })

  it.each(['é', 'می\u200cخواهم', '👩🏽\u200d💻', '🔑'.repeat(100), 'x'.repeat(200), "Robert'); DROP TABLE tokens;--"])(
    'takes the name %s',
    async (name) => {
      expect(await issue({ name })).toEqual({ __typename: 'IssueTokenPayload', token: { name } })
      before += 1
    },
  )

  it.each(['0', '-1', '1.0', '007', 'abc', '', '2147483648', '99999999999999999999', '1 OR 1=1'])(
    'takes no access id %j',
    async (accessId) => expect(await pathsOf({ accessId })).toEqual(['accessId']),
  )

  it('takes no expiry that is past, or is now', async () => {
    const message = 'expected an instant in the future'
    for (const expiresAt of ['2026-11-21T09:30:00Z', '2026-11-21T09:29:59.999Z', '0001-01-01T00:00:00Z']) {
      expect(await issuesOf({ expiresAt })).toEqual([{ path: ['expiresAt'], message }])
    }
  })

  it('takes no expiry beyond the cap', async () => {
    for (const expiresAt of ['2027-11-21T09:30:00.001Z', '9999-12-31T23:59:59Z']) {
      expect(await issue({ expiresAt })).toEqual({
        __typename: 'TokenPolicyError',
        code: 'TOKEN_POLICY',
        message: 'expected an expiry no later than 2027-11-21T09:30:00.000Z',
        limit: 'TOKEN_MAX_LIFETIME',
      })
    }
  })

  it('takes no profile', async () => {
    const profile = await harness.prisma.access.findFirstOrThrow({
      where: { type: 'PROFILE', organizationId: demoCallers.administrator.organizationId },
    })
    expect(await issue({ accessId: String(profile.id) })).toMatchObject({ limit: 'PROFILE_ACCESS' })
  })

  it('takes no access of a user who has expired, but one of a user whose last day it is', async () => {
    const accessId = demoAccessId('Bruno’s scripts')
    expect(await issue({ accessId })).toMatchObject({ limit: 'EXPIRED_USER' })
    const { userId } = await harness.prisma.access.findUniqueOrThrow({ where: { id: Number(accessId) } })
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-11-21') } })
    expect(await issue({ accessId })).toMatchObject({ __typename: 'IssueTokenPayload' })
    before += 1
  })

  it('says the same of an access of another organization as of one that is not there', async () => {
    const foreign = await issue({ accessId: String(demoCallers.otherReader.accessId) })
    expect(foreign).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such access' })
    expect(await issue({ accessId: '2147483647' })).toEqual(foreign)
    // Not even a rule that it would break gives it away.
    const profile = await harness.prisma.access.findFirstOrThrow({
      where: { type: 'PROFILE', organizationId: demoCallers.otherReader.organizationId },
    })
    expect(await issue({ accessId: String(profile.id) })).toEqual(foreign)
  })

  it.each([
    'Users:Read',
    'USERS:READ',
    ' users:read',
    'users:read ',
    'users:read tokens:read',
    'users:*',
    '',
    '__proto__',
  ])('knows no scope %j', async (name) => expect(await pathsOf({ scope: ['roles:read', name] })).toEqual(['scope.1']))

  it.each([
    ['no character', ''],
    ['300 characters', 'k'.repeat(300)],
    ['NUL', 'a\u0000'],
    ['half a surrogate pair', '\udc00'],
  ])('takes no idempotency key of %s', async (_, idempotencyKey) => {
    expect(await pathsOf({ idempotencyKey })).toEqual(['idempotencyKey'])
  })

  it('takes no named roles or permissions beside all of them', async () => {
    const rights = {
      allRoles: true,
      allPermissions: true,
      roles: [{ name: 'zone-admin' }],
      permissions: [{ permissionId: 'dns.zone.read' }],
    }
    expect(
      await scopePathsOf({
        organizationScopes: rights,
        servicesScopes: [{ serviceDefinitionId: 'dns' }, { serviceDefinitionId: 'mail', ...rights }],
      }),
    ).toEqual([
      'allowedScopes.organizationScopes.roles',
      'allowedScopes.organizationScopes.permissions',
      'allowedScopes.servicesScopes.1.roles',
      'allowedScopes.servicesScopes.1.permissions',
    ])
  })

  it('takes each service once', async () => {
    const servicesScopes = ['dns', 'mail', 'dns', 'DNS'].map((serviceDefinitionId) => ({ serviceDefinitionId }))
    expect(await issuesOf({ allowedScopes: { servicesScopes } })).toEqual([
      { path: ['allowedScopes', 'servicesScopes', '2', 'serviceDefinitionId'], message: 'expected each service once' },
    ])
  })

  it('names the place of each entry as it was given, repeated ones included', async () => {
    expect(await scopePathsOf({ generalScopes: ['openid', 'openid', 'two words', ''] })).toEqual([
      'allowedScopes.generalScopes.2',
      'allowedScopes.generalScopes.3',
    ])
  })

  it('takes no ids and zones that nothing can be called', async () => {
    const broken = { type: 'ZONE', id: 'two words' } as const
    expect(
      await scopePathsOf({
        organizationScopes: {
          roles: [{ name: 'zone-admin', resource: onExample }, { name: '' }, { name: 'a\u0000' }],
          permissions: [{ permissionId: 'x'.repeat(201), resources: [onExample, broken, { type: 'ZONE', id: '' }] }],
        },
        servicesScopes: [{ serviceDefinitionId: '\ud800', roles: [{ name: 'zone-admin', resource: broken }] }],
      }),
    ).toEqual([
      'allowedScopes.organizationScopes.roles.1.name',
      'allowedScopes.organizationScopes.roles.2.name',
      'allowedScopes.organizationScopes.permissions.0.permissionId',
      'allowedScopes.organizationScopes.permissions.0.resources.1',
      'allowedScopes.organizationScopes.permissions.0.resources.2',
      'allowedScopes.servicesScopes.0.serviceDefinitionId',
      'allowedScopes.servicesScopes.0.roles.0.resource',
    ])
  })

  it.each(['../*', '*.example.com', '.', '-a.example', 'a..example', 'example.com/', 'xn--a.example'])(
    'takes no zone %j, and says what one is like',
    async (id) => {
      const zones = [onExample, { type: 'ZONE', id } as const]
      expect(
        await issuesOf({
          allowedScopes: { organizationScopes: { permissions: [{ permissionId: 'dns.zone.read', resources: zones }] } },
        }),
      ).toEqual([
        {
          path: ['allowedScopes', 'organizationScopes', 'permissions', '0', 'resources', '1'],
          message:
            'expected the name of a DNS zone: labels of letters, digits, hyphens and underscores, 253 characters at most',
        },
      ])
    },
  )

  it('takes 100 entries of each list and no more, and looks at none of a list that is longer', async () => {
    const many = <Entry>(entry: (index: number) => Entry) => Array.from({ length: 101 }, (_, index) => entry(index))
    expect(await issuesOf({ scope: many(() => 'users:read') })).toEqual([
      { path: ['scope'], message: 'expected at most 100 entries, received 101' },
    ])
    expect(
      await scopePathsOf({
        generalScopes: many(() => ''),
        organizationScopes: {
          roles: many(() => ({ name: '' })),
          permissions: [{ permissionId: 'dns.zone.read', resources: many(() => onExample) }],
        },
        servicesScopes: many((index) => ({ serviceDefinitionId: `service ${index}` })),
      }),
    ).toEqual([
      'allowedScopes.generalScopes',
      'allowedScopes.organizationScopes.roles',
      'allowedScopes.organizationScopes.permissions.0.resources',
      'allowedScopes.servicesScopes',
    ])
    expect(await issue({ allowedScopes: { generalScopes: many(() => 'openid').slice(1) } })).toMatchObject({
      __typename: 'IssueTokenPayload',
    })
    before += 1
  })

  it('tells everything that is wrong at once', async () => {
    expect(
      await pathsOf({
        accessId: 'x',
        name: '',
        expiresAt: '2020-01-01T00:00:00Z',
        scope: ['nothing:known'],
        idempotencyKey: '',
        allowedScopes: { generalScopes: ['a b'], organizationScopes: { allRoles: true, roles: [{ name: 'auditor' }] } },
      }),
    ).toEqual([
      'accessId',
      'name',
      'expiresAt',
      'scope.0',
      'allowedScopes.generalScopes.0',
      'allowedScopes.organizationScopes.roles',
      'idempotencyKey',
    ])
  })

  it.each([
    ['an instant without an offset', { expiresAt: '2026-12-01T00:00:00' }],
    ['a day that is none', { expiresAt: '2027-02-30T00:00:00Z' }],
    ['seconds since 1970', { expiresAt: 1_800_000_000 }],
    [
      'a resource type that is none',
      { allowedScopes: { organizationScopes: { roles: [{ name: 'a', resource: { type: 'PLANET', id: 'b' } }] } } },
    ],
    ['a field that it does not have', { secret: 'iamt_' }],
    ['a name that is a number', { name: 5 }],
  ])('is refused before anything is executed where it has %s', async (_, given) => {
    const input = { accessId: demoAccessId('Provisioning'), name: 'Deployment', ...given }
    const { status, errors, data } = await harness.askRaw(IssueBadInput.toString(), { input })
    expect({ status, data }).toEqual({ status: 400, data: undefined })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('issues nothing where it is not in order, and that is nothing to be logged', async () => {
    expect(await harness.prisma.token.count()).toBe(before)
    expect(harness.unexpected).toEqual([])
  })
})
