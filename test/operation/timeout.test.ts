import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoExamples } from '../../examples/data/demo/callers.ts'
import { createHarness, type Harness } from '../support/harness.ts'

/** What makes a statement take two seconds: reading the roles, and writing an audit event. */
const slow = [
  'ALTER TABLE roles RENAME TO quick_roles',
  'CREATE VIEW roles AS SELECT quick_roles.* FROM quick_roles, pg_sleep(2)',
  `CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$`,
  'CREATE TRIGGER take_time BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION take_time()',
]

describe('an operation that takes longer than it may', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ REQUEST_TIMEOUT: '1s' })
    for (const statement of slow) await harness.prisma.$executeRawUnsafe(statement)
  })
  afterAll(() => harness.close())

  it('is a TIMEOUT where it asks', async () => {
    const { status, data, errors } = await harness.askRaw('{ roles { results { id } } }')
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['TIMEOUT'])
  })

  it('is OUTCOME_UNKNOWN where it changes something, which happens all the same', async () => {
    const tokenId = String(demoExamples.tokenId)
    const { status, data, errors } = await harness.askRaw(
      'mutation ($tokenId: ID!) { deactivateToken(tokenId: $tokenId) { __typename } }',
      { tokenId },
    )
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'OUTCOME_UNKNOWN', retryable: true }])
    await expect
      .poll(() => harness.prisma.token.findUnique({ where: { id: demoExamples.tokenId } }), { timeout: 10_000 })
      .toMatchObject({ deactivated: true })
  })
})
