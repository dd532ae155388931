/** Names in a database of the locale C, which knows no letters beyond ASCII by itself. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tokenTime } from '../../src/auth/token.ts'
import { migrate } from '../../src/db/migrate.ts'
import { type UserSearch, usersMatching } from '../../src/search/userSearch.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EarlierMigrations, migrationsBefore } from '../support/earlierMigrations.ts'

const migration = '20261124000200_collation'
const organizationId = randomUUID()

let database: TestDatabase
let client: pg.Client
let before: EarlierMigrations
beforeAll(async () => {
  database = await createTestDatabase({ locale: 'C' })
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

async function addUser(lastname: string, email: string): Promise<string> {
  const id = randomUUID()
  await client.query(
    `INSERT INTO users (id, organization_id, firstname, lastname, email, language, created_at, updated_at)
     VALUES ($1, $2, 'A', $3, $4, 'EN', now(), now())`,
    [id, organizationId, lastname, email],
  )
  return id
}

const now = new Date()
const rules = { now, tokenTime: tokenTime(now, null), tokenIdleLifetime: null, mostRows: 10 }

async function lastnames(search: UserSearch): Promise<readonly string[]> {
  const { text, values } = usersMatching(search, rules)
  const { rows } = await client.query(`SELECT lastname FROM users WHERE ${text} ORDER BY lastname, id`, [...values])
  return rows.map(({ lastname }) => lastname)
}

describe('names in a database of the locale C', () => {
  it('are sorted as people expect it', async () => {
    await addUser('Zulu', 'a@b.example')
    await migrate(client)
    await addUser('van Dyk', 'b@b.example')
    await addUser('Ångström', 'c@b.example')
    expect(await lastnames({})).toEqual(['Ångström', 'van Dyk', 'Zulu'])
  })

  it.each(['on', 'off'])('are found whatever the case of their letters, with sequential scans %s', async (scans) => {
    await migrate(client)
    await addUser('Zürich', 'zoë@b.example')
    await client.query(`SET enable_seqscan = ${scans}`)
    for (const text of ['ZÜRICH', 'zürich', 'ÜRI', 'Ü', 'ZOË@']) expect(await lastnames({ text })).toEqual(['Zürich'])
    for (const email of ['ZOË@B.example', 'zoë@b.EXAMPLE']) expect(await lastnames({ email })).toEqual(['Zürich'])
    expect(await lastnames({ text: 'zurich' })).toEqual([])
    await client.query('RESET enable_seqscan')
  })

  it('are one mail address where they differ by case only', async () => {
    await migrate(client)
    await addUser('One', 'zoë@b.example')
    await expect(addUser('Two', 'ZOË@B.example')).rejects.toMatchObject({
      constraint: 'users_organization_id_lower_email_key',
    })
  })

  it('stop the migration where two users have one mail address then, and say who', async () => {
    // In the locale C it held for ASCII only.
    await client.query('DROP INDEX users_organization_id_lower_email_key')
    const ids = [await addUser('One', 'zoë@b.example'), await addUser('Two', 'ZOË@b.example')]
    await addUser('Three', 'zoe@b.example')
    await expect(migrate(client)).rejects.toThrow(
      `Migration ${migration} failed, nothing of it was kept: these users (the first 20 groups) have mail addresses that ` +
        `differ by case only, correct them: ${ids.sort().join(', ')}`,
    )
    await client.query('DELETE FROM users WHERE id = $1', [ids[0]])
    expect(await migrate(client)).toContain(migration)
  })
})
