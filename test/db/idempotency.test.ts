import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { earlierRequest, keyColumns, keyValues, rememberRequests } from '../../src/db/idempotency.ts'
import { startSweeping } from '../../src/db/sweep.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'

const { administrator, otherReader } = demoCallers
const day = 24 * 60 * 60 * 1_000
const later = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)
const hash = (byte: number) => new Uint8Array(32).fill(byte)

const request = {
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

  const asked = (given: Partial<typeof request>, now: Date) => {
    const { organizationId, subject, key, requestHash } = { ...request, ...given }
    const row = { targetOrganization: organizationId, subject, at: now, ...keyValues(key, requestHash, null, now) }
    const columns = Prisma.sql`"targetOrganization" uuid, subject text, at timestamptz, ${keyColumns}`
    return Prisma.sql`jsonb_to_recordset(${JSON.stringify([row])}::jsonb) AS job(${columns})`
  }
  /** Whether nobody has been faster. */
  const remember = async (given: Partial<typeof request> = {}, tokenId = 1, now = testTime) => {
    const outcome = Prisma.sql`${JSON.stringify({ tokenId })}::jsonb`
    return (await opened.prisma.$queryRaw<object[]>(rememberRequests(asked(given, now), outcome))).length === 1
  }
  const find = async (given: Partial<typeof request> = {}, now = testTime) => {
    const { joined, columns } = earlierRequest(Prisma.sql`job`, Prisma.sql`job."targetOrganization"`)
    const [earlier] = await opened.read(Prisma.sql`SELECT ${columns} FROM ${asked(given, now)} ${joined}`)
    return earlier
  }
  const nothing = { outcome: null, same: null }
  const keys = async () =>
    (await opened.prisma.idempotencyKey.findMany({ orderBy: { key: 'asc' } })).map(({ key }) => key)

  it('finds nothing where nothing was done', async () => {
    expect(await find()).toMatchObject(nothing)
  })

  it('finds what the same request came to, and says when it was another one', async () => {
    await remember()
    expect(await find()).toMatchObject({ outcome: { tokenId: 1 }, same: true })
    expect(await find({ requestHash: hash(2) })).toMatchObject({ outcome: { tokenId: 1 }, same: false })
  })

  it('keeps organizations, subjects and keys apart', async () => {
    await remember()
    expect(await find({ organizationId: otherReader.organizationId })).toMatchObject(nothing)
    expect(await find({ subject: 'somebody else' })).toMatchObject(nothing)
    expect(await find({ key: 'KEY' })).toMatchObject(nothing)
  })

  it('remembers for 24 hours, and can then be told anew', async () => {
    await remember()
    expect(await find({}, later(day - 1))).toMatchObject({ outcome: { tokenId: 1 }, same: true })
    expect(await find({}, later(day))).toMatchObject(nothing)
    expect(await remember({ requestHash: hash(2) }, 2, later(day - 1))).toBe(false)
    expect(await remember({ requestHash: hash(2) }, 2, later(day))).toBe(true)
    expect(await find({ requestHash: hash(2) }, later(day))).toMatchObject({ outcome: { tokenId: 2 }, same: true })
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
      tokenIdleLifetime: null,
      database: opened,
      clock: () => later(day),
      observe: (observation) => expect(observation).toBeUndefined(),
      every: 10,
    })
    await vi.waitFor(async () => expect(await keys()).toEqual(['young']), { timeout: 10_000 })
    await stop()
  })

  it('takes a key once, and leaves out what comes second', async () => {
    expect(await remember()).toBe(true)
    expect(await remember({ requestHash: hash(2) }, 2)).toBe(false)
    expect(await find()).toMatchObject({ outcome: { tokenId: 1 }, same: true })
  })
})
