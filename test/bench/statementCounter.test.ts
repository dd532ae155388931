import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStatementCounter, type StatementCounter } from '../../bench/statementCounter.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let counter: StatementCounter
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  // The embedded database has no address; the proxy in front of it does.
  proxy = await createDatabaseProxy(database)
  const { connectionString, user, database: name, port } = proxy.connection
  counter = await createStatementCounter(connectionString ?? `postgres://${user}@127.0.0.1:${port}/${name}`)
  client = new pg.Client({ connectionString: counter.url })
  await client.connect()
})

afterAll(async () => {
  await client?.end()
  await counter?.close()
  await proxy?.close()
  await database?.close()
})

describe('the counter of statements', () => {
  it('counts a statement once, with and without parameters, and whether it is prepared or not', async () => {
    counter.take()
    await client.query('SELECT 1')
    await client.query('SELECT $1::integer', [1])
    for (let time = 0; time < 2; time++) await client.query({ name: 'named', text: 'SELECT $1::integer', values: [1] })
    expect(counter.take()).toEqual({ statements: 4, roundTrips: 4 })
  })

  it('counts BEGIN and COMMIT as round trips only', async () => {
    counter.take()
    await client.query('BEGIN')
    await client.query('SELECT 1')
    await client.query('COMMIT')
    expect(counter.take()).toEqual({ statements: 1, roundTrips: 3 })
  })

  it('counts a statement that comes in many pieces once', async () => {
    counter.take()
    const { rows } = await client.query('SELECT length($1) AS length', ['x'.repeat(1_000_000)])
    expect(rows).toEqual([{ length: 1_000_000 }])
    expect(counter.take()).toEqual({ statements: 1, roundTrips: 1 })
  })

  it('does not count what is asked on a connection that listens', async () => {
    await client.query('LISTEN something')
    counter.take()
    await client.query('SELECT 1')
    await client.query('SELECT $1::integer', [1])
    expect(counter.take()).toEqual({ statements: 0, roundTrips: 0 })
  })
})
