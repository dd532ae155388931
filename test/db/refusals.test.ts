import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { createRefusals, type Refusal, type Refusals } from '../../src/db/refusals.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Observation } from '../../src/observer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'

const organizationId = '11111111-1111-4111-8111-111111111111'
const strangers = '22222222-2222-4222-8222-222222222222'
const userId = '33333333-3333-4333-8333-333333333333'
const minute = 60_000

describe('refusals', () => {
  let database: TestDatabase
  let opened: Database
  let accessId: number
  let now = testTime
  /** Beyond what the test before has left. */
  let seen = 0n
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
    opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
    const { organization, user, access } = opened.prisma
    const dated = { createdAt: testTime, updatedAt: testTime }
    const one = [organizationId, strangers].map((id, index) => ({ id, customerId: index + 1, name: `Number ${index}` }))
    await organization.createMany({ data: one })
    const named = { firstname: 'Ada', lastname: 'Lovelace', email: 'ada@one.example', language: 'EN' } as const
    await user.create({ data: { ...dated, ...named, id: userId, organizationId } })
    const made = await access.create({
      data: { ...dated, organizationId, userId, type: 'UI_CONNECTION', twoFaEnabled: false },
    })
    accessId = made.id
  })
  afterEach(async () => {
    seen = (await opened.prisma.auditEvent.aggregate({ _max: { id: true } }))._max.id ?? 0n
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  const observed: Observation[] = []
  const refusals = (write = opened.write, every = 3_600_000): Refusals =>
    createRefusals({ database: { write }, clock: () => now, observe: (told) => void observed.push(told), every })
  const caller = () => ({
    subject: userId,
    organizationId,
    allOrganizations: false,
    userId,
    accessId,
    tokenId: null,
    scopes: new Set<string>(),
    onlyOperations: null,
  })
  const refusal = (given: Partial<Refusal> = {}): Refusal => ({
    action: 'token.issue',
    outcome: 'REFUSED',
    reason: 'FORBIDDEN',
    target: { type: 'Access', id: '7' },
    organizationId,
    by: caller(),
    requestId: 'r1',
    at: now,
    ...given,
  })
  const events = () => opened.prisma.auditEvent.findMany({ where: { id: { gt: seen } }, orderBy: { id: 'asc' } })
  const told = async () => (await events()).map(({ targetId, count }) => [targetId, count])
  const pass = (milliseconds: number) => {
    now = new Date(now.getTime() + milliseconds)
  }
  const times = (count: number, work: (index: number) => void) =>
    Array.from({ length: count }, (_, index) => work(index))

  it('leave an event that says who was refused what, why, and in which request', async () => {
    const noted = refusals()
    noted.note(refusal({ detail: { missingScopes: ['tokens:manage'] } }))
    await noted.flush()
    expect(await events()).toEqual([
      {
        id: expect.any(BigInt),
        organizationId,
        at: now,
        subject: userId,
        actor: { accessId, userId, firstname: 'Ada', lastname: 'Lovelace' },
        actorTokenId: null,
        action: 'token.issue',
        targetType: 'Access',
        targetId: '7',
        before: null,
        after: null,
        outcome: 'REFUSED',
        reason: 'FORBIDDEN',
        detail: { missingScopes: ['tokens:manage'] },
        count: 1,
        requestId: 'r1',
      },
    ])
  })

  it('name no actor to an organization that the caller does not see, and none behind a refused credential', async () => {
    const noted = refusals()
    noted.note(refusal({ organizationId: strangers }))
    noted.note(refusal({ by: { subject: userId, tokenId: 9 } }))
    await noted.flush()
    const [abroad, unknown] = await events()
    expect(abroad).toMatchObject({ organizationId: strangers, actor: null, subject: userId })
    expect(unknown).toMatchObject({ actor: null, actorTokenId: 9, subject: userId })
  })

  it('that are the same leave an event at once, and one more for all others of the minute', async () => {
    const noted = refusals()
    times(1_000, (index) => noted.note(refusal({ requestId: `r${index}`, detail: { index } })))
    noted.note(refusal({ reason: 'CONFLICT' }))
    noted.note(refusal({ by: { ...caller(), subject: 'somebody else' } }))
    noted.note(refusal({ target: { type: 'Token', id: '7' } }))
    await noted.flush()
    expect(await events()).toMatchObject([
      { requestId: 'r0', count: 1, detail: { index: 0 } },
      { reason: 'CONFLICT', count: 1 },
      { subject: 'somebody else', count: 1 },
      { targetType: 'Token', count: 1 },
      { requestId: 'r999', count: 999, detail: { index: 1 } },
    ])
  })

  it('are written by themselves: the first soon, the count when the minute is over, and then begin anew', async () => {
    const noted = refusals(opened.write, 5)
    times(3, () => noted.note(refusal()))
    await expect.poll(told).toEqual([['7', 1]])
    pass(minute - 1)
    noted.note(refusal())
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await told()).toEqual([['7', 1]])
    pass(1)
    await expect.poll(told).toEqual([
      ['7', 1],
      ['7', 3],
    ])
    noted.note(refusal())
    await expect.poll(told).toHaveLength(3)
  })

  it('of many targets by the same caller are one event together beyond twenty', async () => {
    const noted = refusals()
    times(500, (index) => noted.note(refusal({ target: { type: 'Token', id: String(index) } })))
    await noted.flush()
    const all = await told()
    expect(all).toHaveLength(21)
    expect(all.at(-1)).toEqual(['499', 480])
  })

  it('of more callers than can be told apart are counted together, and none is left out', async () => {
    const noted = refusals()
    times(1_050, (index) => noted.note(refusal({ by: { ...caller(), subject: `s${index}` } })))
    await noted.flush()
    const all = await told()
    expect(all.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(1_050)
    expect(all.length).toBeLessThan(1_003)
  })

  it.each([
    ['can not be reached', () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })],
    ['does not say what became of them', () => new GatewayError('OUTCOME_UNKNOWN', 'it broke')],
  ])('wait while the database %s', async (_, failure) => {
    let isThere = false
    const noted = refusals((...given) => (isThere ? opened.write(...given) : Promise.reject(failure())))
    noted.note(refusal())
    await noted.flush()
    expect(await told()).toEqual([])
    isThere = true
    await noted.flush()
    expect(await told()).toEqual([['7', 1]])
  })

  it('that wait are bounded in number, and it is told how many were lost', async () => {
    observed.length = 0
    const noted = refusals(() => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })))
    times(300, (place) =>
      times(20, (index) =>
        noted.note(
          refusal({ by: { ...caller(), subject: `s${place}` }, target: { type: 'Token', id: String(index) } }),
        ),
      ),
    )
    expect(observed).toEqual(Array(1_000).fill({ kind: 'refusalsLost', count: 1 }))
  })

  it('that the database refuses keep no others back', async () => {
    observed.length = 0
    const noted = refusals()
    noted.note(refusal({ action: 'bad\0action' }))
    noted.note(refusal())
    await noted.flush()
    expect(await told()).toEqual([['7', 1]])
    expect(observed).toMatchObject([{ kind: 'unexpected', requestId: 'r1' }])
  })

  it('of an organization that is gone leave no event, and keep no others back', async () => {
    const noted = refusals()
    noted.note(refusal({ organizationId: '44444444-4444-4444-8444-444444444444' }))
    noted.note(refusal({ organizationId: null, by: { subject: 'nobody', tokenId: 1 } }))
    await noted.flush()
    expect(await events()).toMatchObject([{ organizationId: null, subject: 'nobody' }])
  })
})
