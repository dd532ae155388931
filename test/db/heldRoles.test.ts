/** What the database keeps beside each access of the roles that it holds. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { betweenIds, heldSet } from '../../src/db/heldRoles.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { untilWaiting } from '../support/locks.ts'

const roles = ['auditor', 'operator', 'reader', 'writer']
const soon = '2027-01-01T00:00:00.000Z'
const later = '2028-02-29T12:34:56.789Z'

let database: TestDatabase
let client: pg.Client
let organization: string
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
  client = new pg.Client(database.connection)
  await client.connect()
  organization = randomUUID()
  await client.query(`INSERT INTO organizations VALUES ($1, 1, 'One')`, [organization])
  await client.query(`INSERT INTO roles SELECT id, 'A role.' FROM unnest($1::text[]) AS id`, [roles])
})
afterAll(async () => {
  await client.end()
  await database.close()
})

/** New accesses of a user of their own; their ids, in order. */
async function accesses(count: number): Promise<readonly number[]> {
  const user = randomUUID()
  const { rows } = await client.query<{ id: number }>(
    `WITH owner AS (
      INSERT INTO users (id, organization_id, firstname, lastname, email, language, created_at, updated_at)
      VALUES ($1::uuid, $2::uuid, 'Ada', 'Lovelace', $1::uuid || '@example.com', 'EN', now(), now()) RETURNING id
    )
    INSERT INTO accesses (organization_id, user_id, type, name, created_at, updated_at)
    SELECT $2::uuid, $1::uuid, 'PROFILE', 'A', now(), now() FROM generate_series(1, $3::integer) RETURNING id`,
    [user, organization, count],
  )
  return rows.map(({ id }) => id)
}

interface Assignment {
  readonly access: number
  readonly role: string
  readonly zone?: string | null
  readonly until?: string | null
}

const assigning = `
  INSERT INTO role_assignments (organization_id, access_id, role_id, resource_type, resource_id, valid_until)
  SELECT '{organization}', (given ->> 'access')::integer, given ->> 'role',
    CASE WHEN given ->> 'zone' IS NOT NULL THEN 'ZONE'::resource_type END, given ->> 'zone', (given ->> 'until')::timestamptz
  FROM jsonb_array_elements($1::jsonb) AS given
  ON CONFLICT (access_id, role_id, resource_type, resource_id) DO UPDATE SET valid_until = EXCLUDED.valid_until`

function assign(given: readonly Assignment[], by = client): Promise<unknown> {
  return by.query(assigning.replace('{organization}', organization), [JSON.stringify(given)])
}

/** What is kept of each access. */
async function kept(ids: readonly number[]): Promise<ReadonlyMap<number, string | null>> {
  const { rows } = await client.query<{ id: number; held_roles: string | null }>(
    'SELECT id, held_roles FROM accesses WHERE id = ANY($1)',
    [ids],
  )
  return new Map(rows.map(({ id, held_roles }) => [id, held_roles]))
}

/** The roles with their last ends, of all assignments that are there. */
async function assigned(ids: readonly number[]): Promise<ReadonlyMap<number, ReadonlyMap<string, number>>> {
  const { rows } = await client.query<{ access: number; role: string; until: Date | null }>(
    'SELECT access_id AS access, role_id AS role, valid_until AS until FROM role_assignments WHERE access_id = ANY($1)',
    [ids],
  )
  const held = new Map<number, Map<string, number>>()
  for (const { access, role, until } of rows) {
    const ends = held.get(access) ?? new Map<string, number>()
    held.set(access, ends.set(role, Math.max(ends.get(role) ?? 0, until?.getTime() ?? Number.POSITIVE_INFINITY)))
  }
  return held
}

async function expectToFit(ids: readonly number[]): Promise<void> {
  const held = await assigned(ids)
  for (const [id, text] of await kept(ids)) {
    const ends = held.get(id)
    expect(text === null ? undefined : new Map(text.split(betweenIds).map(readEnd))).toEqual(ends)
    for (const at of [new Date(0), new Date(soon), new Date(later)]) {
      const now = [...(ends ?? [])].filter(([, end]) => end > at.getTime()).map(([role]) => role)
      expect(
        heldSet(text, at)
          .split(betweenIds)
          .filter((role) => role !== ''),
      ).toEqual(now.sort())
    }
  }
}

function readEnd(text: string): readonly [string, number] {
  const [role = '', end] = text.split('\u0002')
  return [role, end === undefined ? Number.POSITIVE_INFINITY : Number(end)]
}

describe('the roles that an access holds', () => {
  it('are one text in the order of their ids, with the last end of each', async () => {
    const [access = 0, other = 0] = await accesses(2)
    await assign([
      { access, role: 'writer' },
      { access, role: 'auditor', until: soon },
      { access, role: 'auditor', zone: 'a.example', until: later },
      { access, role: 'reader', until: soon },
      { access, role: 'reader', zone: 'a.example' },
    ])
    expect(await kept([access, other])).toEqual(
      new Map([
        [access, `auditor\u0002${Date.parse(later)}\u0001reader\u0001writer`],
        [other, null],
      ]),
    )
  })

  it('are told of its row alone: nothing else of it is changed, and nothing at all where they stay the same', async () => {
    const [access = 0] = await accesses(1)
    const row = async () => (await client.query('SELECT xmin, * FROM accesses WHERE id = $1', [access])).rows[0]
    const before = await row()
    await assign([{ access, role: 'reader' }])
    const after = await row()
    expect(after).toEqual({ ...before, xmin: after.xmin, held_roles: 'reader' })
    await assign([{ access, role: 'reader', zone: 'a.example' }])
    await client.query(`DELETE FROM role_assignments WHERE access_id = $1 AND resource_id = 'a.example'`, [access])
    expect(await row()).toEqual(after)
  })

  it('fit whatever becomes of assignments', async () => {
    const ids = await accesses(3)
    const access = fc.constantFrom(...ids)
    const assignment = fc.record({
      access,
      role: fc.constantFrom(...roles),
      zone: fc.constantFrom(null, null, 'a.example', 'b.example'),
      until: fc.constantFrom(null, soon, later),
    })
    const byKey = ({ access, role, zone }: Assignment) => `${access} ${role} ${zone}`
    const change = fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .uniqueArray(assignment, { minLength: 1, maxLength: 6, selector: byKey })
          .map((given) => () => assign(given)),
      },
      fc.record({ access, until: fc.constantFrom(null, soon) }).map(
        ({ access, until }) =>
          () =>
            client.query('UPDATE role_assignments SET valid_until = $2 WHERE access_id = $1', [access, until]),
      ),
      fc.record({ from: access, to: access }).map(
        ({ from, to }) =>
          () =>
            client.query(
              `UPDATE role_assignments AS moved SET access_id = $2 WHERE access_id = $1
                AND NOT EXISTS (SELECT FROM role_assignments AS there WHERE there.access_id = $2
                  AND there.role_id = moved.role_id AND there.resource_id IS NOT DISTINCT FROM moved.resource_id)`,
              [from, to],
            ),
      ),
      fc
        .constantFrom(...roles)
        .map((role) => () => client.query('DELETE FROM role_assignments WHERE role_id = $1', [role])),
      access.map((id) => () => client.query('DELETE FROM role_assignments WHERE access_id = $1', [id])),
      { weight: 1, arbitrary: fc.constant(() => client.query('TRUNCATE role_assignments')) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        for (const make of changes) {
          await make()
          await expectToFit(ids)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('fit where a role gets another id, and where an access gets another one, or goes', async () => {
    const [first = 0, second = 0] = await accesses(2)
    await assign([
      { access: first, role: 'reader' },
      { access: second, role: 'reader' },
    ])
    await client.query(`UPDATE roles SET id = 'beholder' WHERE id = 'reader'`)
    expect(await kept([first, second])).toEqual(new Map([first, second].map((id) => [id, 'beholder'])))
    await client.query(`UPDATE roles SET id = 'reader' WHERE id = 'beholder'`)
    await client.query('UPDATE accesses SET id = -id WHERE id = $1', [first])
    expect(await kept([-first])).toEqual(new Map([[-first, 'reader']]))
    await client.query('DELETE FROM accesses WHERE id = $1', [second])
    expect(await assigned([second])).toEqual(new Map())
  })
})

describe.runIf(inject('templates').server !== null)('roles that are assigned at the same moment', () => {
  const others: pg.Client[] = []
  const another = async () => {
    const other = new pg.Client(database.connection)
    await other.connect()
    others.push(other)
    return other
  }
  afterAll(() => Promise.all(others.map((other) => other.end())))

  it('to one access are both held: who comes second sees what the first has done', async () => {
    const [access = 0] = await accesses(1)
    const [first, second] = [await another(), await another()]
    await first.query('BEGIN')
    await assign([{ access, role: 'reader' }], first)
    const assigning = assign([{ access, role: 'writer' }], second)
    await untilWaiting(client)
    await first.query('COMMIT')
    await assigning
    expect(await kept([access])).toEqual(new Map([[access, 'reader\u0001writer']]))
  })

  it('to several accesses, and withdrawn, in whatever order, keep nobody waiting for each other', async () => {
    const ids = await accesses(6)
    const clients = await Promise.all(Array.from({ length: 4 }, another))
    const drawn = fc.sample(fc.shuffledSubarray([...ids], { minLength: 1 }), 200)
    await Promise.all(
      clients.map(async (by, place) => {
        const role = roles[place] as string
        for (let turn = place; turn < drawn.length; turn += clients.length) {
          const chosen = drawn[turn] ?? []
          await by.query('DELETE FROM role_assignments WHERE role_id = $1', [role])
          await assign(
            chosen.map((access) => ({ access, role })),
            by,
          )
        }
      }),
    )
    await expectToFit(ids)
  })
})
