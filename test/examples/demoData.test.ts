import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { permissions, rolePermissions, roles } from '../../examples/data/demo/catalogue.ts'
import { fillDemoData, isEmpty } from '../../examples/data/demo/demoData.ts'
import { demoPeople } from '../../examples/data/demo/people.ts'
import { demoTokens } from '../../examples/data/demo/tokens.ts'
import { allScopes } from '../../src/auth/scopes.ts'
import { createTestDatabase } from '../support/database.ts'
import { readRows } from '../support/rows.ts'

const now = new Date('2026-11-21T09:30:00.000Z')
const aYearLater = new Date('2027-11-21T23:59:59.000Z')

let database: Awaited<ReturnType<typeof createTestDatabase>>
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
  client = new pg.Client(database.connection)
  await client.connect()
  expect(await isEmpty(client)).toBe(true)
  await fillDemoData(client, now)
})

afterAll(async () => {
  await client.end()
  await database.close()
})

async function select<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query<Row>(sql, values)).rows
}

async function count(from: string, values: unknown[] = []): Promise<number> {
  return (await select<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`, values))[0]?.count ?? Number.NaN
}

describe('the fill', () => {
  test('makes an empty database one that is not empty', async () => {
    expect(await isEmpty(client)).toBe(false)
  })

  test('gives the same rows in every database at every hour of a day', async () => {
    const other = await createTestDatabase({ migrated: true })
    const otherClient = new pg.Client(other.connection)
    await otherClient.connect()
    await fillDemoData(otherClient, new Date('2026-11-21T23:59:59.999Z'))
    expect(await readRows(otherClient)).toEqual(await readRows(client))
    await otherClient.end()
    await other.close()
  })

  test('fails on a database that is filled, and changes nothing', async () => {
    const before = await readRows(client)
    await expect(fillDemoData(client, now)).rejects.toThrow('duplicate key')
    expect(await readRows(client)).toEqual(before)
  })

  test('leaves the ids from 1000 on to what is made later', async () => {
    for (const table of ['accesses', 'role_assignments', 'tokens']) {
      expect(await count(`${table} WHERE id >= 1000`)).toBe(0)
      const [next] = await select<{ id: string }>(`SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id`, [table])
      expect(Number(next?.id)).toBeGreaterThanOrEqual(1000)
    }
  })
})

describe('the population', () => {
  test('is three organizations with about 60 users', async () => {
    expect(await select('SELECT customer_id FROM organizations ORDER BY 1')).toEqual(
      [1, 2, 3].map((id) => ({ customer_id: id })),
    )
    expect(await count('users')).toBe(60)
  })

  test('has about 15 roles and 60 permissions, each of them in use', async () => {
    expect(await count('roles')).toBe(16)
    expect(await count('permissions')).toBe(60)
    expect(await count('permissions WHERE id NOT IN (SELECT permission_id FROM role_permissions)')).toBe(0)
    expect(await count('roles WHERE id NOT IN (SELECT role_id FROM role_assignments)')).toBe(0)
  })

  test('has all four types of access, and assignments both everywhere and on one zone', async () => {
    expect(await count('(SELECT DISTINCT type FROM accesses) AS types')).toBe(4)
    expect(await count('role_assignments WHERE resource_type IS NULL')).toBeGreaterThan(50)
    expect(await count(`role_assignments WHERE resource_type = 'ZONE'`)).toBeGreaterThan(10)
  })

  test('has local users with and without an account, and users of every identity provider', async () => {
    expect(await count('users WHERE idp_id IS NULL AND acct IS NULL')).toBeGreaterThan(0)
    expect(await count('users WHERE idp_id IS NULL AND acct IS NOT NULL')).toBeGreaterThan(0)
    expect(await count('users WHERE idp_id IS NOT NULL AND acct IS NULL')).toBe(0)
    expect(await count('identity_providers WHERE id NOT IN (SELECT idp_id FROM users WHERE idp_id IS NOT NULL)')).toBe(
      0,
    )
  })

  test('has users that are over, users that will be, and users without an end', async () => {
    expect(await count('users WHERE expires_at < $1', [now])).toBeGreaterThan(2)
    expect(await count('users WHERE expires_at > $1', [now])).toBeGreaterThan(2)
    expect(await count('users WHERE expires_at IS NULL')).toBeGreaterThan(30)
  })

  test('has names that searches stumble over', async () => {
    const names = await select<{ name: string }>(`SELECT lastname AS name FROM users UNION SELECT name FROM accesses`)
    for (const part of ["'", 'é', 'Ż', '%', '_', '&']) expect(names.some(({ name }) => name?.includes(part))).toBe(true)
  })

  test('has user ids of version 4', async () => {
    expect(await count(`users WHERE id::text !~ '^.{14}4.{4}[89ab]'`)).toBe(0)
  })

  test('has mail addresses in ASCII', async () => {
    expect(await count(`users WHERE email !~ '^[a-z-]+[.][a-z-]+@[a-z.]+$'`)).toBe(0)
  })

  test('never links across organizations', async () => {
    expect(
      await count('accesses a JOIN users u ON u.id = a.user_id WHERE u.organization_id <> a.organization_id'),
    ).toBe(0)
    expect(
      await count('tokens t JOIN accesses a ON a.id = t.access_id WHERE a.organization_id <> t.organization_id'),
    ).toBe(0)
    expect(
      await count(
        'role_assignments r JOIN accesses a ON a.id = r.access_id WHERE a.organization_id <> r.organization_id',
      ),
    ).toBe(0)
  })

  test('has a past that can have happened', async () => {
    expect(await count('users WHERE updated_at < created_at OR updated_at > $1', [now])).toBe(0)
    expect(
      await count('accesses WHERE updated_at < created_at OR last_login_at < created_at OR last_login_at > $1', [now]),
    ).toBe(0)
    expect(
      await count(`accesses a JOIN users u ON u.id = a.user_id
        WHERE a.created_at < u.created_at OR a.last_login_at >= u.expires_at + 1`),
    ).toBe(0)
    expect(await count('tokens t JOIN accesses a ON a.id = t.access_id WHERE t.created_at < a.created_at')).toBe(0)
    expect(
      await count('tokens WHERE last_used_at < created_at OR last_used_at > least(expires_at, revoked_at, $1)', [now]),
    ).toBe(0)
    expect(await count('tokens WHERE deactivated AND last_used_at > deactivated_updated_on')).toBe(0)
    expect(
      await count(
        `tokens t JOIN tokens o ON o.id = t.rotated_from
         WHERE t.created_at < o.created_at OR o.last_used_at > t.created_at + interval '1 day'`,
      ),
    ).toBe(0)
  })

  test('has authors that exist, authors that are gone, and authors whose access is gone or unknown', async () => {
    const authors = `(SELECT created_by AS by FROM users UNION ALL SELECT created_by FROM accesses) AS made`
    const user = `EXISTS (SELECT FROM users WHERE id = (by->>'userId')::uuid)`
    const access = `EXISTS (SELECT FROM accesses WHERE id = (by->>'accessId')::int)`
    expect(await count(`${authors} WHERE ${user} AND ${access}`)).toBeGreaterThan(50)
    expect(await count(`${authors} WHERE NOT ${user} AND NOT ${access}`)).toBeGreaterThan(5)
    expect(await count(`${authors} WHERE ${user} AND by ? 'accessId' AND NOT ${access}`)).toBeGreaterThan(2)
    expect(await count(`${authors} WHERE ${user} AND NOT by ? 'accessId'`)).toBeGreaterThan(2)
    expect(await count(`${authors} WHERE by IS NULL`)).toBeGreaterThan(2)
  })
})

describe('the catalogue', () => {
  test('names each role and permission once, and grants nothing that is not there', () => {
    expect(new Set(roles.map(({ id }) => id)).size).toBe(roles.length)
    expect(new Set(permissions.map(({ id }) => id)).size).toBe(permissions.length)
    for (const { permissions: patterns } of roles) {
      for (const pattern of patterns) {
        const granted = permissions.filter(
          ({ id }) => id === pattern || (pattern.endsWith('*') && id.startsWith(pattern.slice(0, -1))),
        )
        expect(granted.length, pattern).toBeGreaterThan(0)
      }
    }
  })

  test('has one role with every permission', () => {
    const complete = [...rolePermissions].filter(([, held]) => held.length === permissions.length)
    expect(complete.map(([id]) => id)).toEqual(['administrator'])
  })

  test('limits to one zone only what can be limited', () => {
    const limited = demoPeople
      .flatMap(({ accesses }) => accesses.flatMap((access) => access.roles))
      .filter((role) => role.includes('@'))
    const limitable = new Set(roles.filter((role) => role.limitable).map(({ id }) => id))
    expect(limited.filter((role) => !limitable.has(role.split('@')[0] ?? ''))).toEqual([])
  })
})

describe('the tokens', () => {
  const status = `CASE WHEN revoked_at <= $1 THEN 'REVOKED' WHEN expires_at <= $1 THEN 'EXPIRED'
    WHEN deactivated THEN 'DEACTIVATED' ELSE 'ACTIVE' END`

  test('have every status, and still the same one a year later', async () => {
    const sql = `SELECT id, ${status} AS status FROM tokens ORDER BY id`
    const today = await select<{ status: string }>(sql, [now])
    expect(new Set(today.map((token) => token.status))).toEqual(
      new Set(['ACTIVE', 'DEACTIVATED', 'EXPIRED', 'REVOKED']),
    )
    expect(await select(sql, [aYearLater])).toEqual(today)
  })

  test('belong to accesses that may have tokens', async () => {
    expect(await count(`tokens t JOIN accesses a ON a.id = t.access_id WHERE a.type = 'PROFILE'`)).toBe(0)
  })

  test('carry only scopes that the gateway knows and that tokens may carry', () => {
    const forbidden = new Set<string>(['tokens:issue', 'organizations:all'])
    const grantable = new Set<string>(allScopes.filter((scope) => !forbidden.has(scope)))
    expect(demoTokens.flatMap(({ scope }) => scope).filter((scope) => !grantable.has(scope))).toEqual([])
  })

  test('name only roles and permissions that their access holds, and none beside "all"', async () => {
    const held = await select<{ id: number; roles: string[]; permissions: string[] }>(`
      SELECT t.id,
        array_agg(DISTINCT r.role_id || coalesce('@zone:' || r.resource_id, '')) AS roles,
        array_agg(DISTINCT p.permission_id || coalesce('@zone:' || r.resource_id, '')) AS permissions
      FROM tokens t
        JOIN role_assignments r ON r.access_id = t.access_id
        JOIN role_permissions p ON p.role_id = r.role_id
      GROUP BY t.id ORDER BY t.id`)
    expect(held).toHaveLength(demoTokens.length)
    demoTokens.forEach(({ allowed: { organizationScopes, servicesScopes } }, index) => {
      for (const scopes of [...(organizationScopes === null ? [] : [organizationScopes]), ...servicesScopes]) {
        const named = scopes.roles.map(({ name, resource }) => (resource === null ? name : `${name}@${resource}`))
        const permitted = scopes.permissions.flatMap(({ permissionId, resources }) =>
          resources.length === 0 ? [permissionId] : resources.map((resource) => `${permissionId}@${resource}`),
        )
        expect(held[index]?.roles).toEqual(expect.arrayContaining(named))
        expect(held[index]?.permissions).toEqual(expect.arrayContaining(permitted))
        if (scopes.allRoles) expect(named).toEqual([])
        if (scopes.allPermissions) expect(permitted).toEqual([])
      }
    })
  })

  test('are told apart by their names, as API connections are', () => {
    const connections = demoPeople.flatMap(({ accesses }) => accesses).filter(({ type }) => type === 'API_CONNECTION')
    for (const names of [demoTokens.map(({ name }) => name), connections.map(({ name }) => name)]) {
      expect(new Set(names).size).toBe(names.length)
    }
  })
})

describe('the callers', () => {
  test('are users that exist, with an access of their own', async () => {
    for (const { organizationId, customerId, userId, accessId } of Object.values(demoCallers)) {
      const found = await count(
        `accesses a JOIN users u ON u.id = a.user_id JOIN organizations o ON o.id = u.organization_id
         WHERE a.id = $1 AND u.id = $2 AND o.id = $3 AND o.customer_id = $4 AND u.expires_at IS NULL`,
        [accessId, userId, organizationId, customerId],
      )
      expect(found).toBe(1)
    }
  })

  test('hold the scopes that their titles promise', () => {
    const { administrator, reader, otherReader, auditor } = demoCallers
    expect(administrator.scopes).not.toContain('organizations:all')
    expect(administrator.scopes).toHaveLength(allScopes.length)
    expect(reader.scopes.filter((scope) => !scope.endsWith(':read'))).toEqual(['permissions:check'])
    expect(otherReader.scopes).toEqual(reader.scopes)
    expect(auditor.scopes).toEqual([...reader.scopes, 'audit:read', 'organizations:all'])
  })

  test('have an administrator with every permission everywhere', async () => {
    expect(
      await count(
        `(SELECT DISTINCT permission_id FROM role_assignments JOIN role_permissions USING (role_id)
          WHERE access_id = $1 AND resource_type IS NULL) AS held`,
        [demoCallers.administrator.accessId],
      ),
    ).toBe(permissions.length)
  })

  test('have examples that an administrator can try: several accesses, an API connection, an active token', async () => {
    const { organizationId } = demoCallers.administrator
    expect(
      await count('accesses WHERE user_id = $1 AND organization_id = $2', [demoExamples.userId, organizationId]),
    ).toBeGreaterThan(1)
    expect(
      await count(
        `accesses a JOIN users u ON u.id = a.user_id
         WHERE a.id = $1 AND a.organization_id = $2 AND a.type = 'API_CONNECTION' AND u.expires_at IS NULL`,
        [demoExamples.accessId, organizationId],
      ),
    ).toBe(1)
    expect(
      await count(
        'tokens WHERE id = $1 AND organization_id = $2 AND revoked_at IS NULL AND NOT deactivated AND expires_at > $3',
        [demoExamples.tokenId, organizationId, aYearLater],
      ),
    ).toBe(1)
  })
})
