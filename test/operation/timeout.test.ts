import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'

/** What makes reading accesses take two seconds. */
const slowReading = [
  'ALTER TABLE accesses RENAME TO quick_accesses',
  'CREATE VIEW accesses AS SELECT quick_accesses.* FROM quick_accesses, pg_sleep(2)',
]

/** What makes writing an audit event take two seconds. */
const slowWriting = [
  `CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$`,
  'CREATE TRIGGER take_time BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION take_time()',
]

async function createSlowHarness(slow: readonly string[]): Promise<Harness> {
  const harness = await createHarness({ REQUEST_TIMEOUT: '1s' })
  for (const statement of slow) await harness.prisma.$executeRawUnsafe(statement)
  return harness
}

describe('a query that takes longer than it may', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createSlowHarness(slowReading)
  })
  afterAll(() => harness.close())

  it('is a TIMEOUT where it asks', async () => {
    const { status, data, errors } = await harness.askRaw('{ accesses { results { id } } }')
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['TIMEOUT'])
  })

  it('sends no further statement, where it asks', async () => {
    const before = harness.sent.length
    await harness.askRaw('{ accesses { results { id user { id } } } }')
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(harness.sent.slice(before).filter((sql) => /FROM users\b/.test(sql))).toEqual([])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

describe('a mutation that takes longer than it may', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createSlowHarness(slowWriting)
  })
  afterAll(() => harness.close())

  const deactivate = (...tokenIds: number[]) =>
    `mutation { ${tokenIds.map((id, index) => `f${index}: deactivateToken(tokenId: "${id}") { __typename }`).join(' ')} }`
  const isDeactivated = async (id: number) =>
    (await harness.prisma.token.findUniqueOrThrow({ where: { id } })).deactivated

  it('is OUTCOME_UNKNOWN for the change under way, which is taken back, and nothing further is begun', async () => {
    const { status, data, errors } = await harness.askRaw(deactivate(1, 2))
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors).toMatchObject([{ path: ['f0'], extensions: { code: 'OUTCOME_UNKNOWN', retryable: false } }])
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect([await isDeactivated(1), await isDeactivated(2)]).toEqual([false, false])
  })

  it('is to be asked again where it has a key, and is made once then', async () => {
    const accessId = String(demoExamples.accessId)
    const document = `mutation ($input: IssueTokenInput!) { issueToken(input: $input) { __typename } }`
    const variables = { input: { accessId, name: 'Late', idempotencyKey: 'late' } }
    const { errors } = await harness.askRaw(document, variables)
    expect(errors).toMatchObject([{ extensions: { code: 'OUTCOME_UNKNOWN', retryable: true } }])
    await harness.prisma.$executeRawUnsafe('ALTER TABLE audit_events DISABLE TRIGGER take_time')
    expect((await harness.askRaw(document, variables)).errors).toBeUndefined()
    expect(await harness.prisma.token.count({ where: { name: 'Late' } })).toBe(1)
  })

  it('shows what was changed before its end: a secret is in its own answer or nowhere', async () => {
    const issue = `issueToken(input: { accessId: "${demoExamples.accessId}", name: "Shown" }) {
      ... on IssueTokenPayload { secret token { access { roles { id } } } } }`
    const { data, errors } = await harness.askRaw(`mutation { ${issue} }`)
    expect(errors).toBeUndefined()
    expect(data?.issueToken).toMatchObject({ secret: expect.stringMatching(/^iamt_/) })
  })

  it('gives what was completed before it, which can not be asked for again', async () => {
    const issue = `issueToken(input: { accessId: "${demoExamples.accessId}", name: "First" }) {
      ... on IssueTokenPayload { secret token { id } } }`
    await harness.prisma.$executeRawUnsafe('ALTER TABLE audit_events ENABLE TRIGGER take_time')
    await harness.prisma.$executeRawUnsafe(`ALTER FUNCTION take_time() RENAME TO take_time_always`)
    await harness.prisma.$executeRawUnsafe(
      `CREATE OR REPLACE FUNCTION take_time_always() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF NEW.action = 'token.deactivate' THEN PERFORM pg_sleep(2); END IF; RETURN NEW; END $$`,
    )
    const { data, errors, extensions } = await harness.askRaw(
      `mutation { ...Both } fragment Both on Mutation { ${issue} deactivateToken(tokenId: "2") { __typename } }`,
    )
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['deactivateToken'], extensions: { code: 'OUTCOME_UNKNOWN' } }])
    expect(extensions).toMatchObject({ completed: { issueToken: { secret: expect.stringMatching(/^iamt_/) } } })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

describe('a subscription', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each([
    'subscription { users { total } }',
    'subscription Named { __typename }',
    'query A { __typename } subscription B { a }',
  ])('is refused, and is nothing unexpected: %s', async (query) => {
    const operationName = query.startsWith('query') ? 'B' : undefined
    const jwt = await harness.sign(claimsOf(demoCallers.administrator))
    const headers = { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ query, operationName })
    const post = await harness.fetch('/graphql', { method: 'POST', headers, body })
    const search = new URLSearchParams({ query, ...(operationName ? { operationName } : {}) })
    const get = await harness.fetch(`/graphql?${search}`, { headers })
    for (const response of [post, get]) {
      expect(response.status).toBe(400)
      expect((await response.json()).errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }])
    }
    expect(harness.unexpected).toEqual([])
  })
})
