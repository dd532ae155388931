/** What the database says is left of the accesses that may assign roles. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { untilWaiting } from '../support/locks.ts'

const permission = 'iam.role.assign'
const at = '2026-11-21T09:30:00Z'
const today = '2026-11-21'
const soon = '2027-01-01T00:00:00Z'

let database: TestDatabase
let client: pg.Client
let organization: string
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
  client = new pg.Client(database.connection)
  await client.connect()
  await client.query(`
    INSERT INTO roles VALUES ('admin', 'Assigns'), ('owner', 'Assigns, too'), ('reader', 'Reads');
    INSERT INTO permissions VALUES ('${permission}', 'Assigns roles'), ('read', 'Reads');
    INSERT INTO role_permissions VALUES ('admin', '${permission}'), ('owner', '${permission}'), ('reader', 'read')`)
})
beforeEach(async () => {
  organization = await newOrganization()
})
afterAll(async () => {
  await client.end()
  await database.close()
})

let customers = 0
async function newOrganization(): Promise<string> {
  const id = randomUUID()
  customers += 1
  await client.query(`INSERT INTO organizations VALUES ($1, $2, 'One')`, [id, customers])
  return id
}

interface Held {
  readonly role?: string
  readonly zone?: string
  readonly validUntil?: string
  readonly userExpires?: string
  readonly type?: 'PROFILE' | 'API_CONNECTION'
}

/** A user with an access that holds a role. */
async function holder({ role = 'admin', zone, validUntil, userExpires, type = 'API_CONNECTION' }: Held = {}) {
  const user = randomUUID()
  await client.query(
    `INSERT INTO users (id, organization_id, firstname, lastname, email, language, expires_at, created_at, updated_at)
     VALUES ($1, $2, 'Ada', 'Lovelace', $4, 'EN', $3, now(), now())`,
    [user, organization, userExpires, `${user}@example.com`],
  )
  const { rows } = await client.query(
    `INSERT INTO accesses (organization_id, user_id, type, name, language, created_at, updated_at)
     VALUES ($1, $2, $3, 'A', $4, now(), now()) RETURNING id`,
    [organization, user, type, type === 'PROFILE' ? null : 'EN'],
  )
  const access: number = rows[0].id
  return { user, access, assignment: await assign(access, role, zone, validUntil) }
}

async function assign(access: number, role: string, zone?: string, validUntil?: string): Promise<number> {
  const { rows } = await client.query(
    `INSERT INTO role_assignments (organization_id, access_id, role_id, resource_type, resource_id, valid_until)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [organization, access, role, zone === undefined ? null : 'ZONE', zone, validUntil],
  )
  return rows[0].id
}

interface Going {
  readonly own?: number
  readonly assignment?: number
  readonly access?: number
  readonly user?: string
  readonly from?: string
}

async function left({ own, assignment, access, user, from }: Going, by = client): Promise<string> {
  const { rows } = await by.query(`SELECT role_assigners_after($1, $2, $3, $4, $5, $6, $7, $8, $9) AS answer`, [
    permission,
    at,
    today,
    own,
    organization,
    assignment,
    access,
    user,
    from,
  ])
  return rows[0].answer
}

async function leftWithout(role: string, own?: number): Promise<string> {
  const { rows } = await client.query(`SELECT role_assigners_without($1, $2, $3, $4, $5) AS answer`, [
    permission,
    at,
    today,
    own,
    role,
  ])
  return rows[0].answer
}

describe('the last access of an organization that may assign roles', () => {
  it('stays, whether its assignment, the access or its user would go', async () => {
    const { assignment, access, user } = await holder()
    expect(await left({ assignment })).toBe('last')
    expect(await left({ access })).toBe('last')
    expect(await left({ user })).toBe('last')
    expect(await left({ user, from: '2026-11-21T00:00:00Z' })).toBe('last')
  })

  it('may go where another one stays, and one role of an access where the other lets it assign', async () => {
    const { assignment, access } = await holder()
    const second = await assign(access, 'owner')
    expect(await left({ assignment })).toBe('stays')
    expect(await left({ access })).toBe('last')
    await holder()
    expect(await left({ assignment })).toBe('stays')
    expect(await left({ assignment: second })).toBe('stays')
    expect(await left({ access })).toBe('stays')
  })

  it.each<[string, Held]>([
    ['holds a role that does not permit it', { role: 'reader' }],
    ['holds the role on one zone only', { zone: 'example.com' }],
    ['has held it until now', { validUntil: at }],
    ['will not hold it for good', { validUntil: soon }],
    ['has a user whose time is over', { userExpires: '2026-11-20' }],
    ['has a user whose time will be over', { userExpires: '2027-01-01' }],
    ['is a profile, with which nobody signs in', { type: 'PROFILE' }],
  ])('stays beside one that %s', async (_, other) => {
    const { access } = await holder()
    const { access: otherAccess } = await holder(other)
    expect(await left({ access })).toBe('last')
    expect(await left({ access: otherAccess })).toBe('stays')
  })

  it('is one that lasts: with an end, it may go beside one that lasts or not', async () => {
    const { access } = await holder({ validUntil: soon })
    await holder({ validUntil: at })
    expect(await left({ access })).toBe('last')
    const { access: second } = await holder({ userExpires: '2026-11-21' })
    expect(await left({ access })).toBe('stays')
    expect(await left({ access: second })).toBe('stays')
  })

  it('gets no end, and neither does its user; what has one gets another one, or none', async () => {
    const { assignment, user } = await holder()
    expect(await left({ assignment, from: soon })).toBe('last')
    expect(await left({ user, from: soon })).toBe('last')
    expect(await left({ assignment, from: 'infinity' })).toBe('stays')
    const ending = await holder({ validUntil: '2027-06-01T00:00:00Z' })
    expect(await left({ assignment: ending.assignment, from: soon })).toBe('stays')
    expect(await left({ assignment, from: soon })).toBe('last')
    await holder()
    expect(await left({ assignment, from: soon })).toBe('stays')
  })

  it('blocks nothing where there was none, and nothing of another organization', async () => {
    const { access, user, assignment } = await holder({ role: 'reader' })
    expect(await left({ access })).toBe('stays')
    expect(await left({ user })).toBe('stays')
    expect(await left({ assignment })).toBe('stays')
    const { access: last } = await holder()
    organization = await newOrganization()
    await holder()
    expect(await left({ access: last })).toBe('stays')
  })

  it('stays where a role would permit it no more', async () => {
    expect(await leftWithout('owner')).toBe('stays')
    const { access } = await holder({ role: 'owner' })
    expect(await leftWithout('owner')).toBe('last')
    const other = await assign(access, 'admin', undefined, soon)
    expect(await leftWithout('owner')).toBe('last')
    await client.query('UPDATE role_assignments SET valid_until = NULL WHERE id = $1', [other])
    expect(await leftWithout('owner')).toBe('stays')
    expect(await leftWithout('reader')).toBe('stays')
  })
})

describe('the own access', () => {
  it('does not lose what lets it assign roles to itself, not even later', async () => {
    const { access: own, assignment } = await holder()
    const { access, user } = await holder()
    expect(await left({ own, assignment })).toBe('own')
    expect(await left({ own, assignment, from: soon })).toBe('own')
    expect(await left({ own, access })).toBe('stays')
    expect(await left({ own: access, user })).toBe('own')
    const second = await assign(own, 'owner')
    expect(await left({ own, assignment })).toBe('stays')
    expect(await left({ own, assignment: second })).toBe('stays')
  })

  it('does not lose it to a change of a role', async () => {
    await client.query(`INSERT INTO roles VALUES ('deputy', '') ON CONFLICT DO NOTHING`)
    await client.query(`INSERT INTO role_permissions VALUES ('deputy', $1) ON CONFLICT DO NOTHING`, [permission])
    await holder()
    const { access: own } = await holder({ role: 'deputy' })
    expect(await leftWithout('deputy')).toBe('stays')
    expect(await leftWithout('deputy', own)).toBe('own')
    await assign(own, 'admin')
    expect(await leftWithout('deputy', own)).toBe('stays')
  })
})

describe.skipIf(inject('templates').server === null)('of two that would go at once', () => {
  let second: pg.Client
  beforeEach(async () => {
    second = new pg.Client(database.connection)
    await second.connect()
  })

  it('the later one stays, though its statement began before the other was gone', async () => {
    const one = await holder()
    const other = await holder()
    await client.query('BEGIN')
    expect(await left({ access: one.access })).toBe('stays')
    const asked = left({ access: other.access }, second)
    await untilWaiting(client)
    await client.query('DELETE FROM role_assignments WHERE access_id = $1', [one.access])
    await client.query('COMMIT')
    expect(await asked).toBe('last')
    await second.end()
  })

  it('the later one stays where a role that gave it to the other is changed meanwhile', async () => {
    await client.query(`INSERT INTO roles VALUES ('interim', '')`)
    await client.query(`INSERT INTO role_permissions VALUES ('interim', $1)`, [permission])
    await holder({ role: 'interim' })
    const other = await holder()
    await client.query('BEGIN')
    expect(await leftWithout('interim')).toBe('stays')
    const asked = left({ access: other.access }, second)
    await untilWaiting(client)
    await client.query(`DELETE FROM role_permissions WHERE role_id = 'interim'`)
    await client.query('COMMIT')
    expect(await asked).toBe('last')
    await second.end()
  })
})
