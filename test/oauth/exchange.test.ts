/** Token exchange (RFC 8693), as an ordinary client asks for it and as resource servers verify what comes of it. */
import fc from 'fast-check'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { type AllowedScopes, noAllowedScopes } from '../../src/auth/allowedScopes.ts'
import type { Signer } from '../../src/auth/signer.ts'
import { exchangeGrant } from '../../src/oauth/exchangeRequest.ts'
import { inOrganization, rights } from '../support/allowedScopes.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { basic, demoSecret, type PostForm, postingForms, unknownSecret } from '../support/oauth.ts'
import { createTestSigner } from '../support/signer.ts'
import { testTime } from '../support/time.ts'
import { type GivenRole, type MadeToken, makeToken } from '../support/tokens.ts'

const publicUrl = 'https://iam.example'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const whoAmI = '{ viewer { subject scopes access { id } token { id name } } }'

let harness: Harness
let signer: Signer
let post: PostForm
beforeAll(async () => {
  signer = await createTestSigner()
  harness = await createHarness({ PUBLIC_URL: publicUrl }, { signer })
  post = postingForms(harness)
})
afterAll(async () => {
  await harness.close()
  signer.close()
})

const make = (roles: readonly GivenRole[] = [], allowed: Partial<AllowedScopes> = {}, given: object = {}) =>
  makeToken(harness, roles, allowed, given)
const exchange = (secret: string, parameters: Readonly<Record<string, string>> = {}) =>
  post('token', {
    grant_type: exchangeGrant,
    subject_token: secret,
    subject_token_type: accessTokenType,
    ...parameters,
  })
/** The JWT that the secret is exchanged for. */
const jwtFor = async (secret: string, parameters?: Readonly<Record<string, string>>) => {
  const { status, body } = await exchange(secret, parameters)
  expect({ status, body }).toMatchObject({ status: 200 })
  return body.access_token as string
}
const claimsFor = async (secret: string, parameters?: Readonly<Record<string, string>>) =>
  decodeJwt(await jwtFor(secret, parameters))
const bearing = (jwt: string) => ({ authorization: `Bearer ${jwt}` })
const pass = (milliseconds: number) => {
  harness.now = new Date(harness.now.getTime() + milliseconds)
}
const eventsOf = (tokenId: number) =>
  harness.prisma.auditEvent.findMany({
    where: { targetType: 'Token', targetId: String(tokenId) },
    orderBy: { id: 'asc' },
  })

describe('an exchange', () => {
  it('is what an ordinary client comes to by the metadata, and what any resource server verifies by the key set', async () => {
    const { userId, accessId, id, secret } = await make()
    const fetching = {
      [oauth.customFetch]: (url: string, init: object) => harness.gateway.fetch(new Request(url, init)),
    }
    const issuer = new URL(publicUrl)
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...fetching })
    const server = await oauth.processDiscoveryResponse(issuer, discovered)
    expect(server).toMatchObject({
      grant_types_supported: [exchangeGrant],
      token_endpoint_auth_methods_supported: ['none'],
      jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    })
    const client = { client_id: 'deploy' }
    const parameters = { subject_token: secret, subject_token_type: accessTokenType, scope: 'users:read' }
    const answered = await oauth.genericTokenEndpointRequest(
      server,
      client,
      oauth.None(),
      exchangeGrant,
      parameters,
      fetching,
    )
    expect(answered.headers.get('cache-control')).toBe('no-store')
    const granted = await oauth.processGenericTokenEndpointResponse(server, client, answered)
    expect(granted).toEqual({
      access_token: expect.any(String),
      issued_token_type: accessTokenType,
      token_type: 'bearer',
      expires_in: 900,
      scope: 'users:read',
    })

    const keys = await (await fetching[oauth.customFetch](server.jwks_uri as string, {})).json()
    const { payload, protectedHeader } = await jwtVerify(granted.access_token, createLocalJWKSet(keys), {
      issuer: publicUrl,
      audience: 'iam-graph',
      typ: 'at+jwt',
      currentDate: testTime,
    })
    const now = testTime.getTime() / 1_000
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys.keys[0].kid })
    expect(payload).toEqual({
      iss: publicUrl,
      aud: 'iam-graph',
      sub: userId,
      client_id: String(id),
      jti: expect.any(String),
      iat: now,
      exp: now + 900,
      scope: 'users:read',
      org_id: demoCallers.administrator.organizationId,
      access_id: accessId,
      token_id: id,
    })

    const asked = await oauth.protectedResourceRequest(
      granted.access_token,
      'POST',
      new URL('/graphql', publicUrl),
      new Headers({ 'content-type': 'application/json' }),
      JSON.stringify({ query: '{ viewer { subject } }' }),
      fetching,
    )
    expect(await asked.json()).toEqual({ data: { viewer: { subject: userId } } })
  })

  it('makes a JWT that the gateway takes for the token, with no more than its scopes', async () => {
    const { userId, accessId, id, secret } = await make()
    const { data } = await harness.askRaw(whoAmI, undefined, bearing(await jwtFor(secret)))
    expect(data).toEqual({
      viewer: {
        subject: userId,
        scopes: ['accesses:read', 'tokens:read', 'users:read'],
        access: { id: String(accessId) },
        token: { id: String(id), name: 'Exchanged' },
      },
    })
    const narrowed = bearing(await jwtFor(secret, { scope: 'users:read' }))
    expect(await harness.askRaw(whoAmI, undefined, narrowed)).toMatchObject({ status: 403 })
  })

  it('takes a statement to read what the token may do and one to record it, once the token is known', async () => {
    const { secret } = await make()
    await exchange(secret)
    await exchange(secret)
    expect(harness.observed.findLast(({ kind }) => kind === 'request')).toMatchObject({
      path: '/oauth/token',
      statements: 2,
    })
  })

  it('counts as a use of the token', async () => {
    const { id, secret } = await make()
    await exchange(secret)
    await expect
      .poll(async () => (await harness.prisma.token.findUnique({ where: { id } }))?.lastUsedAt)
      .toEqual(harness.now)
  })

  it('leaves an event of what was given', async () => {
    const { id, userId, secret } = await make()
    const { jti, exp } = await claimsFor(secret, { scope: 'users:read' })
    expect(await eventsOf(id)).toMatchObject([
      {
        action: 'token.exchange',
        outcome: 'SUCCESS',
        subject: userId,
        actorTokenId: id,
        before: null,
        after: {
          jti,
          audience: 'iam-graph',
          scope: 'users:read',
          expiresAt: new Date(Number(exp) * 1_000).toISOString(),
          jkt: null,
        },
      },
    ])
  })

  it('gives a JWT by either name', async () => {
    const { secret } = await make()
    const type = 'urn:ietf:params:oauth:token-type:jwt'
    expect((await exchange(secret, { requested_token_type: type })).body).toMatchObject({
      issued_token_type: type,
      token_type: 'Bearer',
    })
  })

  it('has no scope where the token has none', async () => {
    const { secret } = await make([], {}, { scope: [] })
    const { body } = await exchange(secret)
    expect('scope' in body || 'scope' in decodeJwt(body.access_token as string)).toBe(false)
  })
})

describe('the scopes of an exchanged JWT', () => {
  it('are those of the token, and the general ones that mean nothing to the gateway', async () => {
    const { secret } = await make([], { generalScopes: ['openid', 'billing:read', 'roles:read'] })
    expect((await claimsFor(secret)).scope).toBe('accesses:read billing:read openid tokens:read users:read')
    const { data } = await harness.askRaw('{ viewer { scopes } }', undefined, bearing(await jwtFor(secret)))
    expect(data).toMatchObject({ viewer: { scopes: expect.not.arrayContaining(['roles:read']) } })
  })

  it('are never those that no token carries', async () => {
    const scope = ['organizations:all', 'tokens:issue', 'tokens:manage', 'tokens:rotate']
    const { secret } = await make([], { generalScopes: ['organizations:all'] }, { scope })
    const jwt = await jwtFor(secret)
    expect(decodeJwt(jwt).scope).toBe('tokens:deactivate tokens:manage')
    const { data } = await harness.askRaw('{ viewer { scopes organization { id } } }', undefined, bearing(jwt))
    expect(data).toEqual({
      viewer: {
        scopes: ['tokens:deactivate', 'tokens:manage'],
        organization: { id: demoCallers.administrator.organizationId },
      },
    })
    const issued = await harness.askRaw(
      'mutation { rotateToken(input: { tokenId: "1" }) { __typename } }',
      undefined,
      bearing(jwt),
    )
    expect(issued.status).toBe(403)
  })

  it.each(['roles:read', 'organizations:all', 'users:read roles:read', 'nonsense'])(
    'are refused by name where they are too much: %s',
    async (scope) => {
      const { id, secret } = await make([], { generalScopes: ['roles:read'] })
      const { status, body } = await exchange(secret, { scope })
      expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_scope' })
      expect(body.error_description).toContain(scope.split(' ').at(-1))
      await harness.gateway.settle()
      expect(await eventsOf(id)).toMatchObject([
        { action: 'token.exchange', outcome: 'REFUSED', reason: 'invalid_scope', actorTokenId: id },
      ])
    },
  )

  it('are cut by what the token carries at the time', async () => {
    const { id, secret } = await make()
    const jwt = await jwtFor(secret)
    await harness.prisma.token.update({ where: { id }, data: { scope: ['users:read'] } })
    pass(1_000)
    const { data } = await harness.askRaw('{ viewer { scopes } }', undefined, bearing(jwt))
    expect(data).toEqual({ viewer: { scopes: ['users:read'] } })
  })
})

describe('the rights in an exchanged JWT', () => {
  const rightsIn = async (secret: string, parameters?: Readonly<Record<string, string>>) => {
    const { roles, entitlements, resource_access } = await claimsFor(secret, parameters)
    return { roles, entitlements, resource_access }
  }
  const all = inOrganization({ allRoles: true, keptInToken: ['ROLES', 'PERMISSIONS'] })

  it('are what its access holds now: what holds on one resource stands apart', async () => {
    const { secret } = await make([['billing-reader'], ['zone-reader', 'example.com']], {
      ...all,
      organizationScopes: { ...rights({ allRoles: true, keptInToken: ['ROLES'] }) },
    })
    expect(await rightsIn(secret)).toEqual({
      roles: ['billing-reader'],
      entitlements: undefined,
      resource_access: { 'zone:example.com': { roles: ['zone-reader'] } },
    })
  })

  it('are of the kinds that are kept', async () => {
    for (const [kept, expected] of [
      [[], {}],
      [['PERMISSIONS'], { entitlements: expect.arrayContaining(['dns.zone.read']) }],
      [['ROLES'], { roles: ['zone-reader'] }],
    ] as const) {
      const { secret } = await make([['zone-reader']], inOrganization({ allRoles: true, keptInToken: kept }))
      expect(await rightsIn(secret)).toEqual(expected)
    }
  })

  it('are only those that the token names, and that its access still holds', async () => {
    const { accessId, secret } = await make(
      [['zone-reader'], ['zone-admin', 'example.net']],
      inOrganization({
        roles: [
          { name: 'zone-reader', resource: 'zone:example.com' },
          { name: 'zone-admin', resource: null },
          { name: 'billing-reader', resource: null },
        ],
        keptInToken: ['ROLES'],
      }),
    )
    const before = { 'zone:example.com': { roles: ['zone-reader'] }, 'zone:example.net': { roles: ['zone-admin'] } }
    expect(await rightsIn(secret)).toEqual({ roles: [], resource_access: before })
    await harness.prisma.roleAssignment.deleteMany({ where: { accessId, roleId: 'zone-admin' } })
    expect(await rightsIn(secret)).toEqual({
      roles: [],
      resource_access: { 'zone:example.com': { roles: ['zone-reader'] } },
    })
  })

  it('end it where one of them ends sooner', async () => {
    const ends = new Date(harness.now.getTime() + 120_000)
    const roles: readonly GivenRole[] = [
      ['zone-reader', null, ends],
      ['zone-admin', null, testTime],
    ]
    const kept = await make(roles, all)
    const { exp } = await claimsFor(kept.secret)
    expect(exp).toBe(Math.floor(ends.getTime() / 1_000))
    expect((await rightsIn(kept.secret)).roles).toEqual(['zone-reader'])
    const unkept = await make(roles, inOrganization({ allRoles: true }))
    expect((await claimsFor(unkept.secret)).exp).toBeGreaterThan(Number(exp))
  })

  it('that are too many for a header are refused, not cut', async () => {
    const roles = Array.from(
      { length: 60 },
      (_, index): GivenRole => ['zone-admin', `${'z'.repeat(40)}${index}.example`],
    )
    const { secret } = await make(roles, all)
    const { status, body } = await exchange(secret)
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_target' })
    expect(body.error_description).toContain('8192')
  })

  const service = (serviceDefinitionId: string, given: object) => ({ serviceDefinitionId, ...rights(given) })
  const withServices: AllowedScopes = {
    ...noAllowedScopes,
    generalScopes: ['openid'],
    organizationScopes: rights({ roles: [{ name: 'zone-admin', resource: null }], keptInToken: ['ROLES'] }),
    servicesScopes: [
      service('dns', {
        permissions: [{ permissionId: 'dns.zone.read', resources: ['zone:example.com'] }],
        keptInToken: ['PERMISSIONS'],
      }),
      service('https://mail.example', { allRoles: true, keptInToken: ['ROLES'] }),
    ],
  }

  it('are those of the service that it is for, which has no scopes of the gateway, and is not taken here', async () => {
    const { secret } = await make([['zone-admin']], withServices)
    expect(await rightsIn(secret)).toEqual({ roles: ['zone-admin'] })
    const jwt = await jwtFor(secret, { audience: 'dns' })
    expect(decodeJwt(jwt)).toMatchObject({ aud: 'dns', scope: 'openid' })
    expect(await rightsIn(secret, { audience: 'dns' })).toEqual({
      entitlements: [],
      resource_access: { 'zone:example.com': { entitlements: ['dns.zone.read'] } },
    })
    expect(await rightsIn(secret, { resource: 'https://mail.example' })).toEqual({ roles: ['zone-admin'] })
    expect(await harness.askRaw(whoAmI, undefined, bearing(jwt))).toMatchObject({ status: 401 })
    expect((await exchange(secret, { audience: 'dns', scope: 'users:read' })).body.error).toBe('invalid_scope')
  })

  it.each([
    ['the gateway by its audience', 'audience=iam-graph', 'iam-graph'],
    ['the gateway by its address', `resource=${publicUrl}`, 'iam-graph'],
    ['the gateway by both', `audience=iam-graph&resource=${publicUrl}/graphql`, 'iam-graph'],
    ['a service twice', 'audience=dns&audience=dns', 'dns'],
  ])('can be for %s', async (_title, parameters, audience) => {
    const { secret } = await make([], withServices)
    const form = String(
      new URLSearchParams({ grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }),
    )
    const { body } = await post('token', `${form}&${parameters}`)
    expect(decodeJwt(body.access_token as string).aud).toBe(audience)
  })

  it.each([
    ['an unknown service', 'audience=billing'],
    ['an unknown address', 'resource=https://other.example'],
    ['an address that only begins like the gateway’s', `resource=${publicUrl}.evil.example`],
    ['two targets', 'audience=dns&audience=iam-graph'],
    ['two that contradict each other', `audience=dns&resource=${publicUrl}`],
  ])('can not be for %s', async (_title, parameters) => {
    const { secret } = await make([], withServices)
    const form = String(
      new URLSearchParams({ grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }),
    )
    const { status, body } = await post('token', `${form}&${parameters}`)
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_target' })
  })

  it('are nothing that the evaluator denies, whatever the token and its access have', async () => {
    const roleIds = ['zone-reader', 'zone-editor', 'zone-admin', 'billing-reader']
    const permissionIds = ['dns.zone.read', 'dns.zone.delete', 'dns.record.update', 'billing.invoice.read']
    const zones = ['example.com', 'example.net']
    const place = fc.constantFrom(null, ...zones)
    const held = fc.uniqueArray(fc.record({ roleId: fc.constantFrom(...roleIds), zone: place }), {
      maxLength: 4,
      selector: ({ roleId, zone }) => `${roleId} ${zone}`,
    })
    const named = fc.record({
      roles: fc.array(fc.record({ name: fc.constantFrom(...roleIds), zone: place }), { maxLength: 3 }),
      permissions: fc.array(fc.record({ permissionId: fc.constantFrom(...permissionIds), zones: fc.subarray(zones) }), {
        maxLength: 3,
      }),
      allRoles: fc.boolean(),
      allPermissions: fc.boolean(),
    })
    const runs = Number(process.env.EXCHANGE_CASES ?? 15)
    await fc.assert(
      fc.asyncProperty(held, named, async (roles, { allRoles, allPermissions, ...given }) => {
        const token = await make(
          roles.map(({ roleId, zone }): GivenRole => [roleId, zone]),
          inOrganization({
            allRoles,
            allPermissions,
            roles: allRoles ? [] : given.roles.map(({ name, zone }) => ({ name, resource: zone && `zone:${zone}` })),
            permissions: allPermissions
              ? []
              : given.permissions.map(({ permissionId, zones: of }) => ({
                  permissionId,
                  resources: of.map((zone) => `zone:${zone}`),
                })),
            keptInToken: ['ROLES', 'PERMISSIONS'],
          }),
        )
        const claims = await claimsFor(token.secret)
        const entitlements = claims.entitlements as string[]
        const access = (claims.resource_access ?? {}) as Record<string, { roles?: string[]; entitlements?: string[] }>
        const checks = permissionIds.flatMap((permissionId) =>
          [null, ...zones].map((zone) => ({
            tokenId: String(token.id),
            permissionId,
            resource: zone && { type: 'ZONE', id: zone },
          })),
        )
        const { data } = await harness.askRaw(
          'query ($checks: [PermissionCheck!]!) { checkPermissions(checks: $checks) { allowed } }',
          { checks },
        )
        const decided = (data as { checkPermissions: { allowed: boolean }[] }).checkPermissions
        const claimed = checks.map(({ permissionId, resource }) => {
          const there = resource ? (access[`zone:${resource.id}`]?.entitlements ?? []) : []
          return entitlements.includes(permissionId) || there.includes(permissionId)
        })
        expect(claimed).toEqual(decided.map(({ allowed }) => allowed))
        const isHeld = (roleId: string, zone: string | null) =>
          roles.some((role) => role.roleId === roleId && (role.zone === null || role.zone === zone))
        for (const roleId of claims.roles as string[]) expect(isHeld(roleId, null)).toBe(true)
        for (const [resource, { roles: there = [] }] of Object.entries(access)) {
          for (const roleId of there) expect(isHeld(roleId, resource.slice('zone:'.length))).toBe(true)
        }
      }),
      { numRuns: runs },
    )
  })
})

describe('an exchanged JWT', () => {
  it('lives no longer than its token, and than the user of it', async () => {
    const ends = new Date(harness.now.getTime() + 61_500)
    const { secret } = await make([], {}, { expiresAt: ends })
    const { expires_in: lifetime } = (await exchange(secret)).body
    expect(lifetime).toBe(Math.floor(ends.getTime() / 1_000) - Math.floor(harness.now.getTime() / 1_000))
    const soon = await make([], {}, { expiresAt: new Date(harness.now.getTime() + 500) })
    expect((await exchange(soon.secret)).body.error).toBe('invalid_request')
    const { userId, secret: last } = await make()
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-11-21') } })
    const beforeMidnight = harness.beside({ clock: () => new Date('2026-11-21T23:58:20.000Z') })
    const body = new URLSearchParams({
      grant_type: exchangeGrant,
      subject_token: last,
      subject_token_type: accessTokenType,
    })
    const response = await beforeMidnight.fetch(new Request(`${publicUrl}/oauth/token`, { method: 'POST', body }))
    expect((await response.json()).expires_in).toBe(100)
  })

  it('is over after a quarter of an hour', async () => {
    const { secret } = await make()
    const jwt = await jwtFor(secret)
    expect((await harness.askRaw('{ viewer { subject } }', undefined, bearing(jwt))).status).toBe(200)
    pass(15 * 60_000 + 6_000)
    expect((await harness.askRaw('{ viewer { subject } }', undefined, bearing(jwt))).status).toBe(401)
  })

  type Stop = readonly [string, (made: MadeToken) => Promise<unknown>]
  const stops: readonly Stop[] = [
    ['is deactivated', ({ id }) => harness.prisma.token.update({ where: { id }, data: { deactivated: true } })],
    ['is revoked', ({ id }) => harness.prisma.token.update({ where: { id }, data: { revokedAt: harness.now } })],
    ['ends', ({ id }) => harness.prisma.token.update({ where: { id }, data: { expiresAt: harness.now } })],
    ['is removed', ({ id }) => harness.prisma.token.delete({ where: { id } })],
    [
      'loses its user',
      ({ userId }) =>
        harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-11-20') } }),
    ],
    [
      'loses its access',
      async ({ id, accessId }) => {
        await harness.prisma.token.delete({ where: { id } })
        await harness.prisma.access.delete({ where: { id: accessId } })
      },
    ],
  ]

  it.each(stops)('is refused within a second where its token %s', async (_title, stop) => {
    const made = await make()
    const jwt = await jwtFor(made.secret)
    expect((await harness.askRaw('{ viewer { subject } }', undefined, bearing(jwt))).status).toBe(200)
    await stop(made)
    pass(1_000)
    expect(await harness.askRaw('{ viewer { subject } }', undefined, bearing(jwt))).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect((await exchange(made.secret)).body.error).toBe('invalid_request')
  })

  it('is refused at once where the gateway itself has stopped its token', async () => {
    const { id, secret } = await make()
    const jwt = await jwtFor(secret)
    expect((await harness.askRaw('{ viewer { subject } }', undefined, bearing(jwt))).status).toBe(200)
    await harness.askRaw(`mutation { deactivateToken(tokenId: "${id}") { __typename } }`)
    expect((await harness.askRaw('{ viewer { subject } }', undefined, bearing(jwt))).status).toBe(401)
  })

  it('is bound to the documents that its token is bound to', async () => {
    const { secret } = await make([], {}, { onlyOperations: ['0'.repeat(64)] })
    expect(await harness.askRaw('{ viewer { subject } }', undefined, bearing(await jwtFor(secret)))).toMatchObject({
      status: 403,
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    })
  })

  it('sees its own organization only', async () => {
    const { secret } = await make()
    const { data } = await harness.askRaw(
      `{ user(id: "${demoCallers.otherReader.userId}") { id } token(id: "${demoTokenId('Campagne été')}") { id } }`,
      undefined,
      bearing(await jwtFor(secret)),
    )
    expect(data).toEqual({ user: null, token: null })
  })

  it('is exchanged no more, and issues no tokens', async () => {
    const { secret } = await make()
    const jwt = await jwtFor(secret)
    const { status, body } = await exchange(jwt)
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: expect.stringContaining('a JWT is not exchanged again') },
    })
  })

  it('has its scopes in the claim that the gateway writes, whatever the identity provider calls its own', async () => {
    const { secret } = await make([['zone-reader']], inOrganization({ allRoles: true, keptInToken: ['ROLES'] }))
    const jwt = await jwtFor(secret)
    const claimNames = {
      scopes: ['scp', 'roles'],
      organization: 'org_id',
      customer: 'customer_id',
      access: 'access_id',
      token: 'token_id',
    }
    const response = await harness.beside({ claimNames }).fetch(
      new Request(`${publicUrl}/graphql`, {
        method: 'POST',
        headers: { ...bearing(jwt), 'content-type': 'application/json' },
        body: '{"query":"{ viewer { scopes } }"}',
      }),
    )
    expect((await response.json()).data.viewer.scopes).toEqual(['accesses:read', 'tokens:read', 'users:read'])
  })

  it('is taken by the gateway’s own keys only, and they sign nobody else’s', async () => {
    const { userId, accessId, id, secret } = await make()
    const claims = decodeJwt(await jwtFor(secret))
    const forged = await harness.sign({ ...claims })
    expect(await harness.askRaw('{ viewer { subject } }', undefined, bearing(forged))).toMatchObject({ status: 401 })
    const claimed = { ...claims, iss: 'https://issuer.example', sub: userId, access_id: accessId, token_id: id }
    const foreign = await signer.sign(claimed, 'at+jwt')
    expect(await harness.askRaw('{ viewer { subject } }', undefined, bearing(foreign))).toMatchObject({ status: 401 })
    const plain = await signer.sign(claims, 'JWT')
    expect(await harness.askRaw('{ viewer { subject } }', undefined, bearing(plain))).toMatchObject({ status: 401 })
    expect(decodeProtectedHeader(forged).kid).toBe('test')
  })
})

describe('a refused exchange', () => {
  it.each([
    ['no grant type', { grant_type: '' }, 'invalid_request', 'grant_type'],
    ['another one', { grant_type: 'client_credentials' }, 'unsupported_grant_type', exchangeGrant],
    ['no token', { subject_token: '' }, 'invalid_request', 'subject_token'],
    ['no type of it', { subject_token_type: '' }, 'invalid_request', 'subject_token_type'],
    [
      'another type of it',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
      'invalid_request',
      accessTokenType,
    ],
    [
      'a wish for another type',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
      'requested_token_type',
    ],
    ['an actor', { actor_token: 'x', actor_token_type: accessTokenType }, 'invalid_request', 'actor_token'],
    ['an unknown token', { subject_token: unknownSecret }, 'invalid_request', 'no such API token'],
    ['a malformed one', { subject_token: 'iamt_x' }, 'invalid_request', 'as it was shown'],
  ])('is one with %s', async (_title, parameters, error, description) => {
    const { secret } = await make()
    const { status, headers, body } = await exchange(secret, parameters)
    expect({ status, error: body.error }).toEqual({ status: 400, error })
    expect(body.error_description).toContain(description)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('www-authenticate')).toBeNull()
  })

  it('is one with a client that authenticates itself', async () => {
    const { id, secret } = await make()
    const form = { grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }
    const { status, body } = await post('token', form, { headers: basic(id, secret) })
    expect({ status, error: body.error }).toEqual({ status: 401, error: 'invalid_client' })
  })

  it('tells nothing of the token but why, and leaves an event where it is known, without its secret', async () => {
    const id = demoTokenId('Terraform on Bruno’s laptop')
    const secret = demoSecret('Terraform on Bruno’s laptop')
    expect((await exchange(secret)).body).toEqual({
      error: 'invalid_request',
      error_description: 'the credential was refused: the API token is revoked',
    })
    await harness.gateway.settle()
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      action: 'token.exchange',
      outcome: 'REFUSED',
      reason: 'REVOKED',
      actorTokenId: id,
    })
    expect(JSON.stringify(harness.observed)).not.toContain(secret)
  })

  it('is every one where there are no keys to sign with, and the metadata says so', async () => {
    const gateway = harness.beside({ signer: null })
    const ask = (path: string, init?: RequestInit) => gateway.fetch(new Request(`${publicUrl}${path}`, init))
    const body = new URLSearchParams({ grant_type: exchangeGrant })
    expect((await ask('/oauth/token', { method: 'POST', body })).status).toBe(404)
    const metadata = await (await ask('/.well-known/oauth-authorization-server')).json()
    expect(metadata.grant_types_supported).toEqual([])
    expect(metadata).not.toHaveProperty('token_endpoint')
    expect(metadata).not.toHaveProperty('jwks_uri')
  })
})
