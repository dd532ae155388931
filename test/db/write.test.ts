import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'

/** The ways, each with what it sends last. The embedded database knows one of them only. */
const ways = [
  { way: 'in a transaction', cancellable: false, last: 'COMMIT' },
  ...(inject('templates').server === null ? [] : [{ way: 'by itself', cancellable: true, last: 'sent' }]),
]

describe.each(ways)('a statement that changes something, sent $way', ({ cancellable, last }) => {
  let database: TestDatabase
  let proxy: DatabaseProxy
  let opened: Database
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
    proxy = await createDatabaseProxy(database)
    const poolSize = database.kind === 'embedded' ? 1 : 3
    opened = openDatabase({ connection: proxy.connection, poolSize, timeout: 2, cancellable })
    await answered()
    await opened.prisma.$executeRaw`CREATE SEQUENCE attempts`
  })
  afterAll(async () => {
    await opened.close()
    await proxy.close()
    await database.close()
  })

  const insert = (id: string, also = Prisma.sql`''`) =>
    Prisma.sql`INSERT INTO roles (id, description) VALUES (${id}, ${also}) RETURNING id`
  const create = (id: string, also?: Prisma.Sql, signal = new AbortController().signal) =>
    opened.write<{ readonly id: string }>(insert(id, also), signal)
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

  it('answers its rows and is kept', async () => {
    expect(await create('kept')).toMatchObject([{ id: 'kept' }])
    expect(await exists('kept')).toBe(true)
  })

  it('is not kept where it fails, and rejects with what the database says', async () => {
    const failure = await create('kept').catch((error: unknown) => databaseFailure(error))
    expect(failure).toBe('unique')
    await expect(create('divided', Prisma.sql`(1 / 0)::text`)).rejects.toThrow(/division by zero/)
    expect(await exists('divided')).toBe(false)
  })

  it('is sent again where it lost against another transaction, three times at most', async () => {
    await opened.prisma.$executeRaw`
      CREATE FUNCTION lose(times integer) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('attempts') <= times THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF;
        RETURN currval('attempts');
      END $$`
    expect(await create('won', Prisma.sql`lose(2)`)).toMatchObject([{ id: 'won' }])
    expect(await opened.prisma.role.findUniqueOrThrow({ where: { id: 'won' } })).toMatchObject({ description: '3' })
    await opened.prisma.$executeRaw`ALTER SEQUENCE attempts RESTART`
    expect(await create('lost', Prisma.sql`lose(9)`).catch((error: unknown) => databaseFailure(error))).toBe('conflict')
    expect(await opened.read(Prisma.sql`SELECT last_value::integer FROM attempts`)).toMatchObject([{ last_value: 3 }])
    expect(await exists('lost')).toBe(false)
  })

  it('may have happened or not where the connection breaks before it gets through, and is not sent again', async () => {
    proxy.cutAt(last, 'before')
    expect(await codeOf(create('sent before'))).toBe('OUTCOME_UNKNOWN')
    expect(await exists('sent before')).toBe(false)
  })

  it('may have happened or not where the connection breaks before it is answered, and is not sent again', async () => {
    proxy.cutAt(last, 'after')
    expect(await codeOf(create('sent after'))).toBe('OUTCOME_UNKNOWN')
    expect(await exists('sent after')).toBe(true)
  })

  it('may have happened or not where its answer does not come in time', async () => {
    proxy.stallAt(last, 'after')
    expect(await codeOf(create('sent late'))).toBe('OUTCOME_UNKNOWN')
    proxy.goOn()
    expect(await exists('sent late')).toBe(true)
  })

  it('has not happened where the database says that it took too long', async () => {
    await opened.prisma.$executeRaw`
      CREATE FUNCTION dawdle() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2.4); RETURN 'slow'; END $$`
    const failure = await create('slow', Prisma.sql`dawdle()`).catch((error: unknown) => error)
    // The embedded database knows no limit of its own.
    if (database.kind === 'server') expect(databaseFailure(failure)).toBe('timeout')
    if (database.kind === 'server') expect(await exists('slow')).toBe(false)
  })

  it('is not sent where nobody waits for it any more', async () => {
    const reason = new Error('gone')
    await expect(create('unwanted', undefined, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await exists('unwanted')).toBe(false)
  })

  it('is taken back where nobody waits for it any more, and the next ones are not', async () => {
    const leaving = new AbortController()
    const left = create('left', Prisma.sql`pg_sleep(1)::text`, leaving.signal).then(
      () => 'kept',
      () => 'taken back',
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    leaving.abort(new Error('gone'))
    expect(await left).toBe('taken back')
    const next = Array.from({ length: 12 }, (_, index) => create(`next ${index}`))
    expect((await Promise.all(next)).flat()).toHaveLength(12)
    expect(await exists('left')).toBe(false)
  })

  it('has not happened where there is no connection to be had', async () => {
    await proxy.close()
    await vi.waitFor(() => expect(opened.read(Prisma.sql`SELECT 1`)).rejects.toThrow(/ECONNREFUSED/))
    const failure = await create('nowhere').catch((error: unknown) => error)
    expect(databaseFailure(failure)).toBe('unreachable')
    expect((failure as { code?: string }).code).not.toBe('OUTCOME_UNKNOWN')
  })
})
