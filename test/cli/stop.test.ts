import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createCli, type Running, warningsIn } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { beginConnection, openConnection } from '../support/rawConnection.ts'

const cli = createCli()
const onServer = inject('templates').server !== null
let folder: string
let database: TestDatabase | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  if (onServer) database = await createTestDatabase({ demo: true })
})
afterAll(async () => {
  await cli.end()
  await database?.close()
  await rm(folder, { recursive: true })
})

interface Started {
  readonly gateway: Running
  readonly url: string
  /** A JWT of the administrator of the demo data. */
  readonly jwt: string
}

async function start(settings: Readonly<Record<string, string>> = {}): Promise<Started> {
  const DATABASE_URL = database?.connection.connectionString ?? ''
  const gateway = cli.start(['start'], { DATA_DIR: folder, DATABASE_URL, ...settings })
  const [, url = ''] = await gateway.until(/Endpoint {2}(http:\S+)\/graphql\n/)
  const [, jwt = ''] = await gateway.until(/Administrator.*\n {2}(eyJ\S+)\n[\s\S]*\n\n$/)
  await expect.poll(async () => (await fetch(`${url}/ready`)).status, { timeout: 20_000 }).toBe(200)
  return { gateway, url, jwt }
}

describe('a gateway that is told to stop', () => {
  it('answers every request that was sent before, on connections that it had and on those that wait for it', async () => {
    const { gateway, url, jwt } = await start()
    const old = await Promise.all(Array.from({ length: 10 }, () => openConnection(url)))
    for (const connection of old) {
      connection.ask('{ viewer { subject } }', jwt)
      await connection.answers(1)
    }
    // While it stands still, its requests and then the signal arrive.
    gateway.signal('SIGSTOP')
    const waiting = Array.from({ length: 20 }, () => beginConnection(url))
    for (const connection of [...old, ...waiting]) connection.ask('{ users { total } }', jwt)
    await Promise.all(waiting.map(({ sent }) => sent))
    gateway.signal('SIGTERM')
    gateway.signal('SIGCONT')
    const last = await Promise.all(
      [...old, ...waiting].map(async (connection) => (await connection.closed()).slice(-80)),
    )
    for (const text of last) expect(text).toMatch(/\{"data":\{"users":\{"total":\d+\}\}\}/)
    const ended = await gateway.ended()
    expect({ code: ended.code, warnings: warningsIn(ended) }).toEqual({ code: 0, warnings: [] })
  }, 60_000)

  it('says for DRAIN_DELAY that it is not ready, and answers on', async () => {
    const { gateway, url, jwt } = await start({ DRAIN_DELAY: '3s' })
    gateway.signal('SIGTERM')
    await expect.poll(async () => (await fetch(`${url}/ready`)).status, { interval: 10 }).toBe(503)
    const connection = await openConnection(url)
    connection.ask('{ users { total } }', jwt)
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 [\s\S]*Connection: close[\s\S]*"total"/)
    expect((await gateway.ended()).code).toBe(0)
  }, 60_000)

  it('cuts off at DRAIN_TIMEOUT what has not ended, and says so', async () => {
    const { gateway, url, jwt } = await start({ DRAIN_TIMEOUT: '1s' })
    const connection = await openConnection(url)
    connection.begin(jwt)
    await (await fetch(`${url}/health`)).text()
    gateway.signal('SIGTERM')
    const ended = await gateway.ended()
    expect(warningsIn(ended)).toContainEqual(expect.objectContaining({ requests: 1 }))
  }, 60_000)

  if (onServer)
    it('does not wait longer than DRAIN_TIMEOUT for the database', async () => {
      const client = new pg.Client(database?.connection)
      await client.connect()
      const waiting = "SELECT FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted"
      await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE')
      const { gateway, url, jwt } = await start({ DRAIN_TIMEOUT: '1s', DATABASE_TIMEOUT: '1h', REQUEST_TIMEOUT: '1h' })
      const connection = await openConnection(url)
      connection.ask('{ users { total } }', jwt)
      await expect.poll(async () => (await client.query(waiting)).rowCount, { timeout: 20_000 }).toBe(1)
      gateway.signal('SIGTERM')
      const ended = await gateway.ended()
      await client.end()
      expect({ code: ended.code, warnings: warningsIn(ended) }).toMatchObject({
        code: 1,
        warnings: [{ requests: 1 }, { level: 50, msg: 'the database was not closed within DRAIN_TIMEOUT' }],
      })
    }, 60_000)
})
