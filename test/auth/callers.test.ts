/** Who callers are is what the database says now, and not only what their credentials say. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import type { Read } from '../../src/db/read.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { type Caller, type Claims, createHarness, type Harness } from '../support/harness.ts'
import { createPeople } from '../support/people.ts'
import { testTime } from '../support/time.ts'

const { administrator, otherReader } = demoCallers
const whoAmI = '{ viewer { subject scopes organization { id } user { id } access { id } token { id name } } }'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const pass = (milliseconds: number) => {
  harness.now = new Date(harness.now.getTime() + milliseconds)
}
const ask = (caller: Caller) => harness.askRaw(whoAmI, undefined, caller)
const refusal = (reason: string) => ({
  status: 401,
  errors: [{ message: `the credential was refused: ${reason}`, extensions: { code: 'UNAUTHENTICATED' } }],
})
const { someone, tokenOf } = createPeople(() => harness)

describe('an API token', () => {
  it('is a credential: of its access and its user, with its scopes, and says which it is', async () => {
    const { userId, accessId } = await someone()
    const { id, caller } = await tokenOf(accessId)
    const { status, data } = await ask(caller)
    expect({ status, data }).toEqual({
      status: 200,
      data: {
        viewer: {
          subject: userId,
          scopes: ['accesses:read', 'tokens:read', 'users:read'],
          organization: { id: administrator.organizationId },
          user: { id: userId },
          access: { id: String(accessId) },
          token: { id: String(id), name: 'Signs in' },
        },
      },
    })
  })

  it('takes a statement the first time, and none after that', async () => {
    const { accessId } = await someone()
    const { caller } = await tokenOf(accessId, { scope: [], lastUsedAt: harness.now })
    const subject = () => harness.askRaw('{ viewer { subject } }', undefined, caller)
    expect((await subject()).statements).toHaveLength(1)
    expect((await subject()).statements).toEqual([])
    pass(10_000)
    expect((await subject()).statements).toEqual([])
  })

  it.each([
    ['is unknown', {}, 'there is no such API token'],
    ['is deactivated', { deactivated: true }, 'the API token is deactivated'],
    ['is revoked', { revokedAt: testTime }, 'the API token is revoked'],
    ['has expired', { expiresAt: testTime }, 'the API token has expired, or the time of its user is over'],
  ])('is refused that %s, with a challenge', async (title, given, reason) => {
    const { accessId } = await someone()
    const { id, caller } = await tokenOf(accessId, given)
    if (title === 'is unknown') await harness.prisma.token.delete({ where: { id } })
    const { headers, ...answer } = await ask(caller)
    expect(answer).toMatchObject(refusal(reason))
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  it.each(['iamt_', `iamt_${'a'.repeat(49)}`, `iamt_${'a'.repeat(60)}`, 'iamt_Ünïcode'])(
    'is refused without a statement where it is malformed: %s',
    async (secret) => {
      const { statements, ...answer } = await ask({ authorization: `Bearer ${secret}` })
      expect(answer).toMatchObject(refusal('expected an API token as it was shown when it was issued'))
      expect(statements).toEqual([])
    },
  )

  it('is asked for once in five seconds where it is unknown, and works after that where an import has brought it', async () => {
    const { accessId } = await someone()
    const { id, caller } = await tokenOf(accessId)
    const row = await harness.prisma.token.delete({ where: { id } })
    expect((await ask(caller)).status).toBe(401)
    const { name, secretHash, hint, scope, allowedScopes, expiresAt, createdAt, updatedAt, organizationId } = row
    const told = {
      name,
      secretHash,
      hint,
      scope,
      allowedScopes: allowedScopes as object,
      expiresAt,
      createdAt,
      updatedAt,
    }
    await harness.prisma.token.create({ data: { ...told, id, accessId, organizationId } })
    pass(4_999)
    const { statements, ...again } = await ask(caller)
    expect(again).toMatchObject(refusal('there is no such API token'))
    expect(statements).toEqual([])
    // Another secret is another question.
    expect((await ask((await tokenOf(accessId)).caller)).status).toBe(200)
    pass(1)
    expect((await ask(caller)).status).toBe(200)
  })

  it('carries neither the scopes that no token has, nor those of all organizations, whatever is stored', async () => {
    const { accessId } = await someone()
    const scope = ['organizations:all', 'tokens:issue', 'tokens:manage', 'tokens:rotate', 'users:read']
    const { caller } = await tokenOf(accessId, { scope })
    const { data } = await harness.askRaw(
      '{ viewer { scopes grantableScopes organization { id } } }',
      undefined,
      caller,
    )
    expect(data).toEqual({
      viewer: {
        scopes: ['tokens:deactivate', 'tokens:manage', 'users:read'],
        grantableScopes: [],
        organization: { id: administrator.organizationId },
      },
    })
  })

  it('sees its own organization only', async () => {
    const { accessId } = await someone()
    const { caller } = await tokenOf(accessId)
    const { data } = await harness.askRaw(`{ user(id: "${otherReader.userId}") { id } }`, undefined, caller)
    expect(data).toEqual({ user: null })
  })

  it('that is bound to documents runs nothing else', async () => {
    const { accessId } = await someone()
    const { caller } = await tokenOf(accessId, { onlyOperations: ['0'.repeat(64)] })
    expect(await harness.askRaw('{ viewer { subject } }', undefined, caller)).toMatchObject({ status: 403 })
  })

  it('may look after tokens, and is on record where it did', async () => {
    const { accessId } = await someone()
    const { id, caller } = await tokenOf(accessId, { scope: ['tokens:deactivate', 'tokens:read'] })
    const other = await tokenOf(accessId)
    const document = `mutation { deactivateToken(tokenId: "${other.id}") { __typename } }`
    expect((await harness.askRaw(document, undefined, caller)).data).toEqual({
      deactivateToken: { __typename: 'DeactivateTokenPayload' },
    })
    expect(await harness.prisma.auditEvent.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
      actorTokenId: id,
      actor: { accessId, firstname: 'Nadia' },
    })
    expect(await ask(other.caller)).toMatchObject(refusal('the API token is deactivated'))
  })
})

/** What is done to somebody who was accepted before, and why the next request is refused. */
type Change = readonly [string, (of: { userId: string; accessId: number; id: number }) => Promise<unknown>, string]
const ofUser: readonly Change[] = [
  [
    'its user expires',
    ({ userId }) => harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-11-20') } }),
    'over',
  ],
]
const ofToken: readonly Change[] = [
  [
    'is deactivated',
    ({ id }) => harness.prisma.token.update({ where: { id }, data: { deactivated: true } }),
    'deactivated',
  ],
  ['is revoked', ({ id }) => harness.prisma.token.update({ where: { id }, data: { revokedAt: testTime } }), 'revoked'],
  ['gets an end', ({ id }) => harness.prisma.token.update({ where: { id }, data: { expiresAt: testTime } }), 'expired'],
  ['is removed', ({ id }) => harness.prisma.token.delete({ where: { id } }), 'no such API token'],
  ...ofUser,
]
const ofJwt: readonly Change[] = [
  ...ofUser,
  [
    'its access is removed',
    async ({ id, accessId }) => {
      await harness.prisma.token.delete({ where: { id } })
      await harness.prisma.access.delete({ where: { id: accessId } })
    },
    'not one of its subject',
  ],
  [
    'its access becomes that of another user',
    ({ accessId }) => harness.prisma.access.update({ where: { id: accessId }, data: { userId: administrator.userId } }),
    'not one of its subject',
  ],
]

describe('within a second of a change that nobody has told of', () => {
  it.each(ofToken)('an API token is refused that %s', async (_, change, reason) => {
    const someones = await someone()
    const token = await tokenOf(someones.accessId)
    expect(await ask(token.caller)).toMatchObject({ status: 200 })
    await change({ ...someones, id: token.id })
    pass(1_000)
    const { status, errors } = await ask(token.caller)
    expect(status).toBe(401)
    expect(errors?.[0]?.message).toContain(reason)
  })

  it.each(ofJwt)('a JWT is refused where %s', async (_, change, reason) => {
    const someones = await someone()
    const token = await tokenOf(someones.accessId)
    const jwt = { authorization: `Bearer ${await harness.sign(someones.claims)}` }
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    await change({ ...someones, id: token.id })
    pass(1_000)
    const { status, errors } = await ask(jwt)
    expect(status).toBe(401)
    expect(errors?.[0]?.message).toContain(reason)
  })

  it('a JWT is refused whose user is removed, with an access and without', async () => {
    const { userId, accessId, claims } = await someone()
    const jwts = [{ claims }, { claims: { ...claims, access_id: undefined } }]
    for (const jwt of jwts) expect(await ask(jwt)).toMatchObject({ status: 200 })
    await harness.prisma.access.delete({ where: { id: accessId } })
    await harness.prisma.user.delete({ where: { id: userId } })
    pass(1_000)
    for (const jwt of jwts) expect(await ask(jwt)).toMatchObject(refusal('the user of the JWT has been removed'))
  })

  it('a JWT that was made from an API token is refused with the token', async () => {
    const { accessId, claims } = await someone()
    const token = await tokenOf(accessId)
    const jwt = { claims: { ...claims, token_id: token.id } }
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    await harness.prisma.token.update({ where: { id: token.id }, data: { deactivated: true } })
    pass(1_000)
    expect(await ask(jwt)).toMatchObject(refusal('the API token is deactivated'))
  })

  it('nobody else is looked up again', async () => {
    const others = await tokenOf((await someone()).accessId, { scope: [], lastUsedAt: harness.now })
    const foreign = asDemoUser('etienne.lefevre@lumiere.example', '')
    const jwt = { authorization: `Bearer ${await harness.sign((foreign as { claims: Claims }).claims)}` }
    for (const caller of [others.caller, jwt]) await harness.askRaw('{ viewer { subject } }', undefined, caller)
    await harness.prisma.token.update({ where: { id: others.id }, data: { lastUsedAt: harness.now } })
    pass(1_000)
    for (const caller of [others.caller, jwt]) {
      expect((await harness.askRaw('{ viewer { subject } }', undefined, caller)).statements).toEqual([])
    }
  })
})

describe('what was on its way while something changed', () => {
  /** A gateway whose look-ups of tokens come late: they are read at once, and arrive once `arrive` is called. */
  const late = () => {
    let arrive = () => {}
    const done = { looked: 0, renewed: 0 }
    const held = new Promise<void>((resolve) => {
      arrive = resolve
    })
    const read: Read = async (statement, sentFor) => {
      const rows = await harness.opened.read<never>(statement, sentFor)
      if (statement.text.includes('secret_hash')) {
        done.looked += 1
        await held
      }
      return rows
    }
    const upkeep: Read = async (...given) => {
      const rows = await harness.opened.upkeep<never>(...given)
      done.renewed += 1
      return rows
    }
    const gateway = harness.beside({ database: { ...harness.opened, read, upkeep } })
    const status = async ({ authorization }: { authorization: string }) => {
      const init = { method: 'POST', headers: { authorization, 'content-type': 'application/json' } }
      const body = '{"query":"{ viewer { subject } }"}'
      return (await gateway.fetch(new Request('http://gateway.example/graphql', { ...init, body }))).status
    }
    return { arrive: () => arrive(), status, done }
  }

  it('is not remembered, whatever the gateway has been told by then', async () => {
    const { accessId } = await someone()
    const { id, caller } = await tokenOf(accessId)
    const { arrive, status, done } = late()
    const other = { authorization: `Bearer ${await harness.sign({ customer_id: 1 })}` }
    expect(await status(other)).toBe(200)
    const first = status(caller)
    await expect.poll(() => done.looked).toBe(1)
    await harness.prisma.token.update({ where: { id }, data: { deactivated: true } })
    pass(300)
    // It is time to ask what has changed.
    expect(await status(other)).toBe(200)
    await expect.poll(() => done.renewed).toBe(2)
    arrive()
    expect(await first).toBe(200)
    expect(await status(caller)).toBe(401)
  })

  it('is looked up again where it took longer than the bound and something has changed', async () => {
    const { accessId } = await someone()
    const { id, caller } = await tokenOf(accessId)
    const { arrive, status, done } = late()
    const first = status(caller)
    await expect.poll(() => done.looked).toBe(1)
    await harness.prisma.token.update({ where: { id }, data: { deactivated: true } })
    pass(1_000)
    arrive()
    expect(await first).toBe(401)
  })

  it('lets in who it is about where it took as long and nothing has changed', async () => {
    const { accessId } = await someone()
    const { caller } = await tokenOf(accessId, { lastUsedAt: harness.now })
    const { arrive, status, done } = late()
    const first = status(caller)
    await expect.poll(() => done.looked).toBe(1)
    pass(1_000)
    arrive()
    expect(await first).toBe(200)
  })
})

describe('at once', () => {
  it('a token is refused that this gateway has stopped, though no time has passed', async () => {
    const { accessId } = await someone()
    const { id, caller } = await tokenOf(accessId)
    const switched = (field: string) =>
      harness.askRaw(`mutation { ${field}(tokenId: "${id}") { __typename } }`, undefined, administrator)
    for (const _ of [1, 2]) {
      expect(await ask(caller)).toMatchObject({ status: 200 })
      await switched('deactivateToken')
      expect(await ask(caller)).toMatchObject(refusal('the API token is deactivated'))
      await switched('reactivateToken')
    }
  })
})

describe('the claims of a JWT', () => {
  const own = demoAccess('ada.lovelace@lakeside.example')
  const notItsOwn = refusal('the access of the JWT is not one of its subject')

  it.each([
    ['of another user', demoAccess('zoe.hartmann@lakeside.example').accessId],
    ['that is not there', 2_147_483_647],
    ['of another organization', otherReader.accessId],
  ])('are refused with an access %s', async (_, access_id) => {
    expect(await ask(asDemoUser('ada.lovelace@lakeside.example', '', { access_id }))).toMatchObject(notItsOwn)
  })

  it('may name an access without its user, by whatever the identity provider calls that', async () => {
    const claims = {
      sub: 'auth0|ada',
      customer_id: 1,
      access_id: own.accessId,
      scope: 'users:read accesses:read tokens:read',
    }
    expect((await ask({ claims })).data).toMatchObject({ viewer: { user: { id: administrator.userId } } })
  })

  it('may name nobody: a service, whatever its subject looks like', async () => {
    const claims = {
      sub: '5f0c1e9a-3b7d-4c62-9f18-d2a4b6c8e013',
      customer_id: 1,
      scope: 'users:read accesses:read tokens:read',
    }
    expect((await ask({ claims })).data).toMatchObject({ viewer: { user: null } })
  })

  it('are refused from the day after the last day of the user on', async () => {
    const { userId, caller } = await someone()
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-11-21') } })
    expect(await ask(caller)).toMatchObject({ status: 200 })
    harness.now = new Date('2026-11-21T23:59:59.999Z')
    expect(await ask(caller)).toMatchObject({ status: 200 })
    harness.now = new Date('2026-11-22T00:00:00.000Z')
    expect(await ask(caller)).toMatchObject(refusal('the time of the user is over'))
  })

  it('meet nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
