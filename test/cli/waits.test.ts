import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, it } from 'vitest'
import { underLock } from '../../src/db/migrate.ts'
import { createCli, warningsIn } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { createDatabaseProxy } from '../support/databaseProxy.ts'
import { connected } from '../support/globalSetup.ts'

// Nobody else can have the lock of an embedded database.
it.runIf(inject('templates').server !== null)(
  'a start that has to wait for the lock of the migrations says so in the log, and goes on when it is free',
  async () => {
    const cli = createCli()
    const folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
    const database = await createTestDatabase()
    const waiting = `SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
      WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`
    const gateway = await connected(database.connection, (client) =>
      underLock(client, async () => {
        const DATABASE_URL = database.connection.connectionString ?? ''
        const starting = cli.start(['start'], { DATA_DIR: folder, DATABASE_URL })
        await expect.poll(async () => (await client.query(waiting)).rowCount, { timeout: 60_000 }).toBe(1)
        await delay(3_000)
        return starting
      }),
    )
    await gateway.until(/iam-graph is ready/)
    gateway.signal('SIGTERM')
    const ended = await gateway.ended()
    expect(ended.code).toBe(0)
    expect(warningsIn(ended)).toEqual([
      expect.objectContaining({
        msg: 'the start waits',
        what: 'the lock of the migrations, which another session holds',
      }),
    ])
    await database.close()
    await rm(folder, { recursive: true })
  },
  120_000,
)

it.runIf(inject('templates').server !== null)(
  'a start whose database breaks off once it has been brought up to date ends in one line',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
    const database = await createTestDatabase()
    const proxy = await createDatabaseProxy(database)
    proxy.cutAt('FROM organizations WHERE organizations.id', 'before')
    const DATABASE_URL = proxy.connection.connectionString ?? ''
    expect(await createCli().run(['start'], { DATA_DIR: folder, DATABASE_URL })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The PostgreSQL server of DATABASE_URL failed: [^\n]+\n$/),
    })
    await proxy.close()
    await database.close()
    await rm(folder, { recursive: true })
  },
  120_000,
)
