import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditEvent, recordChange } from '../../src/db/audit.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'

const organizationId = '11111111-1111-4111-8111-111111111111'

const event: AuditEvent = {
  organizationId,
  at: testTime,
  subject: 'somebody',
  actor: { accessId: 1, userId: organizationId, firstname: 'Ada', lastname: 'Lovelace' },
  actorTokenId: 7,
  action: 'token.deactivate',
  targetType: 'Token',
  targetId: '1',
  before: { deactivated: false },
  after: { deactivated: true },
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

  const record = (given: Partial<AuditEvent> = {}) =>
    inTransaction(opened.prisma, (transaction) => recordChange(transaction, { ...event, ...given }))
  const events = () => opened.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })

  it('keeps an event as it was told', async () => {
    await record()
    expect(await events()).toEqual([{ id: 1n, ...event, outcome: 'SUCCESS' }])
  })

  it('has nothing where there is nobody, no token, and no state to tell', async () => {
    await record({ actor: null, actorTokenId: null, before: null, after: null })
    expect((await events()).at(-1)).toMatchObject({ actor: null, actorTokenId: null, before: null, after: null })
    const [row] = await opened.prisma.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM audit_events WHERE actor IS NULL AND before IS NULL AND after IS NULL`
    expect(row?.count).toBe(1n)
  })

  it('takes no actor without a name', async () => {
    await expect(record({ actor: { userId: organizationId } })).rejects.toThrow()
  })

  it('loses the event of a change that is taken back', async () => {
    const before = await events()
    const work = inTransaction(opened.prisma, async (transaction) => {
      await recordChange(transaction, event)
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
    await removal.catch((error: unknown) => expect(databaseFailure(error)).toBeUndefined())
  })
})
