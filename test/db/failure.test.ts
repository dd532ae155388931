import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'

/** For a busy machine. */
const patient = { timeout: 20_000 }

let database: TestDatabase
let opened: Database
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
  await connected(database.connection, (client) =>
    client.query("INSERT INTO organizations VALUES (gen_random_uuid(), 1, 'One')"),
  )
  opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 2 })
  await vi.waitUntil(answers, patient)
})
afterAll(async () => {
  await opened.close()
  await database.close()
})

const answers = () =>
  opened.ping().then(
    () => true,
    () => false,
  )

/** What is made of the error that the work fails with. */
async function failureOf(work: Promise<unknown>) {
  return work.then(
    () => {
      throw new Error('expected a failure')
    },
    (error: unknown) => databaseFailure(error),
  )
}

describe('a failed statement', () => {
  it('is "unique" where the row is there already, by whichever way it was sent', async () => {
    const data = { id: crypto.randomUUID(), customerId: 1, name: 'Two' }
    expect(await failureOf(opened.prisma.organization.create({ data }))).toBe('unique')
    const raw = opened.prisma.$executeRaw`INSERT INTO organizations VALUES (gen_random_uuid(), 1, 'Two')`
    expect(await failureOf(raw)).toBe('unique')
    expect(await failureOf(opened.prisma.$transaction((one) => one.organization.create({ data })))).toBe('unique')
  })

  it('is "timeout" where it takes too long, and the next one is answered again', async () => {
    expect(await failureOf(opened.prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(4)`)).toBe('timeout')
    await vi.waitUntil(answers, patient)
  })

  it('is "unreachable" where every connection stays taken', async () => {
    const holding = opened.prisma.$transaction(
      async (one) => {
        await one.$queryRaw`SELECT 1 AS one`
        return failureOf(opened.prisma.$queryRaw`SELECT 1 AS one`)
      },
      { timeout: 20_000 },
    )
    expect(await holding).toBe('unreachable')
  })

  it('is "unreachable" where no server listens', async () => {
    for (const connection of [{ host: '127.0.0.1', port: 1 }, { host: '/nowhere' }, { host: 'db.invalid' }]) {
      const nowhere = openDatabase({ connection, poolSize: 1, timeout: 1 })
      expect(await failureOf(nowhere.ping())).toBe('unreachable')
      expect(await failureOf(nowhere.prisma.organization.count())).toBe('unreachable')
      await nowhere.close()
    }
  })

  it('is none of these where the statement itself is wrong', async () => {
    expect(await failureOf(opened.prisma.$queryRaw`SELEC`)).toBeUndefined()
    expect(await failureOf(opened.prisma.$queryRaw`SELECT 1 / 0`)).toBeUndefined()
    expect(await opened.prisma.organization.count()).toBe(1)
    const nameless = opened.prisma.$executeRaw`INSERT INTO organizations VALUES (gen_random_uuid(), 3, NULL)`
    expect(await failureOf(nameless)).toBeUndefined()
  })

  // Two backends are needed for these, and the embedded database has one.
  if (inject('templates').server !== null) {
    it('is "conflict" where two transactions change what both have read', async () => {
      const other = new pg.Client(database.connection)
      await other.connect()
      const losing = opened.prisma.$transaction(
        async (one) => {
          await one.organization.findMany()
          await other.query("UPDATE organizations SET name = 'theirs'")
          await one.organization.updateMany({ data: { name: 'ours' } })
        },
        { isolationLevel: 'Serializable' },
      )
      expect(await failureOf(losing)).toBe('conflict')
      await other.end()
    })

    it('is "timeout" where it waits for a lock too long', async () => {
      const other = new pg.Client(database.connection)
      await other.connect()
      await other.query('BEGIN; LOCK TABLE organizations')
      const waiting = opened.prisma.$transaction(async (one) => {
        await one.$executeRaw`SET LOCAL lock_timeout = '50ms'`
        await one.organization.count()
      })
      expect(await failureOf(waiting)).toBe('timeout')
      await other.end()
    })

    it('is "unreachable" where its connection is cut, and the next one is answered again', async () => {
      const other = new pg.Client(database.connection)
      await other.connect()
      const [row] = await opened.prisma.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`
      const cut = failureOf(opened.prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.9)`)
      await expect
        .poll(async () => (await other.query('SELECT state FROM pg_stat_activity WHERE pid = $1', [row.pid])).rows)
        .toEqual([{ state: 'active' }])
      await other.query('SELECT pg_terminate_backend($1)', [row.pid])
      expect(await cut).toBe('unreachable')
      await opened.ping()
      await other.end()
    })
  }
})

describe('an error', () => {
  it.each([
    ['the cause of another', new Error('outer', { cause: { code: '40P01' } }), 'conflict'],
    [
      "inside of Prisma's",
      { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '23505' } } } },
      'unique',
    ],
    ["pg's, without a code", new Error('Connection terminated unexpectedly'), 'unreachable'],
    ['too many connections', { code: '53300' }, 'unreachable'],
    ['a server that shuts down', { code: '57P01' }, 'unreachable'],
  ])('is known as %s', (_title, error, failure) => {
    expect(databaseFailure(error)).toBe(failure)
  })

  it.each([undefined, null, '40001', 7, {}, new Error('boom'), { code: 40_001 }, { code: 'toString' }])(
    'is unknown as %s',
    (error) => {
      expect(databaseFailure(error)).toBeUndefined()
    },
  )
})
