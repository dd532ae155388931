import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { fillIfEmpty } from '../../examples/data/demo/demoData.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { underLock } from '../../src/db/migrate.ts'
import { type Provisioned, type ProvisionOptions, provisionDatabase, withConnection } from '../../src/db/provision.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy } from '../support/databaseProxy.ts'
import { connected } from '../support/globalSetup.ts'
import { testTime } from '../support/time.ts'

const { server } = inject('templates')

let folder: string
let database: TestDatabase | undefined
let url: string | null
const opened: Provisioned[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  if (server !== null) database = await createTestDatabase()
  url = database?.connection.connectionString ?? null
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await database?.close()
  await rm(folder, { recursive: true })
})

const fill: ProvisionOptions['fill'] = (client) => fillIfEmpty(client, testTime)

async function provision(options: Partial<ProvisionOptions> = {}): Promise<Provisioned> {
  const defaults = { url, folder, poolSize: 2, timeout: 5 }
  const provisioned = await provisionDatabase({ ...defaults, ...options })
  opened.push(provisioned)
  return provisioned
}

async function expectOneLine(refused: Promise<unknown>, message: string | RegExp): Promise<void> {
  await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
  await expect(refused).rejects.toThrow(message)
  await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(/^[^\n]+$/) })
}

describe('a database', { timeout: 120_000 }, () => {
  it('is migrated when it is opened first, and left without demo data where none is wanted', async () => {
    const { kind, migrated, filled, database: opened } = await provision()
    expect({ kind, filled }).toEqual({ kind: server === null ? 'embedded' : 'server', filled: false })
    expect(migrated.length).toBeGreaterThan(0)
    expect(await opened.prisma.organization.count()).toBe(0)
  })

  it('is filled with demo data while it is empty, and kept as it is from then on', async () => {
    const first = await provision({ fill })
    expect(first).toMatchObject({ migrated: [], filled: true })
    const [user] = await first.database.prisma.user.findMany({ take: 1 })
    await first.database.prisma.user.update({ where: { id: user?.id ?? '' }, data: { firstname: 'Changed' } })
    await first.close()
    opened.pop()

    const second = await provision({ fill })
    expect(second).toMatchObject({ migrated: [], filled: false })
    expect(await second.database.prisma.user.count({ where: { firstname: 'Changed' } })).toBe(1)
  })
})

describe('a server', () => {
  const at = (address: string) => provision({ url: address, timeout: 1 })
  const unreachable = "The PostgreSQL server of DATABASE_URL can't be reached: "

  it('is refused in one line where nobody listens', async () => {
    await expectOneLine(at('postgres://postgres@127.0.0.1:1/iam'), `${unreachable}connect ECONNREFUSED 127.0.0.1:1`)
  })

  it('is refused in one line where its name is unknown', async () => {
    await expectOneLine(
      at('postgres://postgres@db.invalid/iam'),
      new RegExp(`^${unreachable}getaddrinfo (ENOTFOUND|EAI_AGAIN)`),
    )
  })

  it('is refused in one line where it never answers, and says that it waits', async () => {
    const silent = createServer(() => {})
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const waits: string[] = []
    const url = `postgres://postgres@127.0.0.1:${port}/iam`
    await expectOneLine(
      provision({ url, timeout: 3, onWait: (what) => waits.push(what) }),
      `${unreachable}timeout expired`,
    )
    expect(waits).toEqual(['a connection to the PostgreSQL server of DATABASE_URL'])
    silent.close()
  })

  it('is refused in one line where its address is none, without the password', async () => {
    const refused = at('postgres://ada:hunter2@127.0.0.1:99999999/iam')
    await expectOneLine(refused, unreachable)
    await expect(refused).rejects.not.toThrow('hunter2')
  })

  if (server !== null) {
    it('is migrated and filled once where two gateways start at once', async () => {
      const shared = await createTestDatabase()
      const options = { url: shared.connection.connectionString ?? null, fill }
      const both = await Promise.all([provision(options), provision(options)])
      expect(both.filter(({ migrated }) => migrated.length > 0)).toHaveLength(1)
      expect(both.filter(({ filled }) => filled)).toHaveLength(1)
      expect(await both[0].database.prisma.organization.count()).toBe(3)
      await Promise.all(opened.splice(0).map((one) => one.close()))
      await shared.close()
    })

    it('has the tables in the schema public, whatever search path it has', async () => {
      const other = await createTestDatabase()
      const address = other.connection.connectionString ?? ''
      await connected(other.connection, (client) =>
        client.query(`CREATE SCHEMA app; ALTER DATABASE ${new URL(address).pathname.slice(1)} SET search_path = app`),
      )
      const { database: way } = await provision({ url: address, fill })
      expect(await way.prisma.organization.count()).toBe(3)
      expect(await way.read(Prisma.sql`SELECT schemaname FROM pg_tables WHERE tablename = 'tokens'`)).toMatchObject([
        { schemaname: 'public' },
      ])
      await Promise.all(opened.splice(0).map((one) => one.close()))
      await other.close()
    })

    it('is refused in one line where its database is not there', async () => {
      const missing = new URL(server)
      missing.pathname = '/no_such_database'
      await expectOneLine(at(missing.href), `${unreachable}database "no_such_database" does not exist`)
    })

    it('is refused in one line where the role may not make tables', async () => {
      const role = `iam_graph_test_${process.pid}`
      const restricted = await createTestDatabase()
      await connected(restricted.connection, async (client) => {
        await client.query(`CREATE ROLE ${role} LOGIN`)
        const address = new URL(restricted.connection.connectionString ?? '')
        address.username = role
        const refused = at(address.href)
        await expectOneLine(
          refused,
          'The PostgreSQL server of DATABASE_URL failed: permission denied for schema public',
        )
        await client.query(`DROP ROLE ${role}`)
      })
      await restricted.close()
    })

    it('is given up in one line where it goes away meanwhile', async () => {
      const location = {
        kind: 'server',
        connection: { connectionString: server },
        poolSize: 1,
        close: async () => {},
      } as const
      const refused = withConnection(location, { timeout: 1 }, async (client) => {
        await client.query('SELECT pg_terminate_backend(pg_backend_pid())')
      })
      await expectOneLine(refused, 'The PostgreSQL server of DATABASE_URL failed: terminating connection')
    })

    it('is given up where it takes a connection and never answers on it, and says what it waits for', async () => {
      const silent = await createTestDatabase()
      const proxy = await createDatabaseProxy(silent)
      proxy.stallAt('DEALLOCATE', 'before')
      const waits: string[] = []
      const url = proxy.connection.connectionString ?? null
      await expectOneLine(
        provision({ url, timeout: 3, onWait: (what) => waits.push(what) }),
        'Waited 3 s for the first answer of the PostgreSQL server of DATABASE_URL: ' +
          'it takes connections and does not answer, see whether it is overloaded or stopped',
      )
      expect(waits).toEqual(['the first answer of the PostgreSQL server of DATABASE_URL'])
      await proxy.close()
      await silent.close()
    })

    it('is given up where another session keeps the lock of the migrations, and says that it waits for it', async () => {
      const locked = await createTestDatabase()
      const options = { url: locked.connection.connectionString ?? null }
      await connected(locked.connection, (client) =>
        underLock(client, async () => {
          const waits: string[] = []
          await expectOneLine(
            provision({ ...options, lockTimeout: 3, onWait: (what) => waits.push(what) }),
            'Waited 3 s for the lock of the migrations, which another session holds: start again when the gateway, or the ' +
              '"prisma migrate", that has it is done, or end its session (in pg_locks it has the locktype advisory and the ' +
              'objid 72707369)',
          )
          expect(waits).toEqual(['the lock of the migrations, which another session holds'])
        }),
      )
      expect((await provision(options)).migrated.length).toBeGreaterThan(0)
      await Promise.all(opened.splice(0).map((one) => one.close()))
      await locked.close()
    })

    it('says nothing where nobody has to wait', async () => {
      const waits: string[] = []
      await provision({ onWait: (what) => waits.push(what) })
      expect(waits).toEqual([])
    })

    it('limits no migration, whatever it limits otherwise', async () => {
      const limited = new URL(server)
      limited.searchParams.set('options', '-c statement_timeout=50')
      const connection: pg.ClientConfig = { connectionString: limited.href }
      const location = { kind: 'server', connection, poolSize: 1, close: async () => {} } as const
      const work = withConnection(location, { timeout: 1 }, (client) =>
        client.query('SELECT 1 AS one FROM pg_sleep(0.2)'),
      )
      expect((await work).rows).toEqual([{ one: 1 }])
    })
  }
})
