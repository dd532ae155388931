/** Imports beside others: another import, and gateways that write. The embedded database has nobody beside it. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { untilWaiting } from '../support/locks.ts'
import { exportText, importText, linesOf } from '../support/transfer.ts'
import { ada, all, bob, deploy, everywhere, ids, lakeside } from './lines.ts'

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
