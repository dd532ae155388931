import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'

let target: TestDatabase
let proxy: DatabaseProxy
let database: Database
beforeAll(async () => {
  target = await createTestDatabase({ migrated: true })
})
afterAll(() => target.close())
afterEach(async () => {
  await database.close()
  await proxy.close()
})

/** A pool of one connection, which is there already. */
async function open(timeout: number): Promise<void> {
  proxy = await createDatabaseProxy(target)
  database = openDatabase({ connection: proxy.connection, poolSize: 1, timeout })
  await answered()
}

/** The embedded database needs a moment to see that its one connection is gone. */
const answered = () => vi.waitFor(() => database.read(Prisma.sql`SELECT 1`), { timeout: 20_000, interval: 20 })

/** Reads and changes that wait for the one connection, so that each gets it in the moment in which another gives it back. */
async function load(): Promise<readonly PromiseSettledResult<unknown>[]> {
  const { prisma } = database
  const reads = Promise.allSettled([0, 1].map(() => prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.03)`))
  await delay(10)
  const change = () => prisma.$transaction(({ role }) => role.deleteMany({ where: { id: 'nobody' } }))
  const others = await Promise.allSettled([change(), change(), prisma.role.count(), prisma.role.count()])
  return [...(await reads), ...others]
}

/** Runs the work and returns what would have ended the process meanwhile. */
async function uncaughtDuring(work: () => Promise<void>): Promise<readonly unknown[]> {
  const uncaught: unknown[] = []
  const collect = (error: unknown) => void uncaught.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', collect)
  try {
    await work()
  } finally {
    process.off('uncaughtException', collect)
    for (const other of others) process.on('uncaughtException', other)
  }
  return uncaught
}

describe('a connection that the database ends', { timeout: 60_000 }, () => {
  it.each(['told', 'reset'] as const)(
    'fails its statements as "unreachable" and never ends the process, whenever it is ended (%s)',
    async (how) => {
      await open(20)
      let endings = 0
      const failures = new Set<unknown>()
      const uncaught = await uncaughtDuring(async () => {
        for (let answer = 1; ; answer++) {
          proxy.endAt(answer, how)
          for (const one of await load()) if (one.status === 'rejected') failures.add(databaseFailure(one.reason))
          if (!proxy.ended) break
          endings = answer
          await answered()
        }
      })
      expect(uncaught).toEqual([])
      expect([...failures]).toEqual(['unreachable'])
      // An answer for each statement of the load, and for the sessions in which they ran.
      expect(endings).toBeGreaterThanOrEqual(10)
    },
  )
})

const create = (id: string) =>
  inTransaction(database.prisma, ({ role }) => role.create({ data: { id, description: '' }, select: { id: true } }))

describe('a connection that is given back', () => {
  it('is used again after a transaction, as after one that was rolled back', async () => {
    await open(20)
    const pid = () => database.prisma.$queryRaw`SELECT pg_backend_pid()`
    const first = await pid()
    await create('kept')
    expect(await create('kept').catch(databaseFailure)).toBe('unique')
    expect(await pid()).toEqual(first)
  })

  it('with its transaction open is not used again', async () => {
    await open(20)
    await database.prisma.$executeRaw`BEGIN`
    await database.prisma.role.create({ data: { id: "in nobody's transaction", description: '' } })
    await database.close()
    await proxy.close()
    await open(20)
    expect(await database.prisma.role.count({ where: { id: "in nobody's transaction" } })).toBe(1)
  })
})

describe('a change whose connection stalls', () => {
  it.each(['before', 'after'] as const)(
    'is a timeout, and is committed by nobody when the connection goes on (%s the database had it)',
    async (when) => {
      await open(1)
      proxy.stallAt('INSERT', when)
      const failure = await create(`stalled ${when}`).catch(databaseFailure)
      proxy.goOn()
      await answered()
      await create(`next ${when}`)
      const roles = await database.prisma.role.findMany({ where: { id: { endsWith: when } }, select: { id: true } })
      expect({ failure, roles }).toEqual({ failure: 'timeout', roles: [{ id: `next ${when}` }] })
    },
  )
})
