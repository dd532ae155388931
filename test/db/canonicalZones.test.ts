/** What the migration to one spelling of zones makes of a database that was written before it. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EarlierMigrations, migrationsBefore } from '../support/earlierMigrations.ts'

const migration = '20261124000100_canonical_zones'
const organizationId = '00000000-0000-4000-8000-000000000001'
const userId = '00000000-0000-4000-8000-000000000002'

let database: TestDatabase
let client: pg.Client
let before: EarlierMigrations

beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client(database.connection)
  await client.connect()
  before = await migrationsBefore(migration)
})
afterAll(async () => {
  await client.end()
  await database.close()
  await before.remove()
})

beforeEach(async () => {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await migrate(client, before.folder)
  await client.query(`
    INSERT INTO organizations VALUES ('${organizationId}', 1, 'One');
    INSERT INTO users (id, organization_id, firstname, lastname, email, language, created_at, updated_at)
      VALUES ('${userId}', '${organizationId}', 'A', 'B', 'a@b.example', 'EN', now(), now());
    INSERT INTO accesses (id, organization_id, user_id, type, name, language, created_at, updated_at)
      SELECT id, '${organizationId}', '${userId}', 'API_CONNECTION', 'api', 'EN', now(), now() FROM generate_series(1, 2) AS id;
    INSERT INTO roles VALUES ('editor', ''), ('reader', '')`)
})

async function assign(...assignments: readonly (readonly [roleId: string, zone: string | null, accessId?: number])[]) {
  for (const [roleId, zone, accessId = 1] of assignments) {
    await client.query(
      `INSERT INTO role_assignments (organization_id, access_id, role_id, resource_type, resource_id)
       VALUES ($1, $2, $3, $4, $5)`,
      [organizationId, accessId, roleId, zone === null ? null : 'ZONE', zone],
    )
  }
}

async function issue(allowedScopes: object): Promise<void> {
  await client.query(
    `INSERT INTO tokens (organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes, created_at, updated_at, expires_at)
     VALUES ($1, 1, 'token', sha256(random()::text::bytea), 'abcd', '{}', $2, now(), now(), now() + interval '1 day')`,
    [organizationId, allowedScopes],
  )
}

const rights = (given: object) => ({
  allRoles: false,
  allPermissions: false,
  keptInToken: ['ROLES'],
  roles: [],
  permissions: [],
  ...given,
})
const assigned = async () =>
  (await client.query('SELECT id, role_id, resource_id FROM role_assignments ORDER BY id')).rows.map(
    ({ id, role_id, resource_id }) => [id, role_id, resource_id],
  )
const scopes = async () => (await client.query('SELECT allowed_scopes FROM tokens ORDER BY id')).rows

describe('the migration to one spelling of zones', () => {
  it('writes the zones of role assignments in lower case without a final dot, and keeps one of two that were one', async () => {
    await assign(['editor', 'Example.COM.'], ['editor', 'example.com'], ['editor', 'EXAMPLE.com'], ['editor', null])
    await assign(['reader', 'EXAMPLE.com'], ['reader', 'b.example'], ['reader', '_MSDCS.b.example.'])
    await assign(['editor', 'Example.com', 2])
    expect(await migrate(client)).toContain(migration)
    expect(await assigned()).toEqual([
      [1, 'editor', 'example.com'],
      [4, 'editor', null],
      [5, 'reader', 'example.com'],
      [6, 'reader', 'b.example'],
      [7, 'reader', '_msdcs.b.example'],
      [8, 'editor', 'example.com'],
    ])
  })

  it('writes the zones of tokens so, each once, and leaves everything else of them as it was', async () => {
    const general = { generalScopes: ['openid', 'zone:Not.A.Zone.'] }
    await issue({
      ...general,
      organizationScopes: rights({
        roles: [
          { name: 'zone:Editor', resource: 'zone:B.example.' },
          { name: 'zone:Editor', resource: null },
          { name: 'zone:Editor', resource: 'zone:b.example' },
        ],
        permissions: [{ permissionId: 'Read', resources: ['zone:Z.example', 'zone:a.example.', 'zone:z.EXAMPLE'] }],
      }),
      servicesScopes: [
        { serviceDefinitionId: 'DNS.', ...rights({ permissions: [{ permissionId: 'Read', resources: [] }] }) },
        { serviceDefinitionId: 'Mail', ...rights({ roles: [{ name: 'Editor', resource: 'zone:A.example' }] }) },
      ],
    })
    const untouched = { ...general, organizationScopes: null, servicesScopes: [] }
    await issue(untouched)
    await migrate(client)
    expect(await scopes()).toEqual([
      {
        allowed_scopes: {
          ...general,
          organizationScopes: rights({
            roles: [
              { name: 'zone:Editor', resource: 'zone:b.example' },
              { name: 'zone:Editor', resource: null },
            ],
            permissions: [{ permissionId: 'Read', resources: ['zone:z.example', 'zone:a.example'] }],
          }),
          servicesScopes: [
            { serviceDefinitionId: 'DNS.', ...rights({ permissions: [{ permissionId: 'Read', resources: [] }] }) },
            { serviceDefinitionId: 'Mail', ...rights({ roles: [{ name: 'Editor', resource: 'zone:a.example' }] }) },
          ],
        },
      },
      { allowed_scopes: untouched },
    ])
  })

  it.each([
    '../*',
    'two words',
    '*.example.com',
    '.',
    '',
    'münster.example',
    '-a.example',
    `${'a'.repeat(64)}.example`,
  ])('stops at the zone %j, names its rows, and changes nothing', async (zone) => {
    await assign(['editor', 'example.com'], ['editor', zone], ['reader', 'Example.COM.'])
    await issue({
      generalScopes: [],
      organizationScopes: rights({ roles: [{ name: 'editor', resource: `zone:${zone}` }] }),
      servicesScopes: [],
    })
    const found = [await assigned(), await scopes()]
    await expect(migrate(client)).rejects.toThrow(
      `Migration ${migration} failed, nothing of it was kept: these rows, the first 20 of each table, name zones that are ` +
        'none (correct or delete them): role_assignments 2, tokens 1',
    )
    expect([await assigned(), await scopes()]).toEqual(found)
    await client.query('DELETE FROM role_assignments WHERE id = 2; DELETE FROM tokens')
    expect(await migrate(client)).toContain(migration)
  })

  it('leaves checks behind that no other spelling gets past', async () => {
    await migrate(client)
    for (const zone of ['Example.com', 'example.com.', 'münster.example']) {
      await expect(assign(['editor', zone])).rejects.toMatchObject({ constraint: 'role_assignments_zone_check' })
    }
    const named = ['zone:Example.com', 'host:a', 5].map((resource) => ({ roles: [{ resource }] }))
    for (const rights of [...named, { permissions: [{ resources: ['zone:example.com', 'zone:a b'] }] }]) {
      await expect(issue({ organizationScopes: rights })).rejects.toMatchObject({
        constraint: 'tokens_allowed_scopes_resources_check',
      })
    }
    await assign(['editor', 'example.com'])
    await issue({ servicesScopes: [{ permissions: [{ resources: ['zone:example.com'] }] }] })
  })
})
