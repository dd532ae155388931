import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'

let target: TestDatabase
let proxy: DatabaseProxy
let database: Database
beforeAll(async () => {
  target = await createTestDatabase({ migrated: true })
  proxy = await createDatabaseProxy(target)
  database = openDatabase({ connection: proxy.connection, poolSize: 1, timeout: 5 })
})
afterAll(async () => {
  await database.close()
  await proxy.close()
  await target.close()
})

/** Reads and changes that wait for the one connection, so that each gets it in the moment in which another gives it back. */
async function load(): Promise<void> {
  const { prisma } = database
  const reads = Promise.allSettled([0, 1].map(() => prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.03)`))
  await delay(10)
  const change = () => prisma.$transaction(({ role }) => role.deleteMany({ where: { id: 'nobody' } }))
  await Promise.allSettled([change(), change(), prisma.role.count(), prisma.role.count()])
  await reads
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

describe('a connection that the database ends', () => {
  it.each(['told', 'reset'] as const)('never ends the process, whenever it is ended (%s)', async (how) => {
    let endings = 0
    const uncaught = await uncaughtDuring(async () => {
      for (let answer = 1; ; answer++) {
        proxy.endAt(answer, how)
        await load()
        if (!proxy.ended) break
        endings = answer
        await vi.waitFor(() => database.ping(), { timeout: 10_000, interval: 20 })
      }
    })
    expect(uncaught).toEqual([])
    // An answer for each statement of the load, and for the sessions in which they ran.
    expect(endings).toBeGreaterThanOrEqual(10)
  })
})
