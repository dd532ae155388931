import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { PageUsersByKeyQuery, PageUsersByKeyQueryVariables } from '../generated/graphql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const PageUsersByKey = graphql(`
  query PageUsersByKey($search: UserSearch, $first: Int, $after: String, $last: Int, $before: String) {
    usersConnection(search: $search, first: $first, after: $after, last: $last, before: $before) {
      total
      edges { cursor node { id } }
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`)

const PageAccessesByKey = graphql(`
  query PageAccessesByKey($first: Int, $after: String, $last: Int, $before: String) {
    accessesConnection(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`)

const PageTokensByKey = graphql(`
  query PageTokensByKey($first: Int, $after: String, $last: Int, $before: String) {
    tokensConnection(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`)

type Page = Pick<PageUsersByKeyQuery['usersConnection'], 'edges' | 'pageInfo'>
type Arguments = Pick<PageUsersByKeyQueryVariables, 'first' | 'after' | 'last' | 'before'>
type Ask = (page: Arguments) => Promise<Page | undefined>

const { auditor, administrator } = demoCallers
const idsOf = (page: Page | undefined) => page?.edges.map(({ node }) => node.id) ?? []

/** Every id, from the start to the end. */
async function forward(ask: Ask, first: number): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  for (;;) {
    const page: Page | undefined = await ask({ first, after })
    ids.push(...idsOf(page))
    expect(page?.pageInfo.hasPreviousPage).toBe(after !== null)
    if (!page?.pageInfo.hasNextPage) return ids
    after = page.pageInfo.endCursor ?? null
  }
}

/** Every id, from the end to the start, put in order. */
async function backward(ask: Ask, last: number): Promise<string[]> {
  let ids: string[] = []
  let before: string | null = null
  for (;;) {
    const page: Page | undefined = await ask({ last, before })
    ids = [...idsOf(page), ...ids]
    expect(page?.pageInfo.hasNextPage).toBe(before !== null)
    if (!page?.pageInfo.hasPreviousPage) return ids
    before = page.pageInfo.startCursor ?? null
  }
}

describe('a connection', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const users: Ask = async (page) => (await harness.ask(PageUsersByKey, page, auditor)).data?.usersConnection
  const accesses: Ask = async (page) => (await harness.ask(PageAccessesByKey, page, auditor)).data?.accessesConnection
  const tokens: Ask = async (page) => (await harness.ask(PageTokensByKey, page, auditor)).data?.tokensConnection
  const connections = [
    { name: 'usersConnection', ask: users, table: 'user' },
    { name: 'accessesConnection', ask: accesses, table: 'access' },
    { name: 'tokensConnection', ask: tokens, table: 'token' },
  ] as const

  it.each(connections)(
    '$name covers every row once, forward and backward, whatever the size of the page',
    async (each) => {
      const rows = await harness.prisma.user.findMany({ select: { id: true } })
      const numbered = each.table === 'access' ? harness.prisma.access : harness.prisma.token
      const numbers = (await (numbered as typeof harness.prisma.token).findMany({ select: { id: true } })).map(
        ({ id }) => id,
      )
      const expected =
        each.table === 'user' ? rows.map(({ id }) => id).sort() : numbers.sort((a, b) => a - b).map((id) => String(id))
      for (const size of [1, 7, expected.length - 1, expected.length, expected.length + 1]) {
        if (size === 1 && each.table !== 'token') continue
        expect(await forward(each.ask, size)).toEqual(expected)
        expect(await backward(each.ask, size)).toEqual(expected)
      }
    },
  )

  it.each(connections)('$name gives 20 from the start where no size is given', async ({ ask }) => {
    const page = await ask({})
    expect(page?.edges).toHaveLength(20)
    expect(page?.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    expect(idsOf(await ask({ first: null, last: null, after: null, before: null }))).toEqual(idsOf(page))
  })

  it('has the cursors of its first and last edge, and each leads on from its row', async () => {
    const page = await accesses({ first: 4 })
    expect(page?.pageInfo).toMatchObject({ startCursor: page?.edges[0]?.cursor, endCursor: page?.edges[3]?.cursor })
    const { data } = await harness.ask(PageUsersByKey, { first: 3 })
    expect(data?.usersConnection.nodes).toEqual(data?.usersConnection.edges.map(({ node }) => node))
    const [first, , third] = page?.edges ?? []
    expect(idsOf(await accesses({ first: 1, after: first?.cursor ?? '' }))).toEqual([page?.edges[1]?.node.id])
    expect(idsOf(await accesses({ last: 1, before: third?.cursor ?? '' }))).toEqual([page?.edges[1]?.node.id])
  })

  it('lies between two cursors, and knows what is on either side', async () => {
    const [a, b, c, d, e] = (await accesses({ first: 5 }))?.edges ?? []
    const between = { after: a?.cursor ?? '', before: e?.cursor ?? '' }
    const inner = [b, c, d].map((edge) => edge?.node.id)
    const whole = await accesses({ ...between, first: 3 })
    expect(idsOf(whole)).toEqual(inner)
    expect(whole?.pageInfo).toMatchObject({ hasPreviousPage: true })
    const start = await accesses({ ...between, first: 2 })
    expect(idsOf(start)).toEqual(inner.slice(0, 2))
    expect(start?.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    const end = await accesses({ ...between, last: 2 })
    expect(idsOf(end)).toEqual(inner.slice(1))
    expect(end?.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    const nothing = await accesses({ after: e?.cursor ?? '', before: a?.cursor ?? '' })
    expect(nothing?.edges).toEqual([])
  })

  it('is empty, without cursors, where nothing meets the search', async () => {
    const { data } = await harness.ask(PageUsersByKey, { search: { text: 'nobody is called so' } })
    expect(data?.usersConnection).toEqual({
      total: 0,
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })

  it('applies the search to every page and to the total', async () => {
    const search = { language: 'FR' } as const
    const expected = await harness.prisma.user.findMany({ where: search, orderBy: { id: 'asc' }, select: { id: true } })
    const ask: Ask = async (page) => {
      const { data } = await harness.ask(PageUsersByKey, { search, ...page }, auditor)
      expect(data?.usersConnection.total).toBe(expected.length)
      return data?.usersConnection
    }
    expect(await forward(ask, 5)).toEqual(expected.map(({ id }) => id))
  })

  it('neither skips nor repeats a row when others are inserted and removed between its pages', async () => {
    const { prisma } = harness
    const at = new Date('2026-01-01T00:00:00.000Z')
    const one = { organizationId: administrator.organizationId, language: 'EN', createdAt: at, updatedAt: at } as const
    const insert = (id: string) =>
      prisma.user.create({ data: { ...one, id, firstname: 'New', lastname: id, email: `${id}@new.example` } })
    const before = (await prisma.user.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id)

    const page = await users({ first: 10 })
    await insert('00000000-0000-4000-8000-000000000001')
    await insert('ffffffff-ffff-4fff-bfff-fffffffffff1')
    const rest: string[] = []
    let after = page?.pageInfo.endCursor ?? null
    while (after !== null) {
      const next: Page | undefined = await users({ first: 10, after })
      rest.push(...idsOf(next))
      // The row that the cursor stands for may go; the place where it stood stays.
      if (rest.length === 10) await prisma.user.delete({ where: { id: '00000000-0000-4000-8000-000000000001' } })
      after = next?.pageInfo.hasNextPage ? (next.pageInfo.endCursor ?? null) : null
    }
    expect([...idsOf(page), ...rest]).toEqual([...before, 'ffffffff-ffff-4fff-bfff-fffffffffff1'])
  })

  it('goes on from a cursor whose row is gone', async () => {
    const { prisma } = harness
    const last = await users({ last: 1 })
    expect(idsOf(last)).toEqual(['ffffffff-ffff-4fff-bfff-fffffffffff1'])
    const cursor = last?.pageInfo.endCursor ?? ''
    await prisma.user.delete({ where: { id: 'ffffffff-ffff-4fff-bfff-fffffffffff1' } })
    expect(idsOf(await users({ first: 5, after: cursor }))).toEqual([])
    expect(idsOf(await users({ last: 5, before: cursor }))).toEqual(idsOf(await users({ last: 5 })))
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
