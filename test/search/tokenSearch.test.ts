import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { TokenSearch, TokenStatus } from '../generated/graphql.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'
import { withAccess } from '../support/withAccess.ts'
import { type Condition, expectSearch, hasText, pairs, within } from './conditions.ts'

const SearchTokens = graphql(`
  query SearchTokens($search: TokenSearch) {
    tokens(search: $search, limit: 1000) { total results { id status } }
  }
`)

const SearchTokensOfOwners = graphql(`
  query SearchTokensOfOwners($user: ID!, $access: ID!, $search: TokenSearch) {
    user(id: $user) { tokens(search: $search, limit: 1000) { total results { id } } }
    access(id: $access) { tokens(search: $search, limit: 1000) { total results { id } } }
  }
`)

const { auditor } = demoCallers
const statuses: readonly TokenStatus[] = ['ACTIVE', 'DEACTIVATED', 'EXPIRED', 'REVOKED']

const readRows = async ({ prisma }: Harness) =>
  withAccess(await prisma.token.findMany({ include: { access: { include: { user: true } } }, orderBy: { id: 'asc' } }))

type Row = Awaited<ReturnType<typeof readRows>>[number]

/** What the contract says: the first of REVOKED, EXPIRED, DEACTIVATED that applies; a token ends with its user. */
function statusOf({ revokedAt, expiresAt, deactivated, access }: Row): TokenStatus {
  const lastDay = access.user.expiresAt?.toISOString().slice(0, 10) ?? '9999-12-31'
  const isOver = expiresAt <= testTime || lastDay < testTime.toISOString().slice(0, 10)
  const ended = revokedAt !== null ? 'REVOKED' : isOver && 'EXPIRED'
  return ended || (deactivated ? 'DEACTIVATED' : 'ACTIVE')
}

describe('TokenSearch', () => {
  let harness: Harness
  let rows: readonly Row[]

  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    // Every mixture of what ends a token, and one that ends at this very instant.
    await prisma.token.update({ where: { id: 1 }, data: { expiresAt: testTime } })
    await prisma.token.update({ where: { id: 3 }, data: { deactivated: true } })
    await prisma.token.update({ where: { id: 8 }, data: { deactivated: true } })
    rows = await readRows(harness)
  })
  afterAll(() => harness.close())

  const find = async (search: TokenSearch) => {
    const { data, errors } = await harness.ask(SearchTokens, { search }, auditor)
    expect(errors).toBeUndefined()
    return { total: data?.tokens.total ?? -1, ids: data?.tokens.results.map(({ id }) => id) ?? [] }
  }
  const text = (given: string): Condition<TokenSearch, Row> => ({
    search: { text: given },
    matches: ({ name }) => hasText(given, name),
  })

  const ends = { from: '2026-11-21T09:30:00Z', to: '2028-06-01T00:00:00Z' }
  const uses = { from: '2026-11-01T00:00:00Z', to: '2026-11-20T00:00:00Z' }
  const nobody = '3f3c2f2e-0000-4000-8000-000000000000'
  const conditions: readonly Condition<TokenSearch, Row>[] = [
    text('te'),
    { search: { ids: ['1', '2', '9', '20', '27'] }, matches: ({ id }) => [1, 2, 9, 20, 27].includes(id) },
    { search: { status: ['EXPIRED'] }, matches: (row) => statusOf(row) === 'EXPIRED' },
    {
      search: { status: ['REVOKED', 'DEACTIVATED'] },
      matches: (row) => ['REVOKED', 'DEACTIVATED'].includes(statusOf(row)),
    },
    { search: { expiresAt: ends }, matches: ({ expiresAt }) => within(expiresAt, ends) },
    { search: { lastUsedAt: uses }, matches: ({ lastUsedAt }) => within(lastUsedAt, uses) },
  ]

  it.each(conditions)('finds exactly the tokens that meet $search', async (condition) => {
    const found = await expectSearch(rows, condition, find)
    expect(found).toBeGreaterThan(0)
    expect(found).toBeLessThan(rows.length)
  })

  it('finds those of each access and of each user', async () => {
    for (const accessId of new Set(rows.map((row) => row.accessId))) {
      await expectSearch(
        rows,
        { search: { accessId: String(accessId) }, matches: (row) => row.accessId === accessId },
        find,
      )
    }
    for (const owner of new Set(rows.map(({ access }) => access.userId))) {
      await expectSearch(
        rows,
        { search: { userId: owner.toUpperCase() }, matches: ({ access }) => access.userId === owner },
        find,
      )
    }
    expect(await find({ userId: nobody })).toEqual({ total: 0, ids: [] })
  })

  it('finds the tokens that meet both of any two conditions, through their owners as well', async () => {
    const access = rows.find(({ access }) => access.name === 'Terraform')?.access
    if (!access) throw new Error('expected the access named Terraform')
    let found = 0
    for (const { search, matches } of pairs([{ search: {}, matches: () => true }, ...conditions])) {
      found += await expectSearch(rows, { search, matches }, find)
      const variables = { user: access.userId, access: String(access.id), search }
      const { data } = await harness.ask(SearchTokensOfOwners, variables, auditor)
      const expected = (owned: (row: Row) => boolean) => {
        const results = rows.filter((row) => owned(row) && matches(row)).map(({ id }) => ({ id: String(id) }))
        return { total: results.length, results }
      }
      expect(data?.user?.tokens, JSON.stringify(search)).toEqual(expected((row) => row.access.userId === access.userId))
      expect(data?.access?.tokens, JSON.stringify(search)).toEqual(expected((row) => row.accessId === access.id))
    }
    expect(found).toBeGreaterThan(50)
  })

  it('knows a token by the status it answers with', async () => {
    const counts = await Promise.all(statuses.map(async (status) => (await find({ status: [status] })).total))
    expect(counts.reduce((sum, count) => sum + count)).toBe(rows.length)
    expect(Math.min(...counts)).toBeGreaterThan(0)
    const { data } = await harness.ask(SearchTokens, {}, auditor)
    expect(data?.tokens.results).toEqual(rows.map((row) => ({ id: String(row.id), status: statusOf(row) })))
    expect((await find({ status: [...statuses] })).total).toBe(rows.length)
  })

  it('lets a token end at the instant it says, and not before', async () => {
    const search: TokenSearch = { ids: ['1'], status: ['EXPIRED'] }
    expect((await find(search)).total).toBe(1)
    harness.now = new Date(testTime.getTime() - 1)
    expect((await find(search)).total).toBe(0)
    harness.now = testTime
  })

  it('lets a token end with the last day of its user, and not before', async () => {
    const search: TokenSearch = { ids: ['2'], status: ['ACTIVE'] }
    const userId = rows.find(({ id }) => id === 2)?.access.userId ?? ''
    const lastDay = (day: string) =>
      harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date(day) } })
    await lastDay('2026-11-21')
    expect((await find(search)).total).toBe(1)
    harness.now = new Date('2026-11-22T00:00:00Z')
    expect((await find(search)).total).toBe(0)
    const { data } = await harness.ask(SearchTokens, { search: { ids: ['2'] } }, auditor)
    expect(data?.tokens.results).toEqual([{ id: '2', status: 'EXPIRED' }])
    harness.now = testTime
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: null } })
  })

  it.each(['100%', '%', '_nightly', 'ÉTÉ', 'été', 'ZÜRICH', '’s', '&', "'", '🦉'])(
    'takes the text %j as it is, whatever its case',
    async (given) => expect(await expectSearch(rows, text(given), find)).toBeLessThan(3),
  )

  it('finds nothing by an empty list, and everything by null', async () => {
    expect(await find({ ids: [] })).toEqual({ total: 0, ids: [] })
    expect(await find({ status: [] })).toEqual({ total: 0, ids: [] })
    const nothing = {
      text: null,
      ids: null,
      userId: null,
      accessId: null,
      status: null,
      expiresAt: null,
      lastUsedAt: null,
    }
    expect((await find(nothing)).total).toBe(rows.length)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
