/** A token that is unused for too long stops, says why, and works again once somebody reactivates it who may issue it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { formatSecret, hashSecret } from '../../src/auth/apiToken.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const { administrator, auditor } = demoCallers
const day = 24 * 60 * 60 * 1_000
const lifetime = 10 * day
const ada = 'ada.lovelace@lakeside.example'
const every =
  'tokens:issue tokens:deactivate tokens:rotate tokens:read tokens:manage tokens:introspect users:read permissions:check roles:read'
const at = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)

describe('a token that nobody uses', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ TOKEN_IDLE_LIFETIME: '10d' }, { refusalsEvery: 20 })
  })
  afterAll(() => harness.close())

  let made = 0
  const tokenOf = async (given: object = {}) => {
    made += 1
    const random = Buffer.alloc(32)
    random.writeUInt32BE(made)
    const secret = formatSecret(random)
    const { id } = await harness.prisma.token.create({
      data: {
        organizationId: administrator.organizationId,
        accessId: demoAccess(ada).accessId,
        name: 'Idles',
        secretHash: hashSecret(secret),
        hint: secret.slice(-4),
        scope: ['users:read'],
        allowedScopes: { generalScopes: [], organizationScopes: null, servicesScopes: [] },
        createdAt: at(-20 * day),
        updatedAt: testTime,
        expiresAt: at(60 * day),
        ...given,
      },
    })
    return { id: String(id), secret, caller: { authorization: `Bearer ${secret}` } as Caller }
  }
  const ask = async (document: string, caller: Caller = asDemoUser(ada, every)) => {
    const { data, errors } = await harness.askRaw(document, {}, caller)
    expect(errors).toBeUndefined()
    return data as Record<string, never>
  }
  const facts = 'status stoppedBecause idleEndsAt endsAt'
  const factsOf = async (id: string) => (await ask(`{ token(id: "${id}") { ${facts} } }`)).token
  const lastUseOf = async (id: string) =>
    (await harness.prisma.token.findUnique({ where: { id: Number(id) } }))?.lastUsedAt
  const signIn = (caller: Caller) => harness.askRaw('{ viewer { subject } }', {}, caller)
  const refused = {
    status: 401,
    errors: [
      { message: 'the credential was refused: the API token has stopped, because it was not used for too long' },
    ],
  }

  it.each([
    ['was last used', { lastUsedAt: at(-lifetime) }],
    ['was issued, where it was never used', { createdAt: at(-lifetime) }],
    ['was last switched on', { lastUsedAt: at(-15 * day), deactivatedUpdatedOn: at(-lifetime) }],
  ])('stops so long after it %s, at that instant and not before, and says why', async (_, given) => {
    const { id, caller } = await tokenOf(given)
    harness.now = at(-1)
    const working = { status: 'ACTIVE', stoppedBecause: null, idleEndsAt: testTime.toISOString() }
    expect(await factsOf(id)).toEqual({ ...working, endsAt: testTime.toISOString() })
    harness.now = testTime
    expect(await factsOf(id)).toMatchObject({ status: 'EXPIRED', stoppedBecause: 'UNUSED' })
    expect(await signIn(caller)).toMatchObject(refused)
    const event = () => harness.prisma.auditEvent.findFirst({ where: { targetId: id } })
    await expect.poll(event).toMatchObject({ action: 'token.signIn', reason: 'UNUSED' })
  })

  it('stops for who was let in before, too, and for a JWT that was made from it', async () => {
    const { id, caller } = await tokenOf({ lastUsedAt: at(-lifetime + 30_000) })
    const made = asDemoUser(ada, every, { token_id: Number(id) })
    expect([await signIn(made), await signIn(caller)]).toMatchObject([{ status: 200 }, { status: 200 }])
    await expect.poll(() => lastUseOf(id)).toEqual(testTime)
    // As if its use could not be written.
    harness.now = at(30_000)
    await harness.prisma.token.update({ where: { id: Number(id) }, data: { lastUsedAt: at(-lifetime + 30_000) } })
    expect([await signIn(caller), await signIn(made)]).toMatchObject([refused, refused])
    harness.now = testTime
  })

  it('goes on working while it is used, however long that is', async () => {
    const { id, caller } = await tokenOf({ lastUsedAt: at(-9 * day) })
    for (const days of [0, 9, 18, 27]) {
      harness.now = at(days * day)
      expect(await signIn(caller)).toMatchObject({ status: 200 })
      await expect.poll(() => lastUseOf(id)).toEqual(harness.now)
    }
    harness.now = at(37 * day)
    expect(await signIn(caller)).toMatchObject(refused)
    harness.now = testTime
  })

  it('tells by what it ends first', async () => {
    const ends = at(3 * day).toISOString()
    const { id } = await tokenOf({ lastUsedAt: at(-day), expiresAt: at(3 * day) })
    expect(await factsOf(id)).toMatchObject({ endsAt: ends, idleEndsAt: at(9 * day).toISOString() })
    const others = [
      [{ expiresAt: testTime }, 'EXPIRED', 'EXPIRED'],
      [{ deactivated: true }, 'EXPIRED', 'UNUSED'],
      [{ deactivated: true, lastUsedAt: at(-day) }, 'DEACTIVATED', 'DEACTIVATED'],
      [{ revokedAt: at(-day) }, 'REVOKED', 'REVOKED'],
    ] as const
    for (const [given, status, stoppedBecause] of others) {
      const { id } = await tokenOf({ lastUsedAt: at(-lifetime), ...given })
      expect(await factsOf(id), JSON.stringify(given)).toMatchObject({ status, stoppedBecause })
    }
  })

  it('is refused wherever its rights are asked about, and says so to who has its secret', async () => {
    const { id, secret } = await tokenOf({ lastUsedAt: at(-lifetime) })
    const checks = `{ checkPermissions(checks: [{ tokenId: "${id}", permissionId: "dns.zone.read" }]) { explanation { missing { kind } } } }`
    expect(JSON.stringify(await ask(checks))).toContain('"kind":"EXPIRED"')
    expect((await ask(`{ tokenDetails(secret: "${secret}") { ${facts} } }`)).tokenDetails).toMatchObject({
      status: 'EXPIRED',
      stoppedBecause: 'UNUSED',
    })
  })

  it('is not rotated, and who asks beforehand is told so', async () => {
    const { id } = await tokenOf({ lastUsedAt: at(-lifetime) })
    const { token } = await ask(
      `{ token(id: "${id}") { viewerCanRotate viewerCannotRotateReasons viewerCanReactivate } }`,
    )
    expect(token).toEqual({ viewerCanRotate: false, viewerCannotRotateReasons: ['EXPIRED'], viewerCanReactivate: true })
    const rotated = await ask(
      `mutation { rotateToken(input: { tokenId: "${id}" }) { __typename ... on Error { message } } }`,
    )
    expect(rotated.rotateToken).toEqual({
      __typename: 'ConflictError',
      message: 'the token is unused: expected one that works',
    })
  })

  const reactivate = async (id: string, caller?: Caller) =>
    (
      await ask(
        `mutation { reactivateToken(tokenId: "${id}") { __typename ... on ReactivateTokenPayload { token { ${facts} } } } }`,
        caller,
      )
    ).reactivateToken

  it('works again once it is reactivated, from then on as long as before', async () => {
    const { id, caller } = await tokenOf({ lastUsedAt: at(-lifetime) })
    expect(await reactivate(id)).toEqual({
      __typename: 'ReactivateTokenPayload',
      token: {
        status: 'ACTIVE',
        stoppedBecause: null,
        idleEndsAt: at(lifetime).toISOString(),
        endsAt: at(lifetime).toISOString(),
      },
    })
    expect(await signIn(caller)).toMatchObject({ status: 200 })
    const event = await harness.prisma.auditEvent.findFirst({ where: { targetId: id }, orderBy: { id: 'desc' } })
    expect(event).toMatchObject({
      action: 'token.reactivate',
      before: { stoppedBecause: 'UNUSED' },
      after: { deactivated: false },
    })
  })

  it('is reactivated by nobody who may not issue it as it stands, as one that is switched off', async () => {
    const all = {
      generalScopes: [],
      servicesScopes: [],
      organizationScopes: {
        allRoles: false,
        allPermissions: false,
        keptInToken: [],
        permissions: [],
        roles: [{ name: 'no-such-role', resource: null }],
      },
    }
    const { id } = await tokenOf({ lastUsedAt: at(-lifetime), allowedScopes: all })
    expect(await reactivate(id)).toEqual({ __typename: 'ScopeNotGrantedError' })
    expect(await factsOf(id)).toMatchObject({ status: 'EXPIRED' })
    const revoked = await tokenOf({ lastUsedAt: at(-lifetime), revokedAt: at(-day) })
    expect(await reactivate(revoked.id)).toEqual({ __typename: 'ConflictError' })
  })

  it('that is in use is left as it is by a reactivation', async () => {
    const { id } = await tokenOf({ lastUsedAt: at(-lifetime + 1) })
    await reactivate(id)
    expect(await factsOf(id)).toMatchObject({ idleEndsAt: at(1).toISOString() })
  })

  it('is found by its status and by when it ends, as it tells them', async () => {
    for (const used of [null, -30, -11, -10, -9, -1]) {
      for (const expires of [-1, 0, 1, 2, 30]) {
        for (const deactivated of [true, false]) {
          const lastUsedAt = used === null ? null : at(used * day)
          await tokenOf({ lastUsedAt, expiresAt: at(expires * day), deactivated, createdAt: at(-40 * day) })
        }
      }
    }
    type Found = { id: string; status: string; endsAt: string }
    const find = async (search: string) => {
      const { data, errors } = await harness.askRaw(
        `{ tokens(limit: 1000, search: { ${search} }) { total results { id status endsAt } } }`,
        {},
        auditor,
      )
      expect(errors).toBeUndefined()
      const { total, results } = Object(data).tokens as { total: number; results: readonly Found[] }
      expect(total).toBe(results.length)
      return results
    }
    const all = await find('')
    const statuses = ['ACTIVE', 'DEACTIVATED', 'EXPIRED', 'REVOKED']
    for (const status of [
      ...statuses.map((each) => [each]),
      ['ACTIVE', 'EXPIRED'],
      ['DEACTIVATED', 'ACTIVE'],
      statuses,
    ]) {
      const found = await find(`status: [${status.join(' ')}]`)
      expect(found).toEqual(all.filter((token) => status.includes(token.status)))
      expect(found.length).toBeGreaterThan(0)
    }
    for (const [from, to] of [
      [null, 1],
      [0, 1],
      [0, 2],
      [-1, 30],
      [1, null],
      [null, 0],
      [30, 30],
    ]) {
      const [begins, ends] = [from, to].map((days) => (typeof days === 'number' ? at(days * day).toISOString() : null))
      const range = `${begins ? `from: "${begins}" ` : ''}${ends ? `to: "${ends}"` : ''}`
      const isIn = ({ endsAt }: Found) => (!begins || endsAt >= begins) && (!ends || endsAt < ends)
      expect(await find(`endsAt: { ${range} }`), range).toEqual(all.filter(isIn))
      expect(await find(`endsAt: { ${range} } status: [ACTIVE]`), range).toEqual(
        all.filter((token) => isIn(token) && token.status === 'ACTIVE'),
      )
    }
    expect(
      all.filter(({ endsAt }) => endsAt >= at(0).toISOString() && endsAt < at(2 * day).toISOString()).length,
    ).toBeGreaterThan(3)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

it('may be unused as long as it lives where no idle lifetime is set', async () => {
  const harness = await createHarness()
  const { data } = await harness.askRaw('{ tokens(limit: 1) { results { idleEndsAt endsAt expiresAt } } }')
  const { results } = Object(data).tokens
  expect(results[0].idleEndsAt).toBeNull()
  expect(results[0].endsAt).toBe(results[0].expiresAt)
  await harness.close()
})
