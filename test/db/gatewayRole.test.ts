/** A gateway whose role owns no table: it works, and can only add to the audit trail. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fillDemoData } from '../../examples/data/demo/demoData.ts'
import { canChangeTrail, grantGateway } from '../../src/db/gatewayRole.ts'
import { type Provisioned, provisionDatabase } from '../../src/db/provision.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const { server } = inject('templates')
const role = `gateway_${randomBytes(6).toString('hex')}`

describe.runIf(server !== null)('a role of the gateway that owns no table', () => {
  let database: TestDatabase
  let provisioned: Provisioned
  let gateways: pg.Client
  let harness: Harness
  beforeAll(async () => {
    database = await createTestDatabase({})
    await connected(database.connection, (client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`))
    const ownerUrl = database.connection.connectionString as string
    const url = new URL(ownerUrl)
    url.username = role
    url.password = 'secret'
    provisioned = await provisionDatabase({
      url: url.href,
      ownerUrl,
      folder: '',
      poolSize: 2,
      timeout: 5,
      fill: async (client) => {
        await fillDemoData(client, testTime)
        return true
      },
    })
    gateways = new pg.Client({ connectionString: url.href })
    await gateways.connect()
    harness = await createHarness({}, { database: provisioned.database })
  })
  afterAll(async () => {
    await harness.close()
    await gateways.end()
    await provisioned.close()
    await connected(database.connection, (client) => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
    await database.close()
  })

  it('is given what the gateway does: it reads, changes, and adds to the trail', async () => {
    expect(provisioned).toMatchObject({ filled: true, trailIsOpen: false })
    const { rows } = await gateways.query('SELECT current_user AS role')
    expect(rows).toEqual([{ role }])
    const { accessId } = demoCallers.administrator
    const { data } = await harness.askRaw(
      `mutation { issueToken(input: { accessId: "${accessId}", name: "x" }) { __typename } }`,
    )
    expect(data).toEqual({ issueToken: { __typename: 'IssueTokenPayload' } })
    await harness.askRaw(
      `mutation { issueToken(input: { accessId: "${accessId}", name: "x", expiresAt: "2036-01-01T00:00:00Z" }) { __typename } }`,
    )
    await harness.gateway.settle()
    const { data: trail } = await harness.askRaw('{ auditEvents { nodes { outcome } } }')
    expect(trail).toEqual({ auditEvents: { nodes: [{ outcome: 'refused' }, { outcome: 'success' }] } })
    expect(harness.unexpected).toEqual([])
  })

  it.each([
    "UPDATE audit_events SET subject = 'x'",
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    'TRUNCATE audit_events, organizations CASCADE',
    'ALTER TABLE audit_events DISABLE TRIGGER ALL',
    'ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only',
    'DROP TRIGGER audit_events_append_only ON audit_events',
    'DROP TABLE audit_events',
    'ALTER TABLE audit_events RENAME TO gone',
    'CREATE TRIGGER quiet BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'CREATE RULE quiet AS ON INSERT TO audit_events DO INSTEAD NOTHING',
    'CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    "SET session_replication_role = 'replica'",
    'SELECT * FROM _prisma_migrations',
  ])('may not: %s', async (sql) => {
    await expect(gateways.query(sql)).rejects.toMatchObject({ code: '42501' })
  })

  it('is refused at the start where it could change the trail all the same', async () => {
    await connected(database.connection, async (client) => {
      expect(await canChangeTrail(client, role)).toBe(false)
      for (const privilege of ['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) {
        await client.query(`GRANT ${privilege} ON audit_events TO ${role}`)
        expect(await canChangeTrail(client, role), privilege).toBe(true)
        await grantGateway(client, role)
        expect(await canChangeTrail(client, role), privilege).toBe(false)
      }
      const owner = (await client.query('SELECT current_user AS name')).rows[0].name
      await client.query(`ALTER ROLE ${role} SUPERUSER`)
      await expect(grantGateway(client, role)).rejects.toThrow('could change the audit trail all the same')
      await client.query(`ALTER ROLE ${role} NOSUPERUSER; GRANT ${owner} TO ${role}`)
      await expect(grantGateway(client, role)).rejects.toThrow('no member of the owner')
      await client.query(`REVOKE ${owner} FROM ${role}`)
      expect(await canChangeTrail(client, owner)).toBe(true)
    })
  })
})
