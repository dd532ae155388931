import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
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
  opened.read(Prisma.sql`SELECT 1`).then(
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

  it('is "busy" where every connection stays taken, for a read as for a transaction', async () => {
    const holding = opened.prisma.$transaction(
      async (one) => {
        await one.$queryRaw`SELECT 1 AS one`
        const read = failureOf(opened.prisma.$queryRaw`SELECT 1 AS one`)
        const change = failureOf(opened.prisma.$transaction((other) => other.organization.count()))
        return [await read, await change]
      },
      { timeout: 20_000 },
    )
    expect(await holding).toEqual(['busy', 'busy'])
  })

  it('is "readOnly" where the database takes no changes', async () => {
    const changing = opened.prisma.$transaction(async (one) => {
      await one.$executeRaw`SET TRANSACTION READ ONLY`
      await one.organization.create({ data: { id: crypto.randomUUID(), customerId: 4, name: 'Four' } })
    })
    expect(await failureOf(changing)).toBe('readOnly')
  })

  it.each([
    ['08006', 'unreachable'],
    ['25006', 'readOnly'],
    ['40001', 'conflict'],
    ['53100', 'impaired'],
    ['53200', 'impaired'],
    ['57014', 'timeout'],
    ['58030', 'impaired'],
  ])('is told by the code %s, through Prisma as past it', async (code, failure) => {
    const statement = `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$`
    expect(await failureOf(opened.prisma.$executeRawUnsafe(statement))).toBe(failure)
    expect(await failureOf(opened.prisma.$transaction((one) => one.$executeRawUnsafe(statement)))).toBe(failure)
    expect(await failureOf(connected(database.connection, (client) => client.query(statement)))).toBe(failure)
  })

  it('is "unreachable" where no server listens', async () => {
    for (const connection of [{ host: '127.0.0.1', port: 1 }, { host: '/nowhere' }, { host: 'db.invalid' }]) {
      const nowhere = openDatabase({ connection, poolSize: 1, timeout: 1 })
      expect(await failureOf(nowhere.read(Prisma.sql`SELECT 1`))).toBe('unreachable')
      expect(await failureOf(nowhere.prisma.organization.count())).toBe('unreachable')
      await nowhere.close()
    }
  })

  it('is "unreachable", and not "busy", where all wait for a server that does not answer', async () => {
    const silent = createServer(() => {})
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const waiting = openDatabase({ connection: { host: '127.0.0.1', port }, poolSize: 1, timeout: 1 })
    const { prisma, read } = waiting
    const failures = [
      ...[0, 1].map(() => failureOf(read(Prisma.sql`SELECT 1`))),
      ...[0, 1].map(() => failureOf(prisma.organization.count())),
      ...[0, 1].map(() => failureOf(prisma.$transaction((one) => one.organization.count()))),
    ]
    expect(new Set(await Promise.all(failures))).toEqual(new Set(['unreachable']))
    await waiting.close()
    silent.close()
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
      await opened.read(Prisma.sql`SELECT 1`)
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
    ['a name that is not resolved for now', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }, 'unreachable'],
    ['a network that is not there', { code: 'ENETUNREACH', syscall: 'connect' }, 'unreachable'],
    ['a password that was changed', { code: '28P01' }, 'unreachable'],
    ['a connection that the adapter knows is closed', { cause: { kind: 'ConnectionClosed' } }, 'unreachable'],
    ['a wait for a connection that pg gave up', new Error('timeout expired'), 'unreachable'],
    ['a pool that has none left', new Error('timeout exceeded when trying to connect'), 'busy'],
    ["Prisma's for the same", { code: 'P2024' }, 'busy'],
    [
      'a transaction that did not begin',
      { code: 'P2028', message: 'Transaction API error: Unable to start a transaction in the given time.' },
      'busy',
    ],
    [
      'a transaction that took too long',
      { code: 'P2028', message: 'Transaction API error: A query cannot be executed on an expired transaction.' },
      'timeout',
    ],
    ['a database whose disk is full', { code: '53100' }, 'impaired'],
    ['a file of the database that can not be read', { code: '58030' }, 'impaired'],
    ['a database that was made a standby', { code: '25006' }, 'readOnly'],
    ['a socket that is not there', { code: 'ENOENT', message: 'connect ENOENT /run/.s.PGSQL.5432' }, 'unreachable'],
  ])('is known as %s', (_title, error, failure) => {
    expect(databaseFailure(error)).toBe(failure)
  })

  it.each([
    ...[undefined, null, '40001', 7, {}, new Error('boom'), { code: 40_001 }, { code: 'toString' }],
    ...[
      { code: 'ENOENT', message: "ENOENT: no such file or directory, open 'page.html'" },
      { code: '08' },
      { code: '42P01' },
    ],
    { code: 'P2028', message: 'Transaction API error: Transaction already closed.' },
  ])('is unknown as %s', (error) => {
    expect(databaseFailure(error)).toBeUndefined()
  })
})
