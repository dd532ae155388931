import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import type { Signer } from '../../src/auth/signer.ts'
import type { Gateway } from '../../src/gateway.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { basic, demoSecret, type PostForm, postingForms, unknownSecret } from '../support/oauth.ts'
import { createTestSigner } from '../support/signer.ts'
import { testTime } from '../support/time.ts'

const { administrator, reader, auditor } = demoCallers
const introspector = asDemoUser('zoe.hartmann@lakeside.example', 'tokens:introspect')
const asked = { name: 'acme.sh on www1', access: demoAccess('acme example.com') }
const asker = { id: demoTokenId('Joiners & leavers'), secret: demoSecret('Joiners & leavers') }
const seconds = (at: Date | undefined) => Math.floor((at?.getTime() ?? 0) / 1_000)

let harness: Harness
let post: PostForm
beforeAll(async () => {
  harness = await createHarness()
  post = postingForms(harness)
  await harness.prisma.token.update({ where: { id: asker.id }, data: { scope: ['tokens:introspect'] } })
})
afterAll(() => harness.close())

const introspect = (token: string, caller = introspector) => post('introspect', { token }, { caller })

describe('introspection of an API token', () => {
  it('tells what it is, and what it may do now, in the form of the token documents', async () => {
    const id = demoTokenId(asked.name)
    const row = await harness.prisma.token.findUnique({ where: { id } })
    const { status, headers, body } = await introspect(demoSecret(asked.name))
    expect({ status, type: headers.get('content-type'), cache: headers.get('cache-control') }).toEqual({
      status: 200,
      type: 'application/json',
      cache: 'no-store',
    })
    expect(body).toEqual({
      active: true,
      scope: 'openid',
      client_id: String(id),
      token_type: 'Bearer',
      exp: seconds(row?.expiresAt),
      iat: seconds(row?.createdAt),
      sub: asked.access.person.userId,
      aud: ['iam-graph'],
      iss: 'http://gateway.example',
      jti: String(id),
      org_id: administrator.organizationId,
      access_id: asked.access.accessId,
      token_id: id,
      allowedScopes: {
        generalScopes: ['openid'],
        organizationScopes: {
          roles: [{ name: 'acme-solver', resource: 'zone:example.com' }],
          permissions: expect.arrayContaining([{ permissionId: 'dns.record.create', resources: ['zone:example.com'] }]),
        },
        servicesScopes: [],
      },
    })
  })

  it('takes what the access holds no more from what the token may do, at once', async () => {
    const { accessId } = asked.access
    const held = { accessId, roleId: 'acme-solver' }
    const assignments = await harness.prisma.roleAssignment.findMany({ where: held })
    await harness.prisma.roleAssignment.deleteMany({ where: held })
    const { body } = await introspect(demoSecret(asked.name))
    expect(body).toMatchObject({ active: true, allowedScopes: { organizationScopes: { roles: [] } } })
    await harness.prisma.roleAssignment.createMany({ data: assignments })
  })

  it('names the user to who may read users', async () => {
    const caller = asDemoUser('zoe.hartmann@lakeside.example', 'tokens:introspect users:read')
    const { body } = await introspect(demoSecret(asked.name), caller)
    expect(body.username).toBe(asked.access.person.email)
  })

  it.each([
    ['that no token has', unknownSecret],
    ['of another organization', demoSecret('Campagne été')],
    ['of a token that has expired', demoSecret('Provisioning (first portal)')],
    ['of a token that is switched off', demoSecret('acme.sh on www2')],
    ['of a token that is revoked', demoSecret('Terraform on Bruno’s laptop')],
    ['that is malformed', `${unknownSecret.slice(0, -1)}!`],
    ['that is a JWT of somebody else', 'a.b.c'],
  ])('says of a secret %s that it is not active, and nothing more', async (_title, secret) => {
    const { status, body } = await introspect(secret)
    expect({ status, body }).toEqual({ status: 200, body: { active: false } })
  })

  it('asks the database the same about a secret of another organization as about an unknown one', async () => {
    harness.now = new Date(testTime.getTime() + 5_000)
    const [unknown, foreign] = [await introspect(unknownSecret), await introspect(demoSecret('Campagne été'))]
    expect(foreign.statements).toEqual(unknown.statements)
    expect(foreign.statements).toHaveLength(1)
    expect((await introspect('iamt_malformed')).statements).toEqual([])
    // And about neither again for five seconds.
    harness.now = new Date(testTime.getTime() + 9_999)
    for (const secret of [unknownSecret, demoSecret('Campagne été')]) {
      expect((await introspect(secret)).statements).toEqual([])
    }
    harness.now = testTime
  })

  it('counts as use of the token, at most once a minute', async () => {
    const where = { id: demoTokenId('terraform plan') }
    const usedAt = async () => (await harness.prisma.token.findUnique({ where }))?.lastUsedAt
    expect((await introspect(demoSecret('terraform plan'))).body.active).toBe(true)
    await expect.poll(usedAt).toEqual(testTime)
    harness.now = new Date(testTime.getTime() + 59_000)
    await introspect(demoSecret('terraform plan'))
    expect(await usedAt()).toEqual(testTime)
    harness.now = new Date(testTime.getTime() + 60_000)
    await introspect(demoSecret('terraform plan'))
    await expect.poll(usedAt).toEqual(harness.now)
    harness.now = testTime
  })

  it('tells who sees all organizations of a token of any', async () => {
    const caller = { claims: { sub: auditor.userId, scope: 'tokens:introspect organizations:all' } }
    expect((await introspect(demoSecret('Campagne été'), caller)).body.active).toBe(true)
  })
})

describe('introspection of a JWT that the gateway has made from an API token', () => {
  const now = testTime.getTime() / 1_000
  const id = demoTokenId(asked.name)
  const claims = {
    iss: 'http://gateway.example',
    aud: 'dns',
    sub: asked.access.person.userId,
    iat: now,
    exp: now + 600,
    jti: 'one',
    client_id: String(id),
    scope: 'openid',
    token_id: id,
  }
  let signer: Signer
  let gateway: Gateway
  beforeAll(async () => {
    signer = await createTestSigner(() => harness.now)
    gateway = harness.beside({ signer })
  })
  afterAll(() => signer.close())

  const ask = async (token: string) => {
    const headers = await harness.authorize(introspector)
    const init = { method: 'POST', headers, body: new URLSearchParams({ token }) }
    const response = await gateway.fetch(new Request('http://gateway.example/oauth/introspect', init))
    return { status: response.status, body: await response.json() }
  }
  const inactive = { status: 200, body: { active: false } }

  it('tells what it says itself, and what its token may do now', async () => {
    const { status, body } = await ask(await signer.sign(claims, 'at+jwt'))
    const { allowedScopes, ...rest } = body
    expect({ status, rest }).toEqual({ status: 200, rest: { ...claims, token_type: 'Bearer', active: true } })
    expect(allowedScopes).toEqual((await introspect(demoSecret(asked.name))).body.allowedScopes)
  })

  it('says that it is bound to a key, and to which (RFC 9449, section 6.2)', async () => {
    const cnf = { jkt: 'thumbprint' }
    const { body } = await ask(await signer.sign({ ...claims, cnf }, 'at+jwt'))
    expect(body).toMatchObject({ active: true, token_type: 'DPoP', cnf })
  })

  it.each<[string, object, string]>([
    ['of another issuer', { iss: 'https://issuer.example' }, 'at+jwt'],
    ['of another type', {}, 'JWT'],
    ['that has expired', { iat: now - 700, exp: now - 100 }, 'at+jwt'],
    ['that is older than any that still works', { iat: now - 906, exp: now + 600 }, 'at+jwt'],
    ['without a token', { token_id: undefined }, 'at+jwt'],
    ['of a token that is not there', { token_id: 918_273 }, 'at+jwt'],
    ['of a token of another organization', { token_id: demoTokenId('Campagne été') }, 'at+jwt'],
    ['of a token that is switched off', { token_id: demoTokenId('acme.sh on www2') }, 'at+jwt'],
  ])('is inactive %s', async (_title, changed, type) => {
    expect(await ask(await signer.sign({ ...claims, ...changed }, type))).toEqual(inactive)
  })

  it('is inactive where somebody else has signed it', async () => {
    const other = await createTestSigner(() => harness.now)
    expect(await ask(await other.sign(claims, 'at+jwt'))).toEqual(inactive)
    other.close()
    expect(await ask(await harness.sign({ customer_id: 1, token_id: id }))).toEqual(inactive)
    const unsigned = (await introspect(await signer.sign(claims, 'at+jwt'))).body
    expect(unsigned).toEqual({ active: false })
  })
})

describe('a caller of introspection', () => {
  it('authenticates itself by an API token: as a bearer, by Basic, or in the form', async () => {
    const token = demoSecret(asked.name)
    const { id, secret } = asker
    const replies = [
      await post('introspect', { token }, { headers: { authorization: `Bearer ${secret}` } }),
      await post('introspect', { token }, { headers: basic(id, secret) }),
      await post('introspect', { token, client_id: String(id), client_secret: secret }),
    ]
    for (const { status, body } of replies) expect([status, body.active]).toEqual([200, true])
  })

  it.each([
    ['another id', 1, asker.secret],
    ['an id that is none', 'nobody', asker.secret],
    ['no id', '', asker.secret],
    ['an unknown secret', asker.id, unknownSecret],
    ['a malformed secret', asker.id, 'iamt_x'],
    ['no secret of a token', asker.id, 'a.b.c'],
  ])('with %s is refused, and challenged in the way that it came', async (_title, id, secret) => {
    const token = demoSecret(asked.name)
    const byHeader = await post('introspect', { token }, { headers: basic(id, secret) })
    const byForm = await post('introspect', { token, client_id: String(id), client_secret: secret })
    for (const { status, body } of [byHeader, byForm]) {
      expect({ status, body }).toEqual({
        status: 401,
        body: {
          error: 'invalid_client',
          error_description: 'expected the id of an API token that works, and its secret',
        },
      })
    }
    expect(byHeader.headers.get('www-authenticate')).toBe('Basic realm="iam-graph"')
    expect(byForm.headers.get('www-authenticate')).toBe('Bearer realm="iam-graph"')
  })

  it('with the id of another token is on record: the secret is that of a token that there is', async () => {
    const headers = { ...basic(1, asker.secret), 'x-request-id': 'as-another' }
    expect((await post('introspect', { token: unknownSecret }, { headers })).status).toBe(401)
    await harness.gateway.settle()
    expect(await harness.prisma.auditEvent.findMany({ where: { requestId: 'as-another' } })).toMatchObject([
      {
        organizationId: administrator.organizationId,
        action: 'token.signIn',
        outcome: 'REFUSED',
        reason: 'INVALID_CLIENT',
        targetType: 'Token',
        targetId: String(asker.id),
        actorTokenId: asker.id,
      },
    ])
  })

  it('with no credential, one that is not valid, or one without the scope is refused', async () => {
    const none = await post('introspect', { token: unknownSecret })
    expect([none.status, none.body.error]).toEqual([401, 'invalid_client'])
    const invalid = await introspect(unknownSecret, { authorization: 'Bearer a.b.c' })
    expect([invalid.status, invalid.body.error]).toEqual([401, 'invalid_token'])
    expect(invalid.headers.get('www-authenticate')).toMatch(/^Bearer realm="iam-graph", error="invalid_token"/)
    const lacking = await introspect(unknownSecret, reader)
    expect([lacking.status, lacking.body.error]).toEqual([403, 'insufficient_scope'])
    expect(lacking.headers.get('www-authenticate')).toMatch(/scope="tokens:introspect"$/)
  })
})

it('leaves an event of a token that works no more, without its secret, and none of one that the caller does not see', async () => {
  const where = { action: 'token.introspect', requestId: 'asked-about-it' }
  const headers = { 'x-request-id': 'asked-about-it' }
  const token = demoSecret('acme.sh on www2')
  const caller = asDemoUser('ada.lovelace@lakeside.example', 'tokens:introspect')
  for (const each of [unknownSecret, demoSecret('Campagne été'), demoSecret(asked.name), token]) {
    await post('introspect', { token: each }, { caller, headers })
  }
  await harness.gateway.settle()
  const all = await harness.prisma.auditEvent.findMany({ where })
  expect(all).toMatchObject([
    {
      organizationId: administrator.organizationId,
      outcome: 'REFUSED',
      reason: 'DEACTIVATED',
      targetType: 'Token',
      targetId: String(demoTokenId('acme.sh on www2')),
      subject: administrator.userId,
      actor: { firstname: 'Ada' },
    },
  ])
  expect(all.map(({ before, after, detail }) => [before, after, detail])).toEqual([[null, null, null]])
})

it('nothing of all that was unexpected', () => {
  expect(harness.unexpected).toEqual([])
})
