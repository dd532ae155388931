import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fillDemoData } from '../../examples/data/demo/demoData.ts'
import type { Visibility } from '../../src/auth/visibility.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { databaseFailure } from '../../src/db/failure.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { everything, secureRows } from '../../src/db/rowSecurity.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'
import { createHarness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const { server } = inject('templates')
const { reader, otherReader } = demoCallers
const organization = ({ organizationId }: typeof reader): Visibility => ({ kind: 'organization', organizationId })
const { signal } = new AbortController()

const countUsers = Prisma.sql`SELECT organization_id AS id, count(*)::integer AS users FROM users GROUP BY 1`
const rename = (organizationId: string) =>
  Prisma.sql`UPDATE users SET firstname = 'Changed' WHERE organization_id = ${organizationId}::uuid RETURNING id`

// The embedded database has one user only.
describe.runIf(server !== null)('a server that keeps organizations apart itself', () => {
  let database: TestDatabase
  let opened: Database
  const organizationsSeen = async (sentFor?: Visibility) =>
    (await opened.read<{ readonly id: string }>(countUsers, sentFor)).map(({ id }) => id)

  beforeAll(async () => {
    database = await createTestDatabase({ demo: true })
    await connected(database.connection, secureRows)
    opened = openDatabase({
      connection: database.connection,
      poolSize: 1,
      timeout: 5,
      cancellable: true,
      rowSecurity: true,
    })
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  it('shows a statement the rows of whom it is sent for, whatever it asks', async () => {
    expect(await organizationsSeen(organization(reader))).toEqual([reader.organizationId])
    expect(await organizationsSeen(organization(otherReader))).toEqual([otherReader.organizationId])
    expect(await organizationsSeen(everything)).toHaveLength(3)
  })

  it('shows none to a statement that is sent for nobody, on a connection that has been others’', async () => {
    expect(await organizationsSeen()).toEqual([])
    await opened.read(countUsers, everything)
    expect(await organizationsSeen()).toEqual([])
    await opened.read(countUsers, organization(reader))
    expect(await organizationsSeen()).toEqual([])
    await expect(opened.read({ text: 'SELECT 1 / $1::integer', values: [0] }, everything)).rejects.toThrow('zero')
    expect(await organizationsSeen()).toEqual([])
    expect(await opened.prisma.user.count()).toBe(0)
  })

  it('answers named statements, also those that came first for somebody else', async () => {
    for (const sentFor of [reader, otherReader, reader, otherReader]) {
      const rows = await opened.read<{ readonly name: string }>(
        { text: 'SELECT name FROM organizations WHERE name <> $1', values: [''] },
        organization(sentFor),
      )
      expect(rows).toHaveLength(1)
    }
  })

  it('changes no row of another organization, and takes none for it', async () => {
    const change = (statement: Prisma.Sql) => opened.write(statement, signal, organization(reader))
    expect(await change(rename(otherReader.organizationId))).toEqual([])
    expect((await change(rename(reader.organizationId))).length).toBeGreaterThan(20)
    const refused = change(Prisma.sql`
      UPDATE identity_providers SET organization_id = ${otherReader.organizationId}::uuid RETURNING id`)
    await expect(refused).rejects.toThrow('row-level security')
  })

  it('has its policies on every table with organizations, for the owner as well, and none on the catalogue', async () => {
    const tables = await connected(database.connection, (client) =>
      client.query<{ name: string; secured: boolean; owned: boolean }>(`
        SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS secured,
          relname = 'organizations' OR EXISTS (SELECT FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attname = 'organization_id') AS owned
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`),
    )
    expect(tables.rows.filter(({ owned }) => owned).length).toBeGreaterThan(6)
    expect(tables.rows.filter(({ secured, owned }) => secured !== owned)).toEqual([])
  })

  it('adds nothing and locks nothing where all is there already', async () => {
    await connected(database.connection, async (client) => {
      await client.query('BEGIN; SELECT FROM users')
      await connected(database.connection, secureRows)
      await client.query('COMMIT')
    })
  })

  it('leaves the audit trail unchanged whoever changes it, and the migrations’ books unread', async () => {
    const failure = (statement: Prisma.Sql) => opened.write(statement, signal, everything).catch((error) => error.code)
    expect(await failure(Prisma.sql`DELETE FROM audit_events`)).toBe('42501')
    expect(await failure(Prisma.sql`SELECT * FROM _prisma_migrations`)).toBe('42501')
  })
})

describe.runIf(server !== null)('a gateway over such a server', () => {
  it('answers callers of two organizations and of all at the same moment, each with its own', async () => {
    const harness = await createHarness({ DATABASE_ROW_SECURITY: 'true', DATABASE_READS: 'pool' })
    const document = '{ organizations { total } users { results { organization { id } accesses { total } } } }'
    const callers = [reader, otherReader, demoCallers.auditor, reader, otherReader]
    const answers = await Promise.all(callers.map((caller) => harness.askRaw(document, {}, caller)))
    const plain = await createHarness()
    for (const [index, { data, errors }] of answers.entries()) {
      expect(errors).toBeUndefined()
      expect(data).toEqual((await plain.askRaw(document, {}, callers[index] ?? null)).data)
    }
    await plain.close()
    await harness.close()
  })

  it('issues and stops tokens, for two organizations at the same moment', async () => {
    const harness = await createHarness({ DATABASE_ROW_SECURITY: 'true', DATABASE_READS: 'pool' })
    const other = { ...otherReader, scopes: demoCallers.administrator.scopes }
    const issue = (caller: typeof reader) =>
      harness.askRaw(
        `mutation { issueToken(input: { accessId: "${caller.accessId}", name: "one" }) {
          __typename ... on IssueTokenPayload { token { id organization { id } } } } }`,
        {},
        caller,
      )
    const callers = [demoCallers.administrator, other, demoCallers.administrator, other]
    for (const [index, { data }] of (await Promise.all(callers.map(issue))).entries()) {
      const organizationId = callers[index]?.organizationId
      expect(data).toMatchObject({ issueToken: { token: { organization: { id: organizationId } } } })
    }
    expect(harness.unexpected).toEqual([])
    await harness.close()
  })
})

describe.runIf(server !== null)('setting it up', () => {
  /** A database that belongs to a user of its own, who is no superuser. */
  const withOwner = async (attributes: string, work: (connection: pg.ClientConfig) => Promise<void>) => {
    const name = `iam_graph_test_owner_${process.pid}_${randomBytes(4).toString('hex')}`
    const database = await createTestDatabase()
    const asSuperuser = (sql: string) => connected({ connectionString: `${server}` }, (client) => client.query(sql))
    const url = new URL(`${database.connection.connectionString}`)
    await asSuperuser(`CREATE ROLE ${name} LOGIN ${attributes}`)
    await asSuperuser(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${name}`)
    url.username = name
    try {
      await work({ connectionString: url.href })
    } finally {
      await database.close()
      await asSuperuser(`DROP ROLE ${name}`)
    }
  }

  it('takes an owner who may grant roles, who sees all rows afterwards, for migrations and imports', async () => {
    await withOwner('CREATEROLE', async (connection) => {
      await connected(connection, async (client) => {
        await migrate(client)
        await secureRows(client)
        await fillDemoData(client, testTime)
        expect((await client.query('SELECT count(DISTINCT organization_id)::integer AS n FROM users')).rows).toEqual([
          { n: 3 },
        ])
      })
      const opened = openDatabase({ connection, poolSize: 1, timeout: 5, cancellable: true, rowSecurity: true })
      expect(await opened.read(countUsers, organization(reader))).toHaveLength(1)
      expect(await opened.read(countUsers, everything)).toHaveLength(3)
      expect(await opened.read(countUsers)).toEqual([])
      await opened.close()
    })
  })

  it('says what to do where the user may not make the roles', async () => {
    await withOwner('', async (connection) => {
      await connected(connection, async (client) => {
        await migrate(client)
        const failure = await secureRows(client).catch((error: unknown) => error)
        expect(failure).toMatchObject({ name: 'StartupError', exitCode: 1 })
        expect(String(failure)).toMatch(/DATABASE_ROW_SECURITY: .+ GRANT iam_graph_one_organization TO/)
        expect(databaseFailure(failure)).toBeUndefined()
      })
    })
  })
})
