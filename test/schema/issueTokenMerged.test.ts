/** Tokens that are issued at the same moment: by one statement, as if each had been alone. */

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { IssueTokenInput } from '../generated/graphql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { waiting } from '../support/locks.ts'

const IssueMerged = graphql(`
  mutation IssueMerged($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on Error { code }
      ... on IssueTokenPayload { secret token { id name hint orgId access { id } createdBy { id } } }
    }
  }
`)

const issuing = 'tokens:issue tokens:manage tokens:read users:read accesses:read'
const { administrator, otherReader } = demoCallers

interface Asked {
  readonly caller: Caller
  readonly accessId: string
  readonly organizationId: string
}

const lakeside = { accessId: demoAccessId('Provisioning'), organizationId: administrator.organizationId }
const lumiere = { accessId: demoAccessId('Déploiement'), organizationId: otherReader.organizationId }
const askers: readonly Asked[] = [
  { caller: asDemoUser('ada.lovelace@lakeside.example', issuing), ...lakeside },
  { caller: asDemoUser('etienne.lefevre@lumiere.example', issuing), ...lumiere },
  { caller: asDemoUser('samuel.okafor@lakeside.example', issuing), ...lakeside },
  { caller: asDemoUser('zoe.hartmann@lakeside.example', issuing), ...lakeside },
  { caller: asDemoUser('oliver.bennett@lakeside.example', issuing), ...lakeside },
]

// The embedded database has one connection, so that nobody asks at the same moment.
describe.runIf(inject('templates').server !== null)('tokens that are issued at the same moment', () => {
  let harness: Harness
  let rounds = 0
  beforeAll(async () => {
    // With row-level security, those of one organization are issued together.
    const settings = { REQUEST_TIMEOUT: '25s', DATABASE_TIMEOUT: '25s', DATABASE_ROW_SECURITY: 'false' }
    harness = await createHarness(settings)
    await round()
  })
  afterAll(() => harness.close())

  const changing = (statements: readonly string[]) => statements.filter((sql) => sql.includes('INSERT INTO tokens'))

  /** Everybody asks at once. Gives the answers, and how many statements there were. */
  async function round(given: (index: number) => Partial<IssueTokenInput> = () => ({})) {
    const before = harness.sent.length
    rounds += 1
    const answers = await Promise.all(
      askers.map(({ caller, accessId }, index) => {
        const input = { accessId, name: `Round ${rounds}, ${index}`, ...given(index) }
        return harness.ask(IssueMerged, { input }, caller)
      }),
    )
    return { answers, statements: changing(harness.sent.slice(before)).length }
  }

  /** The same while every connection is taken: when the first of them is free, all of them have met. */
  async function merged(given?: (index: number) => Partial<IssueTokenInput>) {
    const other = new pg.Client(harness.database.connection)
    await other.connect()
    try {
      await other.query('BEGIN; LOCK TABLE tokens IN SHARE MODE')
      const first: Promise<unknown>[] = []
      for (const [index, { caller, accessId }] of askers.entries()) {
        first.push(harness.ask(IssueMerged, { input: { accessId, name: 'Takes a connection' } }, caller))
        await expect.poll(async () => (await waiting(other)).length, { timeout: 20_000 }).toBe(index + 1)
      }
      const met = round(given)
      // Until all are waiting for a connection.
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await other.query('COMMIT')
      await Promise.all(first)
      const { answers, statements } = await met
      // Prisma tells of a statement when it is answered: then those that took the connections are told meanwhile.
      expect(statements).toBe(process.env.DATABASE_READS === 'prisma' ? 1 + first.length : 1)
      return answers
    } finally {
      await other.end()
    }
  }
  it('are each one’s own: access, organization, author, secret, event', async () => {
    const answers = await merged()
    for (const [index, { data, errors }] of answers.entries()) {
      expect(errors).toBeUndefined()
      const { accessId, organizationId, caller } = askers[index] as Asked
      const result = data?.issueToken
      if (result?.__typename !== 'IssueTokenPayload') throw new Error('expected a token')
      const { claims } = caller as { readonly claims: { readonly sub: string } }
      const { token, secret } = result
      const name = `Round ${rounds}, ${index}`
      expect(token).toMatchObject({ name, orgId: organizationId, access: { id: accessId }, hint: secret?.slice(-4) })
      expect(token.createdBy).toEqual({ id: claims.sub })
      const [event, ...others] = await harness.prisma.auditEvent.findMany({ where: { targetId: token.id } })
      expect(others).toEqual([])
      expect(event).toMatchObject({ organizationId, subject: claims.sub, after: { name, hint: token.hint } })
    }
  })

  it('have ids that ascend as those of their events do', async () => {
    const answers = await merged()
    const issued = answers.map(({ data }) => {
      if (data?.issueToken.__typename !== 'IssueTokenPayload') throw new Error('expected a token')
      return data.issueToken.token.id
    })
    const events = await harness.prisma.auditEvent.findMany({
      where: { targetId: { in: issued } },
      orderBy: { id: 'asc' },
    })
    const ids = events.map(({ targetId }) => Number(targetId))
    expect(ids).toHaveLength(askers.length)
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
  })

  it('are issued where another one is refused: who sees no access, and who gives too much', async () => {
    const answers = await merged((index) => {
      if (index === 0) return { accessId: lumiere.accessId }
      return index === 3 ? { scope: ['audit:read'] } : {}
    })
    expect(answers.map(({ data }) => data?.issueToken.__typename)).toEqual([
      'NotFoundError',
      'IssueTokenPayload',
      'IssueTokenPayload',
      'ScopeNotGrantedError',
      'IssueTokenPayload',
    ])
  })

  it('are issued where another one fails, which alone fails', async () => {
    await harness.prisma.$executeRaw`ALTER TABLE tokens ADD CONSTRAINT unwanted CHECK (name <> 'Unwanted')`
    const before = await harness.prisma.token.count()
    const events = await harness.prisma.auditEvent.count()
    const { answers } = await round((index) => (index === 1 ? { name: 'Unwanted' } : {}))
    await harness.prisma.$executeRaw`ALTER TABLE tokens DROP CONSTRAINT unwanted`
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'issued')
    expect(codes).toEqual(['issued', 'INTERNAL_SERVER_ERROR', 'issued', 'issued', 'issued'])
    expect(await harness.prisma.token.count()).toBe(before + 4)
    expect(await harness.prisma.auditEvent.count()).toBe(events + 4)
    expect(harness.unexpected).toHaveLength(1)
  })

  it('are not made together where they have keys', async () => {
    const { statements, answers } = await round((index) => ({ idempotencyKey: `merged ${index}` }))
    expect(statements).toBe(askers.length)
    expect(answers.map(({ data }) => data?.issueToken.__typename)).toEqual(Array(5).fill('IssueTokenPayload'))
  })
})
