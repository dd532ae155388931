import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import type { DatabaseState, Observation } from '../../src/observer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'
import { connected } from '../support/globalSetup.ts'

/** For a busy machine. */
const patient = { timeout: 20_000, interval: 20 }

let target: TestDatabase
let proxy: DatabaseProxy
let database: Database
let observed: Observation[]
beforeEach(async () => {
  target = await createTestDatabase({ migrated: true })
  proxy = await createDatabaseProxy(target)
  observed = []
  database = openDatabase({
    connection: proxy.connection,
    poolSize: 1,
    timeout: 5,
    healthApart: target.kind === 'server',
    observe: (observation) => observed.push(observation),
  })
  await vi.waitUntil(() => database.isReady(), patient)
  observed.length = 0
})
afterEach(async () => {
  await database.close()
  await proxy.close()
  await target.close()
})

const one = () => database.read(Prisma.sql`SELECT 1 AS one`)
const changes = () => observed.filter((observation): observation is DatabaseState => observation.kind === 'database')
const states = () => changes().map(({ state }) => state)

describe('a database that goes away and comes back', () => {
  it('is told once for each change, by whatever meets it first, and without anybody asking again', async () => {
    await proxy.close()
    await Promise.allSettled([one(), one(), database.isReady(), database.prisma.role.count()])
    expect(await database.isReady()).toBe(false)
    await Promise.allSettled([one(), database.prisma.$transaction((transaction) => transaction.role.count())])
    expect(changes()).toEqual([
      { kind: 'database', state: 'unreachable', reason: expect.stringMatching(/^(connect ECONNREFUSED|read ECONN)/) },
    ])
    proxy = await createDatabaseProxy(target, proxy.port)
    await vi.waitUntil(() => states().length > 1, patient)
    expect(changes()[1]).toEqual({ kind: 'database', state: 'reachable', reason: null })
    expect(await database.isReady()).toBe(true)
    expect(await one()).toMatchObject([{ one: 1 }])
    expect(states()).toEqual(['unreachable', 'reachable'])
  })

  it('is noticed while nobody asks anything of it', async () => {
    await one()
    await proxy.close()
    await vi.waitUntil(() => states().includes('unreachable'), patient)
  })
})

describe('a database that lives', () => {
  it('is not taken for one that has gone because it ends a connection', async () => {
    proxy.cutAt('SELECT', 'before')
    await Promise.allSettled([one()])
    expect(await database.isReady()).toBe(true)
    expect(await one()).toMatchObject([{ one: 1 }])
    expect(states()).toEqual([])
  })

  it('that says it is short of something is told once, with what to do, and is ready all the same', async () => {
    const short = () => database.read(Prisma.sql`DO $$ BEGIN RAISE 'disk full' USING ERRCODE = '53100'; END $$`)
    await Promise.allSettled([short(), short()])
    expect(changes()).toEqual([{ kind: 'database', state: 'impaired', reason: 'disk full: make room on its disk' }])
    expect(await database.isReady()).toBe(true)
    expect(states()).toEqual(['impaired'])
  })

  if (inject('templates').server !== null) {
    it('is ready while every connection is taken by a statement', async () => {
      const slow = database.read(Prisma.sql`SELECT 1 AS one FROM pg_sleep(3)`)
      const waiting = one()
      for (let time = 0; time < 3; time++) expect(await database.isReady()).toBe(true)
      expect(await Promise.all([slow, waiting])).toMatchObject([[{ one: 1 }], [{ one: 1 }]])
    })
  }
})

const { server } = inject('templates')
if (server !== null) {
  describe('a database that takes no changes any more', () => {
    const setReadOnly = (value: 'on' | 'off') =>
      connected({ connectionString: server }, (client) => {
        const name = new URL(target.connection.connectionString ?? '').pathname.slice(1)
        return client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`)
      })
    const change = () =>
      database.prisma.$transaction(({ role }) => role.create({ data: { id: crypto.randomUUID(), description: '' } }))

    it('is told once, with what to do, and is not ready; and so when it takes them again', async () => {
      await setReadOnly('on')
      proxy.cutAt('SHOW', 'before')
      expect(await database.isReady()).toBe(false)
      expect(await database.isReady()).toBe(false)
      expect(changes()).toEqual([
        {
          kind: 'database',
          state: 'readOnly',
          reason: 'it is a standby, or was told to take no changes: DATABASE_URL must lead to the primary',
        },
      ])
      await setReadOnly('off')
      await vi.waitUntil(() => states().includes('reachable'), patient)
      expect(await database.isReady()).toBe(true)
      expect(states()).toEqual(['readOnly', 'reachable'])
    })

    it('is found out by a change, and its connection is not used again', async () => {
      await database.prisma.$executeRaw`SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`
      expect(await change().catch(databaseFailure)).toBe('readOnly')
      await change()
      expect(await database.prisma.role.count()).toBe(1)
    })
  })
}
