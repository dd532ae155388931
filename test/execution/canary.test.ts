/** Nothing of another organization comes out, whatever is asked: each of its strings has a canary, and none is ever heard. */
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import type { Gateway } from '../../src/gateway.ts'
import { createLogger } from '../../src/log.ts'
import { createLogObserver } from '../../src/logObserver.ts'
import { schema } from '../../src/schema/index.ts'
import { createSubgraph } from '../../src/schema/subgraph.ts'
import { asking, type Question, referenceGateway } from '../support/bothWays.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'
import { unfiltered } from '../support/unfiltered.ts'
import { callers } from './callers.ts'
import { withCursors } from './cursors.ts'
import { questions } from './generated.ts'
import { manyShapes } from './manyShapes.ts'
import { scale } from './scale.ts'
import { addUnusualRows } from './unusualRows.ts'
import { demoVocabulary, type Vocabulary } from './vocabulary.ts'

const canary = 'kanarienvogel'
/** What may be searched for: a part of it, so that no answer has it only because it says what was asked. */
const partOfIt = 'kanarien'

const { organizationId } = demoCallers.administrator

/** Callers of organization 1, also one whose access is another organization's. Those who may do the most are the first. */
const own = callers.filter((caller) => {
  if (caller === null || 'authorization' in caller) return false
  if (!('claims' in caller)) return caller.organizationId === organizationId
  return caller.claims.customer_id === 1
})

/** Who is refused hears nothing: so those who are not ask twice as often. */
const mostlyAnswered = [...own, ...own.slice(0, 3)]

passOverLeftBehind()

/** Everything that was logged, at `debug`. */
let logged = ''

const output = new Writable({
  write(chunk, _encoding, done) {
    logged += chunk
    done()
  },
})
const log = createLogger('debug', output)

const kinds = [
  { name: 'queries', graph: { path: '/graphql', schema }, operation: 'query', share: 0.7 },
  {
    name: 'queries of routers',
    graph: { path: '/subgraph', schema: createSubgraph().schema },
    operation: 'query',
    share: 0.1,
  },
  { name: 'mutations', graph: { path: '/graphql', schema }, operation: 'mutation', share: 0.2 },
] as const

/** Mutations at most of the same rows: they take rows away, until nothing is left that could be told. */
const mostMutations = 15

describe('a caller of organization 1 hears of no other', () => {
  let marked: Marked
  beforeAll(async () => {
    marked = await markedHarness({ DATABASE_ROW_SECURITY: 'false' })
  })
  afterAll(() => marked.harness.close())

  it.each(kinds)('in answers, errors, headers and logs: $name', { timeout: scale.patience }, async (kind) => {
    const asked = Math.ceil(scale.cases * kind.share)
    const all = drawn(marked, kind, asked, mostlyAnswered)
    const size = kind.operation === 'mutation' ? mostMutations : asked
    let answers = 0
    for (let done = 0; done < asked; done += size) {
      const rows = kind.operation === 'mutation' ? await markedHarness({ DATABASE_ROW_SECURITY: 'false' }) : marked
      const gateway = rows.harness.beside({ observe: createLogObserver(log) })
      const { heard, answered } = await listen(rows, gateway, kind.operation, all.slice(done, done + size))
      if (rows !== marked) await rows.harness.close()
      expect(heard).toEqual([])
      answers += answered
    }
    expect(answers / asked).toBeGreaterThan(0.4)
    log.flush()
    expect(logged).toContain('"msg":"request"')
    expect(logged.split('\n').filter((line) => hears(line))).toEqual([])
  })

  it.each(kinds)('and would, were the filter taken out: $name', { timeout: scale.patience }, async (kind) => {
    const { harness } = marked
    const open = harness.beside({ observe() {}, database: unfiltered(harness.opened) })
    // Most mutations are refused, and tell nothing.
    const { heard } = await listen(
      marked,
      open,
      kind.operation,
      drawn(marked, kind, kind.name === 'mutations' ? 2_000 : 400),
    )
    expect(heard.length).toBeGreaterThan(3)
  })
})

// The embedded database has one user only.
const { server } = inject('templates')
describe.runIf(server !== null)('nor where the filter is taken out and the server keeps organizations apart', () => {
  let marked: Marked
  beforeAll(async () => {
    marked = await markedHarness({ DATABASE_ROW_SECURITY: 'true', DATABASE_READS: 'pool' })
  })
  afterAll(() => marked.harness.close())

  it.each(kinds)('in $name', { timeout: scale.patience }, async (kind) => {
    const { harness } = marked
    const open = harness.beside({ observe() {}, database: unfiltered(harness.opened) })
    const { heard, answered } = await listen(marked, open, kind.operation, drawn(marked, kind, 400))
    expect(heard).toEqual([])
    expect(answered / 400).toBeGreaterThan(0.3)
  })
})

/** A harness in which each string of the other organizations has a canary, and what can be asked there. */
interface Marked {
  readonly harness: Harness
  readonly vocabulary: Vocabulary
}

async function markedHarness(settings: Readonly<Record<string, string>>): Promise<Marked> {
  const harness = await createHarness({ ...manyShapes, MAX_MUTATION_FIELDS: '20', ...settings })
  await addUnusualRows(harness)
  await markOthers(harness)
  const known = await withCursors(demoVocabulary, asking(harness, referenceGateway(harness)))
  const vocabulary = {
    ...known,
    text: [...(known.text ?? []), partOfIt],
    'UserSearch.email': [...(known['UserSearch.email'] ?? []), `${partOfIt}@lumiere.example`],
    'IssueTokenInput.idempotencyKey': [...(known['IssueTokenInput.idempotencyKey'] ?? []), partOfIt],
  }
  return { harness, vocabulary }
}

interface Heard {
  readonly question: Question
  readonly told: string
}

/** So many questions of the kind. */
function drawn({ vocabulary }: Marked, { graph, operation }: (typeof kinds)[number], numRuns: number, by = own) {
  return fc.sample(questions(graph, operation, vocabulary, by), { seed: scale.seed, numRuns })
}

/** Asks as organization 1, each question beside the same one by another organization, and listens. */
async function listen(
  { harness }: Marked,
  gateway: Gateway,
  operation: 'query' | 'mutation',
  asked: readonly Question[],
): Promise<{ readonly heard: readonly Heard[]; readonly answered: number }> {
  const heard: Heard[] = []
  let answered = 0
  const [ask, askOther] = [asking(harness, gateway), asking(harness, gateway)]
  for (const question of asked) {
    const other = operation === 'query' ? askOther({ ...question, caller: demoCallers.otherReader }) : undefined
    const [reply] = await Promise.all([ask(question), other])
    if (/"data":\{/.test(reply.body)) answered += 1
    const told = [reply.body, ...reply.headers.flat()].join('\n')
    if (hears(told)) heard.push({ question, told })
  }
  return { heard, answered }
}

/** Whether the canary is in the text, or in what cursors and ids of nodes in it are made of. */
function hears(text: string): boolean {
  if (text.includes(canary)) return true
  const opaque = text.match(/[\w-]{12,}/g) ?? []
  return opaque.some((each) => Buffer.from(each, 'base64url').toString().includes(canary))
}

/** Strings that can have no canary: the catalogue's, what is made of others, and what a CHECK gives its length or values. */
const withoutCanary: readonly string[] = [
  'role_assignments.role_id',
  'accesses.held_roles',
  'users.search_text',
  'accesses.search_text',
  'tokens.search_text',
  'tokens.hint',
  'tokens.only_operations',
]

/** Puts a canary into each string of the other organizations, column by column, so that no column is forgotten. */
async function markOthers({ prisma }: Pick<Harness, 'prisma'>): Promise<void> {
  await prisma.$executeRawUnsafe('ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only')
  const columns = await prisma.$queryRawUnsafe<readonly Column[]>(`
    SELECT table_name AS "table", column_name AS "column", data_type AS type FROM information_schema.columns AS told
    WHERE table_schema = 'public' AND data_type IN ('text', 'ARRAY', 'jsonb')
      AND to_regclass(quote_ident(table_name)) IN (SELECT oid FROM pg_class WHERE relkind = 'r')
      AND (table_name = 'organizations' OR EXISTS (
        SELECT FROM information_schema.columns AS owning
        WHERE owning.table_schema = 'public' AND owning.table_name = told.table_name AND owning.column_name = 'organization_id'))`)
  const marked = columns.filter(({ table, column }) => !withoutCanary.includes(`${table}.${column}`))
  expect(marked.length).toBeGreaterThan(30)
  for (const { table, column, type } of marked) {
    const [key, value] = [table === 'organizations' ? 'id' : 'organization_id', withCanary(column, type)]
    await prisma.$executeRawUnsafe(`UPDATE ${table} SET ${column} = ${value} WHERE ${key} <> '${organizationId}'`)
  }
}

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
}

function withCanary(column: string, type: string): string {
  if (type === 'ARRAY') return `CASE WHEN ${column} IS NOT NULL THEN '{${canary}}' || ${column} END`
  if (column === 'allowed_scopes') return `jsonb_set(${column}, '{generalScopes}', '["${canary}"]')`
  if (type === 'jsonb') return `${column} || '{"firstname": "${canary}", "lastname": "${canary}"}'`
  return column === 'resource_id' ? `'${canary}.' || ${column}` : `'${canary} ' || ${column}`
}
