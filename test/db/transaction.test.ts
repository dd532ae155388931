import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'

describe('inTransaction', () => {
  let database: TestDatabase
  let proxy: DatabaseProxy
  let opened: Database
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
    proxy = await createDatabaseProxy(database)
    const poolSize = database.kind === 'embedded' ? 1 : 4
    opened = openDatabase({ connection: proxy.connection, poolSize, timeout: 2 })
    await answered()
  })
  afterAll(async () => {
    await opened.close()
    await proxy.close()
    await database.close()
  })

  const create = (id: string) =>
    inTransaction(opened.prisma, ({ role }) => role.create({ data: { id, description: '' } }))
  /** The embedded database needs a moment to see that its one connection is gone. */
  const answered = () => vi.waitFor(() => opened.read(Prisma.sql`SELECT 1`), { timeout: 20_000, interval: 50 })
  const exists = async (id: string) => {
    await answered()
    return (await opened.prisma.role.count({ where: { id } })) === 1
  }
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: { readonly code?: string }) => error.code,
    )

  it('keeps all of the work and returns what it returns', async () => {
    expect(await create('kept')).toMatchObject({ id: 'kept' })
    expect(await exists('kept')).toBe(true)
  })

  it('keeps nothing of work that fails, and rejects with the failure as it is', async () => {
    const failure = new Error('not today')
    const work = inTransaction(opened.prisma, async (transaction) => {
      await transaction.role.create({ data: { id: 'dropped', description: '' } })
      throw failure
    })
    await expect(work).rejects.toBe(failure)
    expect(await exists('dropped')).toBe(false)
  })

  it('tries work again that lost against another transaction, three times at most', async () => {
    const losing = (times: number) => {
      let attempt = 0
      return inTransaction(opened.prisma, async (transaction) => {
        attempt += 1
        await transaction.role.create({ data: { id: `attempt ${times}`, description: String(attempt) } })
        if (attempt <= times)
          await transaction.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$`
        return attempt
      })
    }
    expect(await losing(2)).toBe(3)
    expect(await opened.prisma.role.findUniqueOrThrow({ where: { id: 'attempt 2' } })).toMatchObject({
      description: '3',
    })
    await expect(losing(3)).rejects.toThrow(/lost/)
    expect(await exists('attempt 3')).toBe(false)
  })

  it('does not try other failures again', async () => {
    let attempts = 0
    const work = inTransaction(opened.prisma, async (transaction) => {
      attempts += 1
      await transaction.role.create({ data: { id: 'kept', description: 'there is one already' } })
    })
    await expect(work).rejects.toThrow()
    expect(attempts).toBe(1)
  })

  it('says that the outcome is unknown where the connection breaks before the commit gets through', async () => {
    proxy.cutAt('COMMIT', 'before')
    expect(await codeOf(create('cut before'))).toBe('OUTCOME_UNKNOWN')
    expect(await exists('cut before')).toBe(false)
  })

  it('says that the outcome is unknown where the connection breaks before the commit is answered', async () => {
    proxy.cutAt('COMMIT', 'after')
    expect(await codeOf(create('cut after'))).toBe('OUTCOME_UNKNOWN')
    expect(await exists('cut after')).toBe(true)
  })

  it('knows the outcome where the connection breaks earlier: nothing happened', async () => {
    proxy.cutAt('INSERT', 'after')
    const code = await codeOf(create('cut early'))
    expect(code).not.toBe('OUTCOME_UNKNOWN')
    expect(await exists('cut early')).toBe(false)
  })

  it('says that the outcome is unknown where the commit is not answered in time', async () => {
    await opened.prisma.$executeRaw`
      CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(8); RETURN NULL; END $$`
    await opened.prisma.$executeRaw`
      CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON roles DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION dawdle()`
    expect(await codeOf(create('slow'))).toBe('OUTCOME_UNKNOWN')
  })
})
