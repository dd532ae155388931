/** Warnings before tokens end: each once, whoever looks, however often, and after an outage as well. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { warnOfEnds } from '../../src/db/expiryWarnings.ts'
import { startSweeping } from '../../src/db/sweep.ts'
import type { Observation } from '../../src/observer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'

const { organizationId } = demoCallers.administrator
const { accessId } = demoAccess('ada.lovelace@lakeside.example')
const hour = 60 * 60 * 1_000
const day = 24 * hour
const at = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)

describe('before a token ends that is in use', () => {
  let database: TestDatabase
  let opened: Database
  let made = 0
  const observed: Observation[] = []
  beforeAll(async () => {
    database = await createTestDatabase({ demo: true })
    opened = openDatabase({
      connection: database.connection,
      poolSize: database.kind === 'embedded' ? 1 : 8,
      timeout: 30,
      cancellable: database.kind === 'server',
    })
  })
  beforeEach(async () => {
    observed.length = 0
    await opened.prisma.token.deleteMany()
    await opened.prisma.expiryWarnings.update({ where: { id: 1 }, data: { lookedAt: new Date(0) } })
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  const tokenOf = async (given: object = {}) => {
    made += 1
    const secretHash = new Uint8Array(32)
    new DataView(secretHash.buffer).setUint32(0, made)
    const { id } = await opened.prisma.token.create({
      data: {
        organizationId,
        accessId,
        name: 'Ends',
        secretHash,
        hint: 'abcd',
        scope: [],
        allowedScopes: { generalScopes: [], organizationScopes: null, servicesScopes: [] },
        createdAt: at(-200 * day),
        updatedAt: testTime,
        expiresAt: at(100 * day),
        lastUsedAt: at(-day),
        ...given,
      },
    })
    return String(id)
  }
  const look = (now: Date, idleDays: number | null = null) =>
    warnOfEnds({
      write: opened.write,
      now,
      idleLifetime: idleDays === null ? null : idleDays * 86_400,
      observe: (told) => void observed.push(told),
    })
  const warnings = async (id: string) =>
    (
      await opened.prisma.auditEvent.findMany({
        where: { action: 'token.expiring', targetId: id },
        orderBy: { id: 'asc' },
      })
    ).map(({ after }) => (after as { days: number }).days)

  it('somebody is told 30 days before, 7 and 1, each once, by an event and to the observer', async () => {
    const id = await tokenOf({ lastUsedAt: at(60 * day) })
    for (let hours = 60 * 24; hours <= 101 * 24; hours += 2) await look(at(hours * hour))
    expect(await warnings(id)).toEqual([30, 7, 1])
    const endsAt = at(100 * day).toISOString()
    const told = { kind: 'tokenExpiring', tokenId: id, organizationId, endsAt, because: 'EXPIRED' }
    expect(observed).toEqual([30, 7, 1].map((days) => ({ ...told, days })))
    const events = await opened.prisma.auditEvent.findMany({ where: { targetId: id }, orderBy: { id: 'asc' } })
    expect(events.map((event) => event.at)).toEqual([70, 93, 99].map((days) => at(days * day)))
    expect(events[0]).toMatchObject({
      organizationId,
      subject: 'iam-graph',
      actor: null,
      targetType: 'Token',
      outcome: 'SUCCESS',
      after: { days: 30, endsAt, because: 'EXPIRED', lastUsedAt: at(60 * day).toISOString() },
    })
  })

  it('who was away catches up with the nearest distance, and tells none that is not so any more', async () => {
    const id = await tokenOf({ lastUsedAt: at(60 * day) })
    await look(at(60 * day))
    await look(at(96 * day))
    expect(await warnings(id)).toEqual([7])
    await look(at(101 * day))
    expect(await warnings(id)).toEqual([7])
  })

  it('many that look at once tell it once', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => tokenOf({ expiresAt: at(6 * day) })))
    const both = openDatabase({
      connection: database.connection,
      poolSize: database.kind === 'embedded' ? 1 : 8,
      timeout: 5,
      cancellable: database.kind === 'server',
    })
    const looks = Array.from({ length: 16 }, (_, index) =>
      warnOfEnds({
        write: index % 2 === 0 ? opened.write : both.write,
        now: testTime,
        idleLifetime: null,
        observe: (told) => void observed.push(told),
      }),
    )
    const counts = await Promise.all(looks)
    await both.close()
    expect(counts.reduce((sum, count) => sum + count)).toBe(5)
    expect(observed).toHaveLength(5)
    for (const id of ids) expect(await warnings(id)).toEqual([7])
  })

  it('nobody is told twice where two look at the same moment in spite of their turns', async () => {
    const id = await tokenOf({ expiresAt: at(6 * day) })
    const again = () => opened.prisma.expiryWarnings.update({ where: { id: 1 }, data: { lookedAt: new Date(0) } })
    await look(testTime)
    await again()
    expect(await look(testTime)).toBe(0)
    expect(await warnings(id)).toEqual([7])
  })

  it('there is one look in an hour, of whichever process', async () => {
    await look(testTime)
    const id = await tokenOf({ expiresAt: at(6 * day) })
    expect(await look(at(hour - 1))).toBe(0)
    expect(await look(at(hour))).toBe(1)
    expect(await warnings(id)).toEqual([7])
  })

  it.each([
    ['nobody ever used', { lastUsedAt: null }],
    ['nobody used for long', { lastUsedAt: at(-91 * day) }],
    ['is switched off', { deactivated: true }],
    ['is revoked', { revokedAt: at(-day) }],
    ['is over already', { expiresAt: testTime }],
    ['ends later', { expiresAt: at(30 * day + 1) }],
    ['was issued for a day', { createdAt: at(-hour), lastUsedAt: testTime, expiresAt: at(22 * hour) }],
  ])('nothing is told of one that %s', async (_, given) => {
    await tokenOf({ expiresAt: at(6 * day), ...given })
    expect(await look(testTime)).toBe(0)
  })

  it('nothing is told of one whose user is over', async () => {
    await tokenOf({ expiresAt: at(6 * day) })
    const { userId } = demoCallers.administrator
    const lastDay = (expiresAt: Date | null) =>
      opened.prisma.user.update({ where: { id: userId }, data: { expiresAt } })
    await lastDay(new Date('2026-11-20'))
    expect(await look(testTime)).toBe(0)
    await lastDay(null)
    await opened.prisma.expiryWarnings.update({ where: { id: 1 }, data: { lookedAt: new Date(0) } })
    expect(await look(testTime)).toBe(1)
  })

  it('it is told of a new end anew', async () => {
    const id = await tokenOf({ expiresAt: at(6 * day) })
    await look(testTime)
    await opened.prisma.token.update({ where: { id: Number(id) }, data: { expiresAt: at(40 * day) } })
    await look(at(35 * day))
    expect(await warnings(id)).toEqual([7, 7])
  })

  it('one that stops by not being used is told of as well, from half of that time on', async () => {
    const monthly = await tokenOf({ lastUsedAt: testTime, expiresAt: at(300 * day) })
    for (let days = 0; days <= 41; days += 1) await look(at(days * day), 40)
    expect(await warnings(monthly)).toEqual([7, 1])
    expect(observed).toMatchObject([
      { days: 7, because: 'UNUSED', endsAt: at(40 * day).toISOString() },
      { days: 1, because: 'UNUSED' },
    ])
    await opened.prisma.token.update({ where: { id: Number(monthly) }, data: { lastUsedAt: at(39.5 * day) } })
    await look(at(42 * day), 40)
    expect(await warnings(monthly)).toEqual([7, 1])
    await look(at(73 * day), 40)
    expect(await warnings(monthly)).toEqual([7, 1, 7])
  })

  it('it is told by what comes first, once', async () => {
    const id = await tokenOf({ lastUsedAt: at(-30 * day), expiresAt: at(6 * day) })
    await look(testTime, 33)
    expect(observed).toMatchObject([{ tokenId: id, because: 'UNUSED', days: 7, endsAt: at(3 * day).toISOString() }])
  })

  it('all are told of, however many there are', async () => {
    await opened.prisma.$executeRaw`
      INSERT INTO tokens (organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes, created_at, updated_at,
        expires_at, last_used_at)
      SELECT ${organizationId}::uuid, ${accessId}, 'Many', sha256(n::text::bytea), 'abcd', '{}', '{}', ${at(-100 * day)},
        ${testTime}, ${at(5 * day)}::timestamptz + (n % 7) * interval '1 minute', ${testTime}
      FROM generate_series(1, 1200) AS n`
    expect(await look(testTime)).toBe(1_200)
    expect(await look(at(2 * hour))).toBe(0)
  })

  it('the sweep of a gateway does it, and goes on after a failure', async () => {
    const id = await tokenOf({ expiresAt: at(6 * day) })
    let fails = true
    const write: Database['write'] = (...given) =>
      fails ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })) : opened.write(...given)
    const stop = startSweeping({
      database: { ...opened, write },
      clock: () => testTime,
      observe: (told) => void observed.push(told),
      tokenIdleLifetime: null,
      every: 5,
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    fails = false
    await expect.poll(() => warnings(id)).toEqual([7])
    await stop()
    expect(observed).toMatchObject([{ kind: 'tokenExpiring', tokenId: id }])
  })
})
