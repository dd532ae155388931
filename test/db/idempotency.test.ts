import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { findEarlierRequest, type IdempotentRequest, rememberRequest } from '../../src/db/idempotency.ts'
import { startSweeping } from '../../src/db/sweep.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'

const { administrator, otherReader } = demoCallers
const day = 24 * 60 * 60 * 1_000
const later = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)
const hash = (byte: number) => new Uint8Array(32).fill(byte)

const request: IdempotentRequest = {
  organizationId: administrator.organizationId,
  subject: administrator.userId,
  key: 'key',
  requestHash: hash(1),
}

describe('the memory of idempotent requests', () => {
  let database: TestDatabase
  let opened: Database
  beforeAll(async () => {
    database = await createTestDatabase({ demo: true })
    opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
  })
  beforeEach(async () => {
    await opened.prisma.idempotencyKey.deleteMany()
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  const remember = (given: Partial<IdempotentRequest> = {}, tokenId = 1, now = testTime) =>
    inTransaction(opened.prisma, (transaction) =>
      rememberRequest(transaction, { ...request, ...given }, { tokenId }, now),
    )
  const find = (given: Partial<IdempotentRequest> = {}, now = testTime) =>
    findEarlierRequest(opened.read, { ...request, ...given }, now)
  const keys = async () =>
    (await opened.prisma.idempotencyKey.findMany({ orderBy: { key: 'asc' } })).map(({ key }) => key)

  it('finds nothing where nothing was done', async () => {
    expect(await find()).toBeNull()
  })

  it('finds what the same request came to, and says when it was another one', async () => {
    await remember()
    expect(await find()).toMatchObject({ outcome: { tokenId: 1 }, same: true })
    expect(await find({ requestHash: hash(2) })).toMatchObject({ outcome: { tokenId: 1 }, same: false })
  })

  it('keeps organizations, subjects and keys apart', async () => {
    await remember()
    expect(await find({ organizationId: otherReader.organizationId })).toBeNull()
    expect(await find({ subject: 'somebody else' })).toBeNull()
    expect(await find({ key: 'KEY' })).toBeNull()
  })

  it('remembers for 24 hours, and can then be told anew', async () => {
    await remember()
    expect(await find({}, later(day - 1))).toMatchObject({ outcome: { tokenId: 1 }, same: true })
    expect(await find({}, later(day))).toBeNull()
    await remember({ requestHash: hash(2) }, 2, later(day))
    expect(await find({ requestHash: hash(2) }, later(day))).toMatchObject({ outcome: { tokenId: 2 }, same: true })
  })

  it('forgets what is older when the subject asks for something else, and nobody else’s', async () => {
    await remember({ key: 'a old' })
    await remember({ key: 'b foreign', subject: 'somebody else' })
    await remember({ key: 'c young' }, 1, later(2))
    await remember({ key: 'd new' }, 1, later(day + 1))
    expect(await keys()).toEqual(['b foreign', 'c young', 'd new'])
  })

  it('forgets in the background what is older, whoever asked for it, however much it is', async () => {
    const many = Array.from({ length: 2_001 }, (_, index) => ({
      ...request,
      key: `old ${index}`,
      outcome: {},
      createdAt: testTime,
    }))
    await opened.prisma.idempotencyKey.createMany({ data: many })
    await remember({ key: 'young', subject: 'somebody else' }, 1, later(1))
    const stop = startSweeping({
      database: opened,
      clock: () => later(day),
      observe: (observation) => expect(observation).toBeUndefined(),
      every: 10,
    })
    await vi.waitFor(async () => expect(await keys()).toEqual(['young']), { timeout: 10_000 })
    await stop()
  })

  it('takes a key once, and keeps nothing of the transaction that comes second', async () => {
    await remember()
    const failure = await inTransaction(opened.prisma, async (transaction) => {
      await transaction.role.create({ data: { id: 'second', description: '' } })
      await rememberRequest(transaction, { ...request, requestHash: hash(2) }, { tokenId: 2 }, testTime)
    }).catch((error: unknown) => databaseFailure(error))
    expect(failure).toBe('unique')
    expect(await find()).toMatchObject({ outcome: { tokenId: 1 }, same: true })
    expect(await opened.prisma.role.count({ where: { id: 'second' } })).toBe(0)
  })
})
