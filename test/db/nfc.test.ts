/** What the migration to Unicode's normalization form C makes of a database that was written before it. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EarlierMigrations, migrationsBefore } from '../support/earlierMigrations.ts'

const migration = '20261124000300_nfc'
const organizationId = randomUUID()
const composed = 'Zoë'
const decomposed = composed.normalize('NFD')

let database: TestDatabase
let client: pg.Client
let before: EarlierMigrations
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client(database.connection)
  await client.connect()
  before = await migrationsBefore(migration)
})
beforeEach(async () => {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await migrate(client, before.folder)
  await client.query(`INSERT INTO organizations VALUES ($1, 1, 'One')`, [organizationId])
})
afterAll(async () => {
  await client.end()
  await database.close()
  await before.remove()
})

async function addUser(firstname: string, lastname: string, email: string): Promise<string> {
  const id = randomUUID()
  await client.query(
    `INSERT INTO users (id, organization_id, firstname, lastname, email, language, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, 'EN', now(), now())`,
    [id, organizationId, firstname, lastname, email],
  )
  return id
}

async function addAccess(userId: string, type: string, name: string | null, ssoId: string | null): Promise<number> {
  const { rows } = await client.query(
    `INSERT INTO accesses (organization_id, user_id, type, name, sso_id, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, now(), now()) RETURNING id`,
    [organizationId, userId, type, name, ssoId],
  )
  return rows[0].id
}

const addToken = (accessId: number, name: string) =>
  client.query(
    `INSERT INTO tokens (organization_id, access_id, name, secret_hash, hint, allowed_scopes, created_at, updated_at, expires_at)
     VALUES ($1, $2, $3, sha256('secret'), 'abcd', '{}', now(), now(), now() + interval '1 day')`,
    [organizationId, accessId, name],
  )

const texts = async () => {
  const { rows } = await client.query(
    `SELECT firstname, lastname, email, array(SELECT coalesce(name, sso_id) FROM accesses ORDER BY id) AS accesses,
     array(SELECT name FROM tokens) AS tokens FROM users ORDER BY id`,
  )
  return rows
}

describe('the migration to normalization form C', () => {
  it('rewrites names and mail addresses, and leaves the identifiers of identity providers as they are', async () => {
    const userId = await addUser(decomposed, decomposed, `${decomposed}@b.example`)
    const profile = await addAccess(userId, 'PROFILE', decomposed, null)
    await addAccess(userId, 'SSO_CONNECTION', null, decomposed)
    await addToken(profile, decomposed)
    expect(await migrate(client)).toContain(migration)
    expect(await texts()).toEqual([
      {
        firstname: composed,
        lastname: composed,
        email: `${composed}@b.example`,
        accesses: [composed, decomposed],
        tokens: [composed],
      },
    ])
  })

  it('stops where two users have one mail address then, says who, and changes nothing', async () => {
    const ids = [await addUser('A', 'B', `${composed}@b.example`), await addUser('A', 'B', `${decomposed}@B.example`)]
    const found = await texts()
    await expect(migrate(client)).rejects.toThrow(
      `Migration ${migration} failed, nothing of it was kept: these users (the first 20 groups) have mail addresses that ` +
        `look the same, correct them: ${ids.sort().join(', ')}`,
    )
    expect(await texts()).toEqual(found)
  })

  it('leaves checks behind that hold every other writer to it', async () => {
    await migrate(client)
    const check = (constraint: string) => ({ constraint })
    await expect(addUser(decomposed, 'B', 'b@b.example')).rejects.toMatchObject(check('users_nfc_check'))
    await expect(addUser('A', decomposed, 'b@b.example')).rejects.toMatchObject(check('users_nfc_check'))
    await expect(addUser('A', 'B', `${decomposed}@b.example`)).rejects.toMatchObject(check('users_nfc_check'))
    const userId = await addUser(composed, composed, `${composed}@b.example`)
    await expect(addAccess(userId, 'PROFILE', decomposed, null)).rejects.toMatchObject(check('accesses_nfc_check'))
    const profile = await addAccess(userId, 'PROFILE', composed, null)
    await expect(addToken(profile, decomposed)).rejects.toMatchObject(check('tokens_nfc_check'))
  })
})
