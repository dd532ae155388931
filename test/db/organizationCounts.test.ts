/** Which changes count the version of an organization: those that may take something from a caller, and no others. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
  client = new pg.Client(database.connection)
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.close()
})

interface Rows {
  readonly organization: string
  readonly user: string
  readonly access: number
  readonly token: number
}

let own: Rows
let other: Rows
beforeEach(async () => {
  own = await organization()
  other = await organization()
})

/** An organization with a user, an access of his, and a token for that. */
async function organization(): Promise<Rows> {
  const organization = randomUUID()
  await client.query(
    `INSERT INTO organizations SELECT $1, coalesce(max(customer_id), 0) + 1, 'One' FROM organizations`,
    [organization],
  )
  const { user, access } = await owner(organization)
  const token = await inserted(
    `INSERT INTO tokens (organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes, created_at, updated_at,
        expires_at)
      VALUES ($1, $2, 'A', sha256($3), 'abcd', '{users:read}', '{}', now(), now(), '2030-01-01') RETURNING id`,
    [organization, access, user],
  )
  return { organization, user, access, token }
}

/** A user with an access. */
async function owner(organization: string): Promise<Pick<Rows, 'user' | 'access'>> {
  const user = randomUUID()
  await client.query(
    `INSERT INTO users (id, organization_id, firstname, lastname, email, language, created_at, updated_at)
      VALUES ($1::uuid, $2, 'Ada', 'Lovelace', $1::uuid || '@example.com', 'EN', now(), now())`,
    [user, organization],
  )
  const access = await inserted(
    `INSERT INTO accesses (organization_id, user_id, type, name, created_at, updated_at)
      VALUES ($1, $2, 'PROFILE', 'A', now(), now()) RETURNING id`,
    [organization, user],
  )
  return { user, access }
}

async function inserted(statement: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await client.query<{ id: number }>(statement, [...values])
  return rows[0]?.id ?? Number.NaN
}

/** Which organizations the change counts, and by how much. */
async function counted(change: string, ...values: readonly unknown[]): Promise<ReadonlyMap<string, number>> {
  const before = await versions()
  await client.query(change, [...values])
  const after = await versions()
  return new Map(
    [...after].map(([id, version]) => [id, version - (before.get(id) ?? 0)] as const).filter(([, by]) => by !== 0),
  )
}

async function versions(): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ id: string; version: string }>(
    'SELECT organization_id AS id, version FROM organization_versions',
  )
  return new Map(rows.map(({ id, version }) => [id, Number(version)]))
}

const once = (...rows: readonly Rows[]) => new Map(rows.map(({ organization }) => [organization, 1]))
const nobody = new Map()

describe('the version of an organization', () => {
  it('is counted where a user gets another end, or none', async () => {
    for (const end of ['2029-01-01', '2029-01-02', null]) {
      expect(await counted('UPDATE users SET expires_at = $2 WHERE id = $1', own.user, end)).toEqual(once(own))
    }
  })

  it.each([
    ['firstname', `'Grace'`],
    ['email', `'grace' || id`],
    ['updated_at', `now() + interval '1 day'`],
    ['expires_at', 'expires_at'],
  ])('is not counted for another %s of a user', async (column, value) => {
    expect(await counted(`UPDATE users SET ${column} = ${value}`)).toEqual(nobody)
  })

  it.each([
    ['secret_hash', `sha256(secret_hash)`],
    ['scope', `'{}'`],
    ['allowed_scopes', `'{"reader":null}'`],
    ['expires_at', `'2029-01-01'`],
    ['deactivated', 'true'],
    ['revoked_at', 'now()'],
    ['only_operations', `ARRAY[repeat('a', 64)]`],
  ])('is counted for another %s of a token', async (column, value) => {
    expect(await counted(`UPDATE tokens SET ${column} = ${value} WHERE id = $1`, own.token)).toEqual(once(own))
  })

  it.each([
    ['name', `'Another'`],
    ['first_used_at', 'now()'],
    ['last_used_at', 'now()'],
    ['updated_at', `now() + interval '1 day'`],
    ['deactivated', 'deactivated'],
    ['revoked_at', 'revoked_at'],
  ])('is not counted for another %s of a token', async (column, value) => {
    expect(await counted(`UPDATE tokens SET ${column} = ${value}`)).toEqual(nobody)
  })

  it('is counted where an access gets another user, and a token another access', async () => {
    const { user, access } = await owner(own.organization)
    expect(await counted('UPDATE tokens SET access_id = $2 WHERE id = $1', own.token, access)).toEqual(once(own))
    expect(await counted('UPDATE accesses SET user_id = $2 WHERE id = $1', own.access, user)).toEqual(once(own))
    expect(await counted(`UPDATE accesses SET name = 'B', last_login_at = now()`)).toEqual(nobody)
  })

  it('is counted where a user, or a token, leaves for another organization', async () => {
    const { user, access } = await owner(own.organization)
    await client.query('DELETE FROM accesses WHERE id = $1', [access])
    const moved = 'UPDATE users SET organization_id = $2 WHERE id = $1'
    expect(await counted(moved, user, other.organization)).toEqual(once(own))
    const given = 'UPDATE tokens SET organization_id = $2, access_id = $3 WHERE id = $1'
    expect(await counted(given, own.token, other.organization, other.access)).toEqual(once(own))
  })

  it('is counted once for all rows of a statement, and for each organization of them', async () => {
    const second = await owner(own.organization)
    const tokens = [own.token, other.token]
    expect(await counted('UPDATE tokens SET deactivated = true WHERE id = ANY($1)', tokens)).toEqual(once(own, other))
    const users = [own.user, second.user, other.user]
    expect(await counted('UPDATE users SET expires_at = now() WHERE id = ANY($1)', users)).toEqual(once(own, other))
  })

  it('is counted where rows go', async () => {
    expect(await counted('DELETE FROM tokens WHERE id = $1', own.token)).toEqual(once(own))
    expect(await counted('DELETE FROM accesses WHERE id = $1', own.access)).toEqual(once(own))
    expect(await counted('DELETE FROM users WHERE id = $1', own.user)).toEqual(once(own))
  })
})
