import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectionSettings, openDatabase, prepareSession } from '../../src/db/client.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import type { Observation } from '../../src/observer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

const settings = (connection: TestDatabase['connection']) => {
  const opened = openDatabase({ connection, poolSize: 1, timeout: 3 })
  return opened.prisma.$queryRaw<{ value: string }[]>`
    SELECT current_setting(name) AS value FROM unnest(ARRAY['TimeZone', 'DateStyle', 'statement_timeout']) AS name
  `
    .then((rows) => rows.map(({ value }) => value))
    .finally(() => opened.close())
}

describe('a connection', () => {
  it('may give its statements names that an earlier connection has used', async () => {
    const named = { name: 'named', text: 'SELECT 1 AS one' }
    for (let round = 0; round < 3; round++) {
      const { rows } = await connected(connectionSettings(database.connection, 3), async (client) => {
        await prepareSession(client, 3)
        return client.query(named)
      })
      expect(rows).toMatchObject([{ one: 1 }])
    }
  })

  it('has times as Prisma reads them, and a limit on each statement', async () => {
    expect(await settings(database.connection)).toEqual(['UTC', expect.stringMatching(/^ISO/), '3s'])
  })

  if (inject('templates').server !== null) {
    it('gives up a transaction that its gateway has lost sight of', async () => {
      const [limit] = await connected(connectionSettings(database.connection, 3), async (client) => {
        await prepareSession(client, 3)
        return (await client.query('SHOW idle_in_transaction_session_timeout')).rows
      })
      expect(limit).toEqual({ idle_in_transaction_session_timeout: '6s' })
    })

    it('has them whatever the address asks for', async () => {
      const url = new URL(database.connection.connectionString ?? '')
      url.searchParams.set('options', '-c TimeZone=Asia/Tokyo -c DateStyle=German -c statement_timeout=1')
      const changed = { connectionString: url.href }
      expect(await settings(changed)).toEqual(['UTC', expect.stringMatching(/^ISO/), '3s'])
    })
  }
})

describe('a statement that is answered', () => {
  it.each(['pool', 'prisma'] as const)('is told once, with how long it took (%s)', async (reads) => {
    const observed: Observation[] = []
    const observe = (observation: Observation) => void observed.push(observation)
    const opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5, reads, observe })
    await opened.read(Prisma.sql`SELECT ${'secret'}::text AS value`)
    await opened.prisma.$queryRaw`SELECT 1 AS one`
    await opened.close()
    expect(observed).toEqual([
      { kind: 'statement', text: 'SELECT $1::text AS value', duration: expect.any(Number) },
      { kind: 'statement', text: 'SELECT 1 AS one', duration: expect.any(Number) },
    ])
  })
})
