import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditEvent, auditedColumns, insertEvents } from '../../src/db/audit.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'

const organizationId = '11111111-1111-4111-8111-111111111111'

const event: AuditEvent = {
  action: 'token.deactivate',
  targetType: 'Token',
  before: { deactivated: false },
  after: { deactivated: true },
}

const change = {
  ...event,
  targetOrganization: organizationId,
  at: testTime,
  subject: 'somebody',
  author: { accessId: 1, userId: organizationId, firstname: 'Ada', lastname: 'Lovelace' } as object | null,
  tokenId: 7 as number | null,
  changedId: 1,
  requestId: 'request',
}

/** What the trail has of it. */
const kept = {
  ...event,
  organizationId,
  at: testTime,
  subject: 'somebody',
  actor: change.author,
  actorTokenId: 7,
  targetId: '1',
  outcome: 'SUCCESS',
  reason: null,
  detail: null,
  count: 1,
  requestId: 'request',
}

describe('the audit trail', () => {
  let database: TestDatabase
  let opened: Database
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
    opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
    await opened.prisma.organization.create({ data: { id: organizationId, customerId: 1, name: 'One' } })
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  const insert = (...changes: readonly Partial<typeof change>[]) => {
    const rows = JSON.stringify(changes.map((given) => ({ ...change, ...given })))
    const columns = Prisma.sql`"targetOrganization" uuid, author jsonb, "changedId" integer, ${auditedColumns}`
    return insertEvents(Prisma.sql`jsonb_to_recordset(${rows}::jsonb) AS change(${columns})`)
  }
  const record = (...changes: readonly Partial<typeof change>[]) => opened.prisma.$executeRaw(insert(...changes))
  const events = () => opened.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })

  it('keeps an event as it was told', async () => {
    await record({})
    expect(await events()).toEqual([{ id: 1n, ...kept }])
  })

  it('keeps several in their order', async () => {
    await record({ changedId: 3 }, { changedId: 2 }, { changedId: 4 })
    expect((await events()).slice(-3).map(({ targetId }) => targetId)).toEqual(['3', '2', '4'])
  })

  it('has nothing where there is nobody, no token, and no state to tell', async () => {
    await record({ author: null, tokenId: null, before: null, after: null })
    expect((await events()).at(-1)).toMatchObject({ actor: null, actorTokenId: null, before: null, after: null })
    const [row] = await opened.prisma.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM audit_events WHERE actor IS NULL AND before IS NULL AND after IS NULL`
    expect(row?.count).toBe(1n)
  })

  it('takes no actor without a name', async () => {
    await expect(record({ author: { userId: organizationId } })).rejects.toThrow()
  })

  it('loses the event of a change that is taken back', async () => {
    const before = await events()
    const work = inTransaction(opened.prisma, async (transaction) => {
      await transaction.$executeRaw(insert({}))
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(await events()).toEqual(before)
  })

  it.each([
    'UPDATE audit_events SET subject = $$somebody else$$',
    'UPDATE audit_events SET subject = subject WHERE false',
    'DELETE FROM audit_events',
    'DELETE FROM audit_events WHERE id = 1',
    'TRUNCATE audit_events',
    'TRUNCATE organizations CASCADE',
    'INSERT INTO audit_events (id, organization_id, at, subject, action, target_type, target_id, outcome, request_id) ' +
      'SELECT id, organization_id, at, subject, action, target_type, target_id, outcome, request_id FROM audit_events ' +
      'ON CONFLICT (id) DO UPDATE SET subject = $$somebody else$$',
  ])('refuses %s', async (sql) => {
    const before = await events()
    const change = inTransaction(opened.prisma, (transaction) => transaction.$executeRawUnsafe(sql))
    await expect(change).rejects.toThrow(/audit events are append-only/)
    expect(await events()).toEqual(before)
  })

  it('keeps the organization of its events', async () => {
    const removal = opened.prisma.organization.delete({ where: { id: organizationId } })
    await expect(removal).rejects.toThrow()
    await removal.catch((error: unknown) => expect(databaseFailure(error)).toBe('conflict'))
  })
})
