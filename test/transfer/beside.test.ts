/** Imports beside others: another import, and gateways that write. The embedded database has nobody beside it. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { allScopes } from '../../src/auth/scopes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { untilWaiting } from '../support/locks.ts'
import { exportText, importText, linesOf } from '../support/transfer.ts'
import { ada, all, bob, deploy, everywhere, ids, lakeside, profile, there } from './lines.ts'

const isEmbedded = process.env.DATABASE_URL === undefined || process.env.DATABASE_URL === ''

describe.skipIf(isEmbedded)('an import', () => {
  let database: TestDatabase
  let other: pg.Client
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    other = new pg.Client(database.connection)
    await other.connect()
    const { problems } = await importText(database, linesOf(all), { prune: true })
    expect(problems).toEqual([])
    return () => other.end()
  })

  const replaced = (line: object, by: object) => all.map((each) => (each === line ? by : each))

  /** Stops the import of the lines before it writes role assignments, does the work, and lets it go on. */
  async function amid(lines: readonly object[], work: () => Promise<unknown>, prune = false) {
    await other.query('BEGIN; LOCK TABLE role_assignments IN SHARE ROW EXCLUSIVE MODE')
    const importing = importText(database, linesOf(lines), { prune })
    await untilWaiting(other)
    await work()
    await other.query('COMMIT')
    return importing
  }

  it('waits for another, and is refused clearly where that does not end', async () => {
    await other.query('SELECT pg_advisory_lock(72707371)')
    await expect(importText(database, linesOf(all), { lockTimeout: 1 })).rejects.toThrow(
      'Waited 1 s for another import, which is under way: import again when it has ended',
    )
    const waiting = importText(database, linesOf(replaced(bob, { ...bob, firstname: 'Robert' })))
    await untilWaiting(other)
    await other.query('SELECT pg_advisory_unlock(72707371)')
    expect((await waiting).counts).toMatchObject({ user: { changed: 1, same: 2 } })
  })

  it('holds no version of an organization while it writes, whatever it takes from callers', async () => {
    await other.query(`SELECT count_organization_versions('{${ids.lakeside}}')`)
    const lines = all
      .filter((line) => line !== deploy && line !== everywhere)
      .map((line) => (line === ada ? { ...ada, expires_at: '2026-11-01' } : line))
      .concat({ ...everywhere, access_id: 2 })
    const { counts } = await amid(
      lines,
      async () => {
        const { rows } = await other.query(`SELECT organization_id FROM organization_versions FOR UPDATE NOWAIT`)
        expect(rows).toContainEqual({ organization_id: ids.lakeside })
      },
      true,
    )
    expect(counts).toMatchObject({ user: { changed: 1 }, token: { removed: 1 }, roleAssignment: { created: 1 } })
  })

  it('begins anew where a token is deactivated meanwhile, and leaves that alone', async () => {
    const lines = [
      { ...ada, expires_at: '2026-11-02' },
      { ...deploy, name: 'renamed' },
      { ...everywhere, access_id: 3 },
    ]
    const second = new pg.Client(database.connection)
    await second.connect()
    const { counts } = await amid(lines, () => second.query('UPDATE tokens SET deactivated = true'))
    await second.end()
    expect(counts).toMatchObject({ user: { changed: 1 }, token: { changed: 1 }, roleAssignment: { created: 1 } })
    expect((await other.query('SELECT name, deactivated FROM tokens')).rows).toEqual([
      { name: 'renamed', deactivated: true },
    ])
  })

  it('tells what does not fit any more when it has begun anew', async () => {
    const second = new pg.Client(database.connection)
    await second.connect()
    const { problems, counts } = await amid(
      [
        { ...deploy, name: 'renamed', revoked_at: null },
        { ...everywhere, access_id: 3 },
      ],
      () => second.query(`UPDATE tokens SET revoked_at = '2026-11-20'`),
    )
    await second.end()
    expect(problems).toEqual([expect.stringMatching(/^file:1: revoked_at: expected "2026-11-20/)])
    expect(counts).toBeNull()
    await other.query('DELETE FROM tokens')
  })

  it('begins anew where what it refers to is removed meanwhile, and then says so', async () => {
    await other.query(`DELETE FROM role_assignments WHERE role_id = 'reader'`)
    const { problems, counts } = await amid([{ ...there, access_id: 3 }], () =>
      other.query(`DELETE FROM roles WHERE id = 'reader'`),
    )
    expect(problems).toEqual(['file:1: role_id: expected a role in the file or the database, received "reader"'])
    expect(counts).toBeNull()
  })

  it('begins anew where something comes to refer to what it takes away, and takes that away, too', async () => {
    const lines = all.filter((line) => line !== profile).concat({ ...there, access_id: 1 })
    const { counts } = await amid(
      lines,
      () =>
        other.query(`INSERT INTO role_assignments (organization_id, access_id, role_id)
          VALUES ('${ids.lakeside}', 3, 'reader')`),
      true,
    )
    expect(counts).toMatchObject({ access: { removed: 1 }, roleAssignment: { created: 1, removed: 1 } })
  })

  it('gives up clearly where what it refers to is removed each time', async () => {
    await other.query(`
      CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE foreign_key_violation; END';
      CREATE TRIGGER lose BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lose()`)
    await expect(importText(database, linesOf([{ ...bob, phone: '1' }]))).rejects.toThrow(
      'nothing has been changed, import again',
    )
    await other.query('DROP FUNCTION lose CASCADE')
  })

  it('gives up clearly where the same rows are changed each time', async () => {
    await other.query(`
      CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE serialization_failure; END';
      CREATE TRIGGER lose BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lose()`)
    await expect(importText(database, linesOf([{ ...bob, phone: '1' }]))).rejects.toThrow(
      'Others have changed the same rows 3 times while the import was under way: nothing has been changed, import again',
    )
    await other.query('DROP FUNCTION lose CASCADE')
  })

  it('is seen by an export as a whole or not at all', async () => {
    const before = await exportText(database)
    let during = ''
    const lines = [
      { ...lakeside, name: 'Renamed' },
      { ...everywhere, access_id: 3 },
    ]
    await amid(lines, async () => {
      during = await exportText(database)
    })
    expect(during).toBe(before)
    expect(await exportText(database)).toContain('"Renamed"')
  })
})

describe.skipIf(isEmbedded)('a gateway beside an import', () => {
  const keeper = { ...demoCallers.administrator, scopes: allScopes }
  const terraform = demoAccess('Terraform')
  const { userId } = terraform.person
  const tokenId = demoTokenId('Terraform Cloud')
  let harness: Harness
  let importing: pg.Client
  beforeAll(async () => {
    harness = await createHarness()
    importing = new pg.Client(harness.database.connection)
    await importing.connect()
  })
  afterAll(async () => {
    await importing.end()
    await harness.close()
  })

  it('finds neither user nor access that were taken away, and lists their tokens, which say whose they were', async () => {
    const asked = `query ($user: ID!, $access: ID!, $token: ID!) {
      user(id: $user) { id } access(id: $access) { id } tokens(search: { userId: $user }) { total }
      token(id: $token) { status user { email accesses { total } } access { id } domain }
    }`
    const ask = async () =>
      (await harness.askRaw(asked, { user: userId, access: String(terraform.accessId), token: String(tokenId) })).data
    const bearer = { authorization: `Bearer ${formatSecret(fixedBytes(`secret of token ${tokenId}`))}` }
    const status = async () => (await harness.askRaw('{ viewer { subject } }', {}, bearer)).status
    const before = await ask()
    const accesses = await harness.prisma.access.findMany({ where: { userId } })
    const going = new Set<unknown>([userId, ...accesses.map(({ id }) => id)])
    const left = (await exportText(harness.database))
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text))
      .filter((line) => !going.has(line.type === 'user' || line.type === 'access' ? line.id : line.access_id))
      .filter((line) => !going.has(line.user_id))
    const { problems, counts } = await importText(harness.database, linesOf(left), { prune: true })
    expect(problems).toEqual([])
    expect(counts).toMatchObject({ user: { removed: 1 }, access: { removed: accesses.length } })
    expect(await status()).toBe(401)
    expect(await ask()).toEqual({
      user: null,
      access: null,
      tokens: before?.tokens,
      token: {
        ...(before?.token as object),
        status: 'REVOKED',
        user: { email: terraform.person.email, accesses: { total: 0 } },
      },
    })
  })

  /** Asks the mutation while what an import has done is not there yet. */
  async function meanwhile(done: string, mutation: string) {
    await importing.query(`BEGIN; ${done}`)
    const asking = harness.askRaw(
      `mutation { result: ${mutation} { __typename ... on Error { code message } } }`,
      {},
      keeper,
    )
    await untilWaiting(importing)
    await importing.query('COMMIT')
    const { data, errors } = await asking
    expect(errors).toBeUndefined()
    return data?.result
  }

  it('assigns no role that was taken away meanwhile', async () => {
    await importing.query(`INSERT INTO roles (id, description) VALUES ('going', 'Goes.');
      INSERT INTO role_permissions (role_id, permission_id) VALUES ('going', 'iam.role.assign')`)
    const input = `{ accessId: "${keeper.accessId}", roleId: "going" }`
    expect(await meanwhile(`DELETE FROM roles WHERE id = 'going'`, `assignRole(input: ${input})`)).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'there is no such role',
    })
  })

  it('removes no role that was assigned meanwhile', async () => {
    await importing.query(`INSERT INTO roles (id, description) VALUES ('needed', 'Stays.')`)
    const assigned = `INSERT INTO role_assignments (organization_id, access_id, role_id)
      SELECT organization_id, id, 'needed' FROM accesses WHERE id = ${keeper.accessId}`
    expect(await meanwhile(assigned, 'removeRole(input: { roleId: "needed" })')).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: '1 access has the role: expected one that none has',
    })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
