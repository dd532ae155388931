import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { migrate, migrationsFolder, underLock } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'

let database: TestDatabase
let client: pg.Client
let folder: string

beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client(database.connection)
  await client.connect()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
})
afterAll(async () => {
  await client.end()
  await database.close()
})

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, name, 'migration.sql'), sql)
}

async function select<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  return (await client.query<Row>(sql)).rows
}

const books = () =>
  select<{ migration_name: string }>(
    'SELECT migration_name, checksum, applied_steps_count, finished_at IS NOT NULL AS finished, rolled_back_at, logs ' +
      'FROM _prisma_migrations ORDER BY migration_name',
  )
/** Those of this database: others on the server may have some as well. */
const locks = () =>
  select(
    `SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
     WHERE locktype = 'advisory' AND datname = current_database()`,
  )

async function expectRefusal(message: string): Promise<void> {
  const refused = migrate(client, folder)
  await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
  await expect(refused).rejects.toThrow(message)
  expect(await locks()).toEqual([])
}

describe('the migrations of the gateway', () => {
  it('are applied to an empty database, and kept in the books as Prisma keeps them', async () => {
    const entries = await readdir(migrationsFolder, { withFileTypes: true })
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect(await migrate(client)).toEqual(names.sort())
    const expected = await Promise.all(
      names.map(async (name) => {
        const file = await readFile(join(migrationsFolder, name, 'migration.sql'))
        const checksum = createHash('sha256').update(file).digest('hex')
        return {
          migration_name: name,
          checksum,
          applied_steps_count: 1,
          finished: true,
          rolled_back_at: null,
          logs: null,
        }
      }),
    )
    expect(await books()).toEqual(expected)
    expect(await select('SELECT count(*)::int AS users FROM users')).toEqual([{ users: 0 }])
    expect(await migrate(client)).toEqual([])
    expect(await locks()).toEqual([])
  })

  it('are refused by a database that has tables of the same names, and change nothing there', async () => {
    await client.query('CREATE TABLE users (id int)')
    const refused = migrate(client)
    await expect(refused).rejects.toThrow(/^Migration \d+_init failed, nothing of it was kept: /)
    expect(await select("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).toEqual([
      { tablename: '_prisma_migrations' },
      { tablename: 'users' },
    ])
  })
})

describe('migrations', () => {
  it('are applied in the order of their names, those that are missing only', async () => {
    await write('1_table', 'CREATE TABLE things (id int);')
    expect(await migrate(client, folder)).toEqual(['1_table'])
    await write('3_index', 'CREATE INDEX ON things (name);')
    await write('2_column', 'ALTER TABLE things ADD COLUMN name text; INSERT INTO things VALUES (1, $$;$$);')
    expect(await migrate(client, folder)).toEqual(['2_column', '3_index'])
    expect(await migrate(client, folder)).toEqual([])
    expect(await select('SELECT * FROM things')).toEqual([{ id: 1, name: ';' }])
  })

  it('are taken from folders only', async () => {
    await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"')
    expect(await migrate(client, folder)).toEqual([])
  })

  it('are refused where one was edited after it had been applied', async () => {
    await write('1_table', 'CREATE TABLE things (id int);')
    await migrate(client, folder)
    await write('1_table', 'CREATE TABLE things (id bigint);')
    await write('2_table', 'CREATE TABLE more (id int);')
    await expectRefusal('Migration 1_table was edited after it had been applied: bring its file back as it was')
    expect(await books()).toHaveLength(1)
  })

  it('are refused where one was left half applied', async () => {
    await write('1_table', 'CREATE TABLE things (id int);')
    await migrate(client, folder)
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL')
    await expectRefusal(
      'Migration 1_table was left half applied: repair the database, then tell it with "npx prisma migrate resolve"',
    )
  })

  it('are refused where the database has one that this version does not know', async () => {
    await write('1_table', 'CREATE TABLE things (id int);')
    await write('2_table', 'CREATE TABLE more (id int);')
    await migrate(client, folder)
    await rm(join(folder, '2_table'), { recursive: true })
    await expectRefusal('The database has migration 2_table, which this version does not know: start a newer version')
  })

  it('are applied again where they were rolled back', async () => {
    await write('1_table', 'CREATE TABLE IF NOT EXISTS things (id int);')
    await migrate(client, folder)
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL, rolled_back_at = now()')
    expect(await migrate(client, folder)).toEqual(['1_table'])
    expect(await migrate(client, folder)).toEqual([])
  })

  it('keep what came before the one that fails, and nothing of that one', async () => {
    await write('1_table', 'CREATE TABLE things (id int);')
    await write('2_broken', 'CREATE TABLE more (id int); INSERT INTO nowhere VALUES (1);')
    await write('3_table', 'CREATE TABLE most (id int);')
    await expectRefusal('Migration 2_broken failed, nothing of it was kept: relation "nowhere" does not exist')
    expect(await books()).toMatchObject([{ migration_name: '1_table', finished: true }])
    expect(await select("SELECT to_regclass('more') AS more, to_regclass('most') AS most")).toEqual([
      { more: null, most: null },
    ])
    await write('2_broken', 'CREATE TABLE more (id int);')
    expect(await migrate(client, folder)).toEqual(['2_broken', '3_table'])
  })
})

describe('the lock', () => {
  it('may be nested, and is free after the work, be it that the work failed', async () => {
    const work = underLock(client, async () => {
      await underLock(client, () => migrate(client, folder))
      expect(await locks()).toHaveLength(1)
      throw new Error('the work failed')
    })
    await expect(work).rejects.toThrow('the work failed')
    expect(await locks()).toEqual([])
  })

  it('is waited for so long, and no longer the work under it', async () => {
    const work = () => select<{ one: number }>('SELECT 1 AS one FROM pg_sleep(0.5)')
    expect(await underLock(client, work, { lockTimeout: 0.25 })).toEqual([{ one: 1 }])
  })

  // The embedded database has one backend, and so no two that could get in each other's way.
  if (inject('templates').server !== null) {
    it('makes gateways that start at once migrate once', async () => {
      await write('1_slow', 'CREATE TABLE things (id int); SELECT pg_sleep(0.3);')
      await write('2_insert', 'INSERT INTO things VALUES (1);')
      const gateways = Array.from({ length: 5 }, () => connected(database.connection, (one) => migrate(one, folder)))
      const applied = await Promise.all(gateways)
      expect(applied.filter((names) => names.length > 0)).toEqual([['1_slow', '2_insert']])
      expect(await select('SELECT * FROM things')).toEqual([{ id: 1 }])
    })
  }
})
