import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { AccessOrderField, OrderDirection, TokenOrderField, UserOrderField } from '../generated/graphql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const PageOfUsers = graphql(`
  query PageOfUsers($orderBy: UserOrder, $limit: Int, $offset: Int) {
    users(orderBy: $orderBy, limit: $limit, offset: $offset) { total limit offset results { id } }
  }
`)

const PageOfAccesses = graphql(`
  query PageOfAccesses($orderBy: AccessOrder, $limit: Int, $offset: Int) {
    accesses(orderBy: $orderBy, limit: $limit, offset: $offset) { total limit offset results { id } }
  }
`)

const PageOfTokens = graphql(`
  query PageOfTokens($orderBy: TokenOrder, $limit: Int, $offset: Int) {
    tokens(orderBy: $orderBy, limit: $limit, offset: $offset) { total limit offset results { id } }
  }
`)

const directions = ['ASC', 'DESC'] as const satisfies readonly OrderDirection[]

/** The columns of each order, and whether they can be null. */
const userColumns = {
  ID: ['id', false],
  LASTNAME: ['lastname', false],
  FIRSTNAME: ['firstname', false],
  EMAIL: ['email', false],
  CREATED_AT: ['createdAt', false],
  UPDATED_AT: ['updatedAt', false],
  EXPIRES_AT: ['expiresAt', true],
} as const satisfies Record<UserOrderField, readonly [string, boolean]>

const accessColumns = {
  ID: ['id', false],
  TYPE: ['type', false],
  NAME: ['name', true],
  CREATED_AT: ['createdAt', false],
  UPDATED_AT: ['updatedAt', false],
  LAST_LOGIN_AT: ['lastLoginAt', true],
} as const satisfies Record<AccessOrderField, readonly [string, boolean]>

const tokenColumns = {
  ID: ['id', false],
  NAME: ['name', false],
  CREATED_AT: ['createdAt', false],
  EXPIRES_AT: ['expiresAt', false],
  LAST_USED_AT: ['lastUsedAt', true],
} as const satisfies Record<TokenOrderField, readonly [string, boolean]>

/** The order in Prisma's words, with null last and ties broken by id. */
function inPrismaWords([column, nullable]: readonly [string, boolean], direction: OrderDirection) {
  const sort = direction === 'ASC' ? 'asc' : 'desc'
  const first = { [column]: nullable ? { sort, nulls: 'last' } : sort }
  return { orderBy: column === 'id' ? [first] : [first, { id: sort }] } as object
}

const cases = <Field extends string>(columns: Readonly<Record<Field, readonly [string, boolean]>>) =>
  (Object.entries(columns) as [Field, readonly [string, boolean]][]).flatMap(([field, column]) =>
    directions.map((direction) => ({ field, direction, expected: inPrismaWords(column, direction) })),
  )

const auditor = demoCallers.auditor
const ids = (rows: readonly { readonly id: string | number }[]) => rows.map(({ id }) => String(id))

interface Listed {
  readonly total: number
  readonly limit: number
  readonly offset: number
  readonly results: readonly { readonly id: string }[]
}

/** All rows, seven at a time. */
async function walk(page: (limit: number, offset: number) => Promise<Listed | undefined>): Promise<string[]> {
  const found: string[] = []
  for (let offset = 0; ; offset += 7) {
    const listed = await page(7, offset)
    expect(listed).toMatchObject({ limit: 7, offset })
    if (!listed || listed.results.length === 0) return found
    found.push(...ids(listed.results))
    expect(found.length).toBe(Math.min(offset + 7, listed.total))
  }
}

describe('orderBy', () => {
  let harness: Harness

  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    // Ties everywhere: the same names and instants, and null beside them.
    const at = new Date('2026-01-01T00:00:00.000Z')
    const same = { createdAt: at, updatedAt: at }
    const lastname = { in: ['Benali', 'Petit', 'Colin', 'Dubois'] }
    await prisma.user.updateMany({ where: { lastname }, data: { ...same, firstname: 'Same', lastname: 'Name' } })
    await prisma.access.updateMany({ where: { id: { in: [5, 15, 25, 35] } }, data: { ...same, lastLoginAt: at } })
    await prisma.token.updateMany({
      where: { id: { in: [4, 9, 14] } },
      data: { ...same, name: 'same', lastUsedAt: null },
    })
  })
  afterAll(() => harness.close())

  it.each(cases(userColumns))('gives users by $field $direction, null last, ties by id, page by page', async (each) => {
    const { field, direction, expected } = each
    const found = await walk(async (limit, offset) => {
      const { data } = await harness.ask(PageOfUsers, { orderBy: { field, direction }, limit, offset }, auditor)
      return data?.users
    })
    expect(found).toEqual(ids(await harness.prisma.user.findMany(expected)))
  })

  it.each(cases(accessColumns))(
    'gives accesses by $field $direction, null last, ties by id, page by page',
    async (each) => {
      const { field, direction, expected } = each
      const found = await walk(async (limit, offset) => {
        const { data } = await harness.ask(PageOfAccesses, { orderBy: { field, direction }, limit, offset }, auditor)
        return data?.accesses
      })
      expect(found).toEqual(ids(await harness.prisma.access.findMany(expected)))
    },
  )

  it.each(cases(tokenColumns))(
    'gives tokens by $field $direction, null last, ties by id, page by page',
    async (each) => {
      const { field, direction, expected } = each
      const found = await walk(async (limit, offset) => {
        const { data } = await harness.ask(PageOfTokens, { orderBy: { field, direction }, limit, offset }, auditor)
        return data?.tokens
      })
      expect(found).toEqual(ids(await harness.prisma.token.findMany(expected)))
    },
  )

  it('is ascending where no direction is given, and by id where nothing is given', async () => {
    const byName = await harness.ask(PageOfUsers, { orderBy: { field: 'LASTNAME' } }, auditor)
    const expected = await harness.prisma.user.findMany(inPrismaWords(userColumns.LASTNAME, 'ASC'))
    expect(byName.data?.users.results).toEqual(expected.map(({ id }) => ({ id })))
    const byNothing = await harness.ask(PageOfUsers, { orderBy: null }, auditor)
    expect(byNothing.data?.users.results).toEqual(
      ids(expected)
        .sort()
        .map((id) => ({ id })),
    )
  })
})

/** Texts as people expect them to be sorted, whatever the locale of the database. By bytes they would be far apart. */
const sorted = [
  ...['Angst', 'Ångström', 'apple', 'de la Cruz', 'De Vries', 'dean', 'Eclair', 'éclair', 'Łukasz', 'Lund', "O'Connor"],
  ...['Oconnor', 'Ødegaard', 'van Dyk', 'Žižek', 'Zulu', 'Иванов', '李'],
]

describe('names', () => {
  let harness: Harness
  const { organizationId, accessId } = demoCallers.administrator
  const row = { createdAt: new Date(0), updatedAt: new Date(0) }
  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const shuffled = sorted.toSorted((a, b) => (a < b ? 1 : -1))
    const mark = { language: 'DE', organizationId, ...row } as const
    await prisma.user.createMany({
      data: shuffled.map((name) => {
        const text = `sorted ${name}`
        return { ...mark, id: randomUUID(), lastname: text, firstname: text, email: text }
      }),
    })
    const { userId } = await prisma.access.findUniqueOrThrow({ where: { id: accessId } })
    const access = { ...row, organizationId, userId, type: 'API_CONNECTION', language: 'DE' } as const
    await prisma.access.createMany({ data: shuffled.map((name) => ({ ...access, name: `sorted ${name}` })) })
    const token = {
      ...row,
      organizationId,
      accessId,
      hint: 'abcd',
      scope: [],
      expiresAt: new Date(),
      allowedScopes: {},
    }
    await prisma.token.createMany({
      data: shuffled.map((name) => ({ ...token, name: `sorted ${name}`, secretHash: randomBytes(32) })),
    })
  })
  afterAll(() => harness.close())

  it.each([
    ['users', 'LASTNAME', 'lastname'],
    ['users', 'FIRSTNAME', 'firstname'],
    ['users', 'EMAIL', 'email'],
    ['accesses', 'NAME', '... on ApiConnectionAccess { name }'],
    ['tokens', 'NAME', 'name'],
  ])('of %s are sorted by %s as people expect it', async (field, order, selection) => {
    for (const direction of directions) {
      const { data, errors } = await harness.askRaw(
        `{ ${field}(search: { text: "sorted" }, orderBy: { field: ${order}, direction: ${direction} }) { results { ${selection} } } }`,
      )
      expect(errors).toBeUndefined()
      const found = data?.[field] as { results: readonly Readonly<Record<string, string>>[] } | undefined
      const names = found?.results.map((result) => Object.values(result)[0]?.replace('sorted ', ''))
      expect(names).toEqual(direction === 'ASC' ? sorted : sorted.toReversed())
    }
  })
})

describe('a page by offset', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('is of 100 from the start where nothing, or null, is asked for', async () => {
    const asked = [{}, { limit: null, offset: null }]
    for (const variables of asked) {
      const { data } = await harness.ask(PageOfAccesses, variables)
      expect(data?.accesses).toMatchObject({ limit: 100, offset: 0 })
    }
  })

  it('is empty beyond the end, with the same total', async () => {
    const { data: all } = await harness.ask(PageOfUsers, { limit: 1000 })
    const total = all?.users.total ?? 0
    for (const offset of [total, total + 1, 2_147_483_647]) {
      const { data } = await harness.ask(PageOfUsers, { limit: 1000, offset })
      expect(data?.users).toEqual({ total, limit: 1000, offset, results: [] })
    }
    const { data: last } = await harness.ask(PageOfUsers, { limit: 1000, offset: total - 1 })
    expect(last?.users.results).toEqual(all?.users.results.slice(-1))
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
