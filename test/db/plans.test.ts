/**
 * What statements go through: of each the blocks that it reads, with a plan for its own values and with the one that a named
 * statement gets from the sixth time on, whatever the values are. `npm run plans` measures the same questions in time, over a
 * million users.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Asked, openGateway } from '../../bench/plans/gateway.ts'
import { ordersOf, type Question, questionsOf } from '../../bench/plans/questions.ts'
import { drawSamples } from '../../bench/plans/samples.ts'
import { bulkSeed } from '../../examples/data/bulk/seed.ts'
import { factsStatement } from '../../src/db/changeStatement.ts'
import type { Statement } from '../../src/db/read.ts'
import { changedTokensOf } from '../../src/schema/changedTokens.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const modes = ['force_custom_plan', 'force_generic_plan'] as const
type Mode = (typeof modes)[number]

/** Blocks that may be read: each key and each row is looked for in an index. Whole scans read twice as many for a page. */
const mostBlocks = (sought: number) => 300 + 8 * sought

/** Pages in every order and the links between lists: their statements have names, so that they get one plan for all values. */
const isNamed = /(^users|^accesses|^tokens) (none|by \w+ (ASC|DESC)): (?!total|estimate)|→|one user/

// The embedded database has no second connection, and the same planner.
describe.skipIf(inject('templates').server === null)('a statement', () => {
  let database: TestDatabase
  let client: pg.Client
  let gateway: Asked
  const callers: (readonly [string, string | null])[] = []

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
    client = new pg.Client(database.connection)
    await client.connect()
    await bulkSeed(client, { users: 4_000, large: 6_000, now: new Date(), onProgress() {} })
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM organizations WHERE customer_id IN (1001, 2001) ORDER BY customer_id',
    )
    callers.push(['small', rows[0]?.id as string], ['large', rows[1]?.id as string], ['all', null])
    gateway = await openGateway(database.connection.connectionString as string)
  }, 180_000)
  afterAll(async () => {
    await gateway.close()
    await client.end()
    await database.close()
  })

  it.each([0, 1, 2])(
    'that has a name reads little with either plan (caller %i)',
    async (index) => {
      const [caller, organization] = callers[index] as (typeof callers)[number]
      const orders = { users: ordersOf('users'), accesses: ordersOf('accesses'), tokens: ordersOf('tokens') }
      const questions = questionsOf(await drawSamples(client, organization, orders))
      const known = new Set<string>()
      const tooMany: string[] = []
      for (const question of questions) {
        if (!isNamed.test(question.name) || question.kind === 'total') continue
        const { code, statements } = await gateway.ask(question, organization)
        expect([question.name, code]).toEqual([question.name, null])
        for (const statement of statements) {
          if (statement.isPlannedByValues || known.has(statement.text)) continue
          known.add(statement.text)
          for (const mode of modes) {
            const { blocks, sought } = await readBy(client, statement, mode)
            if (blocks > mostBlocks(sought)) tooMany.push(`${caller}, ${question.name}, ${mode}: ${blocks}`)
          }
        }
      }
      expect(known.size).toBeGreaterThan(50)
      expect(tooMany).toEqual([])
    },
    180_000,
  )

  /** The blocks that the statement which has the text reads for the question, planned by its values. */
  const blocksOf = async (question: Question, text: string, organization: string | null) => {
    const { code, statements } = await gateway.ask(question, organization)
    expect(code).toBeNull()
    const [asked] = statements.filter((statement) => statement.text.includes(text))
    return (await readBy(client, asked as Statement, 'force_custom_plan')).blocks
  }

  it.each([[['ACTIVE']], [['DEACTIVATED', 'ACTIVE']], [null]])(
    'that searches for tokens that end within minutes reads little else (status %j)',
    async (status) => {
      const [, organization] = callers[1] as (typeof callers)[number]
      const [from, to] = [0, 30].map((minutes) => new Date(Date.now() + minutes * 60_000).toISOString())
      const search = status === null ? { endsAt: { from, to } } : { endsAt: { to }, status }
      const document = 'query ($search: TokenSearch) { tokens(search: $search, limit: 5) { results { id } } }'
      const question = { name: 'tokens that end', kind: 'page', document, variables: { search } } as const
      expect(await blocksOf(question, 'FROM tokens', organization)).toBeLessThan(40)
    },
  )

  it.each(modes)('that changes a token reads nothing but what it leads to (%s)', async (mode) => {
    const { rows } = await client.query<{ id: number }>('SELECT id FROM tokens ORDER BY id DESC LIMIT 1')
    const { switched } = changedTokensOf((table) => table.id)
    const jobs = JSON.stringify([{ place: 0, changedTokenId: rows[0]?.id, off: true, seesAll: true }])
    expect((await readBy(client, factsStatement(switched, jobs, false), mode)).blocks).toBeLessThanOrEqual(
      mostBlocks(1),
    )
  })

  describe('that searches the audit trail', () => {
    const [actor, target] = ['00000000-0000-4000-8000-000000000000', '4711']
    let organization: string | null
    beforeAll(async () => {
      ;[, organization] = callers[1] as (typeof callers)[number]
      await addEvents(client, organization as string, actor, target)
    }, 60_000)

    it.each<[string, object]>([
      ['by actor', { actorId: actor }],
      ['by action', { actions: ['role.assign'] }],
      ['by outcome', { outcomes: ['failed'] }],
      ['by outcomes', { outcomes: ['refused', 'failed'] }],
      ['by type of target', { targetType: 'RoleAssignment' }],
      ['by target', { targetType: 'RoleAssignment', targetId: target }],
      ['by time', { at: { to: '2025-01-02T00:00:00Z' } }],
      ['by what nothing has', { actions: ['no.such'] }],
    ])('reads nothing but what it finds, however long ago that was: %s', async (name, search) => {
      const document = 'query ($search: AuditEventSearch) { auditEvents(search: $search, first: 5) { nodes { id } } }'
      const question = { name, kind: 'page', document, variables: { search } } as const
      expect(await blocksOf(question, 'FROM audit_events', organization)).toBeLessThan(40)
    })
  })
})

/** Events of an organization: twenty long ago that have everything in common, and since then thousands that have none of it. */
async function addEvents(client: pg.Client, organization: string, actor: string, target: string): Promise<void> {
  await client.query(
    `INSERT INTO audit_events (organization_id, at, subject, actor, action, target_type, target_id, outcome, request_id)
     SELECT $1, timestamptz '2025-01-01' + event * interval '1 hour', 'plans',
       jsonb_build_object('userId', CASE WHEN event < 20 THEN $2 ELSE (event % 50)::text END, 'firstname', '', 'lastname', ''),
       CASE WHEN event < 20 THEN 'role.assign' ELSE 'user.update' END,
       CASE WHEN event < 20 THEN 'RoleAssignment' ELSE 'User' END,
       CASE WHEN event < 20 THEN $3 ELSE event::text END,
       CASE WHEN event < 20 THEN 'FAILED' ELSE 'SUCCESS' END, 'plans'
     FROM generate_series(0, 20000) AS event`,
    [organization, actor, target],
  )
  await client.query('VACUUM ANALYZE audit_events')
}

/** The blocks that the statement reads, from wherever, and the keys and rows that it is about, when it is planned so. */
async function readBy(client: pg.Client, { text, values }: Statement, mode: Mode) {
  await client.query(`SET plan_cache_mode = ${mode}; DEALLOCATE ALL`)
  await client.query(`PREPARE asked AS ${text}`)
  const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asked ${given}`)
  const plan = rows[0]['QUERY PLAN'][0].Plan
  const blocks: number = plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
  const keys = values.reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : 0), 0)
  return { blocks, sought: keys + (plan['Actual Rows'] as number) }
}

function literal(value: unknown): string {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map((each) => JSON.stringify(String(each))).join(',')}}`)
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value))
}
