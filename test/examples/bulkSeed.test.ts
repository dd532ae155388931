import pg from 'pg'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { insertPopulation, populationParameters } from '../../examples/data/bulk/population.ts'
import { firstFreeIds, firstLargeUser, maximumLargeUsers, maximumUsers } from '../../examples/data/bulk/ranges.ts'
import { type BulkSeedOptions, bulkSeed } from '../../examples/data/bulk/seed.ts'
import { fillDemoData } from '../../examples/data/demo/demoData.ts'
import { createTestDatabase } from '../support/database.ts'
import { readRows } from '../support/rows.ts'

const now = new Date('2026-11-21T09:30:00.000Z')
const users = 300

/** A client of a migrated database of its own. Embedded ones take half a gigabyte each, so close it when it has served. */
async function openClient(): Promise<{ readonly client: pg.Client; close(): Promise<void> }> {
  const database = await createTestDatabase({ migrated: true })
  const client = new pg.Client(database.connection)
  await client.connect()
  const close = async () => {
    await client.end()
    await database.close()
  }
  return { client, close }
}

/** The same for one test. */
async function emptyDatabase(): Promise<pg.Client> {
  const { client, close } = await openClient()
  onTestFinished(close)
  return client
}

function seed(client: pg.Client, options: Partial<BulkSeedOptions> = {}) {
  return bulkSeed(client, { users, now, onProgress: () => {}, ...options })
}

async function count(client: pg.Client, from: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`)
  return rows[0]?.count ?? Number.NaN
}

describe('a seed in one go', () => {
  let client: pg.Client
  let result: Awaited<ReturnType<typeof bulkSeed>>

  beforeAll(async () => {
    const opened = await openClient()
    client = opened.client
    result = await seed(client)
    return opened.close
  })

  test('inserts as many users as asked for, and says what it inserted', async () => {
    const rows = await readRows(client)
    const own = ['organizations', 'identity_providers', 'users', 'accesses', 'role_assignments', 'tokens']
    expect(result).toMatchObject({
      inserted: users,
      users,
      rows: own.reduce((sum, table) => sum + (rows[table]?.length ?? 0), 0),
    })
    expect(rows.users).toHaveLength(users)
  })

  test('spreads the users over organizations of different sizes, each with an administrator', async () => {
    const { rows } = await client.query<{ customer_id: number; users: number }>(
      `SELECT customer_id, count(*)::int AS users
       FROM users JOIN organizations o ON o.id = organization_id GROUP BY 1 ORDER BY 2 DESC`,
    )
    expect(rows).toHaveLength(10)
    expect(rows[0]).toMatchObject({ customer_id: 1001 })
    expect(rows[0]?.users).toBeGreaterThan(users / 4)
    const administrators = `role_assignments WHERE role_id = 'administrator'`
    expect(await count(client, administrators)).toBe(10)
    expect(await count(client, `(SELECT DISTINCT organization_id FROM ${administrators}) AS led`)).toBe(10)
  })

  test('gives each user 1 to 3 accesses, and each access 1 to 4 roles', async () => {
    const spread = async (sql: string) => (await client.query<{ n: number }>(sql)).rows.map(({ n }) => n)
    expect(
      await spread(
        `SELECT DISTINCT count(a.id)::int AS n
         FROM users u LEFT JOIN accesses a ON a.user_id = u.id GROUP BY u.id ORDER BY 1`,
      ),
    ).toEqual([1, 2, 3])
    expect(
      await spread(
        `SELECT DISTINCT count(r.id)::int AS n
         FROM accesses a LEFT JOIN role_assignments r ON r.access_id = a.id GROUP BY a.id ORDER BY 1`,
      ),
    ).toEqual([1, 2, 3, 4])
    expect(await count(client, '(SELECT DISTINCT type FROM accesses) AS types')).toBe(4)
    expect(await count(client, 'role_assignments WHERE resource_type IS NOT NULL')).toBeGreaterThan(20)
  })

  test('makes tokens of every status, on API connections only, with a secret that nobody has', async () => {
    const day = `'${now.toISOString()}'`
    expect(await count(client, `tokens t JOIN accesses a ON a.id = access_id WHERE a.type <> 'API_CONNECTION'`)).toBe(0)
    expect(await count(client, `tokens WHERE revoked_at IS NOT NULL`)).toBeGreaterThan(0)
    expect(await count(client, `tokens WHERE revoked_at IS NULL AND expires_at < ${day}`)).toBeGreaterThan(0)
    expect(
      await count(client, `tokens WHERE revoked_at IS NULL AND expires_at > ${day} AND deactivated`),
    ).toBeGreaterThan(0)
    expect(
      await count(client, `tokens WHERE revoked_at IS NULL AND expires_at > ${day} AND NOT deactivated`),
    ).toBeGreaterThan(0)
    expect(await count(client, `tokens WHERE secret_hash <> sha256(convert_to('bulk token ' || id, 'UTF8'))`)).toBe(0)
  })

  test('tells a past that can have happened', async () => {
    const day = `'2026-11-21T00:00:00Z'`
    expect(await count(client, `users WHERE updated_at < created_at OR updated_at > ${day}`)).toBe(0)
    expect(await count(client, `accesses WHERE last_login_at < created_at OR last_login_at > ${day}`)).toBe(0)
    expect(
      await count(
        client,
        `accesses a JOIN users u ON u.id = user_id
         WHERE a.created_at < u.created_at OR last_login_at >= expires_at + 1`,
      ),
    ).toBe(0)
    expect(await count(client, 'tokens t JOIN accesses a ON a.id = access_id WHERE t.created_at < a.created_at')).toBe(
      0,
    )
    expect(
      await count(
        client,
        `tokens WHERE last_used_at < created_at OR last_used_at > least(revoked_at, expires_at, ${day})`,
      ),
    ).toBe(0)
  })

  test('makes user ids of version 4', async () => {
    expect(await count(client, `users WHERE id::text !~ '^.{14}4.{4}[89ab]'`)).toBe(0)
  })

  test('inserts nothing when it is asked for as many or fewer again', async () => {
    const before = await readRows(client)
    expect(await seed(client)).toMatchObject({ inserted: 0, users, rows: 0 })
    expect(await seed(client, { users: 10 })).toMatchObject({ inserted: 0, users, rows: 0 })
    expect(await readRows(client)).toEqual(before)
  })

  test('leaves the rows of a seed that was extended on another day as if there had been one', async () => {
    const other = await emptyDatabase()
    expect(await seed(other, { users: 120, chunk: 50 })).toMatchObject({ inserted: 120, users: 120 })
    const later = new Date('2027-03-01T00:00:00.000Z')
    expect(await seed(other, { now: later })).toMatchObject({ inserted: users - 120, users })
    expect(await readRows(other)).toEqual(await readRows(client))
  })

  test('leaves the rows of a seed that was interrupted twice as if it had not been', async () => {
    const other = await emptyDatabase()
    // Between two transactions: whoever is told of the progress gives up.
    const giveUp = (done: number) => {
      if (done === 50) throw new Error('interrupted')
    }
    await expect(seed(other, { chunk: 50, onProgress: giveUp })).rejects.toThrow('interrupted')
    expect(await count(other, 'users')).toBe(50)
    // Within one: the database refuses the last rows of the third.
    await other.query(`ALTER TABLE tokens ADD CONSTRAINT broken CHECK (access_id < 1000000 + 4 * 130)`)
    await expect(seed(other, { chunk: 50 })).rejects.toThrow('broken')
    expect(await count(other, 'users')).toBe(100)
    await other.query('ALTER TABLE tokens DROP CONSTRAINT broken')

    expect(await seed(other, { chunk: 50 })).toMatchObject({ inserted: users - 100, users })
    expect(await readRows(other)).toEqual(await readRows(client))
  })
})

describe('a seed beside other rows', () => {
  test('adds to the demo and leaves it as it is', async () => {
    const client = await emptyDatabase()
    await fillDemoData(client, now)
    const demo = await readRows(client)
    await seed(client, { users: 20 })
    const both = await readRows(client)
    for (const [table, rows] of Object.entries(demo)) expect(both[table]).toEqual(expect.arrayContaining([...rows]))
    expect(both.users).toHaveLength((demo.users?.length ?? 0) + 20)
    expect(both.roles).toEqual(demo.roles)
  })

  test('can be extended after others have made rows', async () => {
    const client = await emptyDatabase()
    await seed(client, { users: 20 })
    const { rows } = await client.query<{ id: number }>(
      `INSERT INTO accesses (organization_id, user_id, type, two_fa_enabled, created_at, updated_at)
       SELECT organization_id, id, 'UI_CONNECTION', true, now(), now() FROM users LIMIT 1 RETURNING id`,
    )
    expect(rows[0]?.id).toBeGreaterThanOrEqual(firstFreeIds.accesses)
    expect(await seed(client, { users: 40 })).toMatchObject({ inserted: 20, users: 40 })
  })

  test('refuses ids that belong to something else', async () => {
    const client = await emptyDatabase()
    await fillDemoData(client, now)
    await client.query(
      `INSERT INTO accesses (id, organization_id, user_id, type, two_fa_enabled, created_at, updated_at)
       SELECT 1000001, organization_id, id, 'UI_CONNECTION', true, now(), now() FROM users LIMIT 1`,
    )
    await expect(seed(client)).rejects.toThrow("expected the access ids from 1000000 on to be the seed's own")
  })

  test('has room for the last user of the largest population', async () => {
    const client = await emptyDatabase()
    await seed(client, { users: 1 })
    const day = new Date('2026-11-21')
    await client.query(insertPopulation, populationParameters(maximumUsers - 5, maximumUsers, day))
    const endOfLarge = firstLargeUser + maximumLargeUsers
    await client.query(insertPopulation, populationParameters(endOfLarge - 5, endOfLarge, day))
    for (const [table, firstFreeId] of Object.entries(firstFreeIds)) {
      expect(await count(client, `${table} WHERE id >= ${firstFreeId}`)).toBe(0)
    }
    expect(await count(client, 'users')).toBe(11)
  })
})

describe('a large organization', () => {
  test('has all of its users, one administrator among them, and stands beside the others', async () => {
    const client = await emptyDatabase()
    expect(await seed(client, { users: 20, large: 30 })).toMatchObject({ inserted: 50, users: 50 })
    const { rows } = await client.query<{ customer_id: number; users: number; administrators: number }>(
      `SELECT customer_id, count(*)::int AS users, (SELECT count(*)::int FROM role_assignments r
         WHERE r.organization_id = o.id AND r.role_id = 'administrator') AS administrators
       FROM users JOIN organizations o ON o.id = organization_id GROUP BY o.id ORDER BY customer_id`,
    )
    expect(rows.at(-1)).toEqual({ customer_id: 2001, users: 30, administrators: 1 })
    expect(rows.reduce((total, { users }) => total + users, 0)).toBe(50)
  })

  test('changes nothing of the others, whichever was there first, and is continued like them', async () => {
    const all = await emptyDatabase()
    await seed(all, { users: 20, large: 30 })
    const rows = await readRows(all)
    const inParts = await emptyDatabase()
    expect(await seed(inParts, { users: 1, large: 12, chunk: 5 })).toMatchObject({ inserted: 13, users: 13 })
    expect(await seed(inParts, { users: 20 })).toMatchObject({ inserted: 19, users: 32 })
    const later = new Date('2027-03-01T00:00:00.000Z')
    expect(await seed(inParts, { users: 20, large: 30, now: later })).toMatchObject({ inserted: 18, users: 50 })
    expect(await readRows(inParts)).toEqual(rows)
  })

  test('refuses ids that belong to something else', async () => {
    const client = await emptyDatabase()
    await seed(client, { users: 20 })
    await client.query(
      `INSERT INTO accesses (id, organization_id, user_id, type, two_fa_enabled, created_at, updated_at)
       SELECT 5000000, organization_id, id, 'UI_CONNECTION', true, now(), now() FROM users LIMIT 1`,
    )
    await expect(seed(client, { large: 1 })).rejects.toThrow(
      "expected the access ids from 5000000 on to be the seed's own",
    )
  })
})

describe('the progress', () => {
  test('starts with what is there and ends with everything', async () => {
    const client = await emptyDatabase()
    const told: number[][] = []
    const onProgress = (...call: [number, number]) => void told.push(call)
    await seed(client, { users: 25, chunk: 10, onProgress })
    expect(told).toEqual([
      [0, 25],
      [10, 25],
      [20, 25],
      [25, 25],
    ])
    told.length = 0
    await seed(client, { users: 30, chunk: 10, onProgress })
    expect(told).toEqual([
      [25, 30],
      [30, 30],
    ])
    told.length = 0
    await seed(client, { users: 30, large: 10, chunk: 10, onProgress })
    expect(told).toEqual([
      [30, 40],
      [40, 40],
    ])
  })
})
