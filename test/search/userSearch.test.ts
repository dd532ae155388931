import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { UserSearch } from '../generated/graphql.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { type Condition, expectSearch, hasText, pairs, within } from './conditions.ts'

const SearchUsers = graphql(`
  query SearchUsers($search: UserSearch) {
    users(search: $search, limit: 1000) { total results { id } }
  }
`)

const { auditor, administrator } = demoCallers
const marked = 'a0000000-0000-4000-8000-00000000000'

/** The demo's people of all organizations, and some with what is awkward to search for. */
async function readRows({ prisma }: Harness) {
  const users = await prisma.user.findMany({
    include: { organization: true, accesses: { include: { assignments: true } } },
    orderBy: { id: 'asc' },
  })
  const held = await prisma.rolePermission.findMany()
  return users.map((user) => {
    const roleIds = user.accesses.flatMap(({ assignments }) => assignments.map(({ roleId }) => roleId))
    const logins = user.accesses.flatMap(({ lastLoginAt }) => lastLoginAt ?? []).sort((a, b) => Number(a) - Number(b))
    return {
      ...user,
      roleIds,
      permissionIds: held.filter(({ roleId }) => roleIds.includes(roleId)).map(({ permissionId }) => permissionId),
      lastLoginAt: logins.at(-1) ?? null,
    }
  })
}

type Row = Awaited<ReturnType<typeof readRows>>[number]

describe('UserSearch', () => {
  let harness: Harness
  let rows: readonly Row[]

  beforeAll(async () => {
    harness = await createHarness()
    const at = new Date('2026-01-01T00:00:00.000Z')
    const one = { organizationId: administrator.organizationId, language: 'EN', createdAt: at, updatedAt: at } as const
    await harness.prisma.user.createMany({
      data: [
        { ...one, id: `${marked}1`, firstname: '100%', lastname: 'a_b', email: 'Percent@lakeside.example' },
        { ...one, id: `${marked}2`, firstname: '100 per cent', lastname: 'aXb', email: 'words@lakeside.example' },
        { ...one, id: `${marked}3`, firstname: 'back\\slash', lastname: `o'quote "d"`, email: 'b@lakeside.example' },
        { ...one, id: `${marked}4`, firstname: '🦉 Owl', lastname: 'ÅNGSTRÖM', email: 'ö@lakeside.example' },
        {
          ...one,
          id: `${marked}5`,
          firstname: 'Last',
          lastname: 'Day',
          email: 'l@x.example',
          expiresAt: '2026-11-21T00:00:00Z',
        },
        {
          ...one,
          id: `${marked}6`,
          firstname: 'Day',
          lastname: 'After',
          email: 'd@x.example',
          expiresAt: '2026-11-20T00:00:00Z',
        },
      ],
    })
    rows = await readRows(harness)
  })
  afterAll(() => harness.close())

  const find = async (search: UserSearch) => {
    const { data, errors } = await harness.ask(SearchUsers, { search }, auditor)
    expect(errors).toBeUndefined()
    return { total: data?.users.total ?? -1, ids: data?.users.results.map(({ id }) => id) ?? [] }
  }
  const text = (given: string): Condition<UserSearch, Row> => ({
    search: { text: given },
    matches: ({ firstname, lastname, email, phone }) => hasText(given, firstname, lastname, email, phone),
  })

  const range = { from: '2023-05-01T00:00:00Z', to: '2025-01-01T00:00:00+02:00' }
  const logins = { from: '2026-11-01T00:00:00Z', to: '2026-11-18T12:00:00Z' }
  const conditions: readonly Condition<UserSearch, Row>[] = [
    text('an'),
    {
      search: { email: 'ADA.Lovelace@lakeside.example' },
      matches: ({ email }) => email === 'ada.lovelace@lakeside.example',
    },
    { search: { customerId: 2 }, matches: ({ organization }) => organization.customerId === 2 },
    { search: { language: 'DE' }, matches: ({ language }) => language === 'DE' },
    { search: { expired: true }, matches: ({ expiresAt }) => expiresAt !== null && expiresAt < new Date('2026-11-21') },
    {
      search: { expired: false },
      matches: ({ expiresAt }) => expiresAt === null || expiresAt >= new Date('2026-11-21'),
    },
    { search: { roleId: 'zone-reader' }, matches: ({ roleIds }) => roleIds.includes('zone-reader') },
    {
      search: { permissionId: 'dns.record.create' },
      matches: ({ permissionIds }) => permissionIds.includes('dns.record.create'),
    },
    {
      search: { accessType: 'API_CONNECTION' },
      matches: ({ accesses }) => accesses.some(({ type }) => type === 'API_CONNECTION'),
    },
    { search: { createdAt: range }, matches: ({ createdAt }) => within(createdAt, range) },
    { search: { lastLoginAt: logins }, matches: ({ lastLoginAt }) => within(lastLoginAt, logins) },
  ]

  it.each(conditions)('finds exactly the users that meet $search', async (condition) => {
    const found = await expectSearch(rows, condition, find)
    expect(found).toBeGreaterThan(0)
    expect(found).toBeLessThan(rows.length)
  })

  it('finds the users that meet both of any two conditions', async () => {
    let found = 0
    for (const condition of pairs(conditions)) found += await expectSearch(rows, condition, find)
    expect(found).toBeGreaterThan(50)
  })

  it('finds one user by all conditions at once, and none when one of them fails', async () => {
    const user = rows.find(
      ({ lastLoginAt, phone, roleIds }) => lastLoginAt !== null && phone !== null && roleIds.length > 0,
    )
    if (!user?.lastLoginAt) throw new Error('expected a user who has signed in')
    const search: UserSearch = {
      text: user.lastname,
      ids: [user.id],
      email: user.email,
      customerId: user.organization.customerId,
      language: user.language,
      expired: user.expiresAt !== null && user.expiresAt < new Date('2026-11-21'),
      roleId: user.roleIds[0] ?? '',
      permissionId: user.permissionIds[0] ?? '',
      accessType: user.accesses[0]?.type ?? 'PROFILE',
      createdAt: { from: user.createdAt.toISOString() },
      lastLoginAt: { from: user.lastLoginAt.toISOString() },
    }
    expect(await find(search)).toEqual({ total: 1, ids: [user.id] })
    expect(await find({ ...search, createdAt: { to: user.createdAt.toISOString() } })).toEqual({ total: 0, ids: [] })
  })

  it('has `from` in a range and `to` not', async () => {
    const at = rows[0]?.createdAt.toISOString() ?? ''
    await expectSearch(
      rows,
      { search: { createdAt: { from: at } }, matches: (row) => within(row.createdAt, { from: at }) },
      find,
    )
    await expectSearch(
      rows,
      { search: { createdAt: { to: at } }, matches: (row) => within(row.createdAt, { to: at }) },
      find,
    )
    expect(await find({ createdAt: { from: at, to: at } })).toEqual({ total: 0, ids: [] })
  })

  it('asks for nothing by null, by an open range and by the empty text', async () => {
    const everybody = { total: rows.length, ids: rows.map(({ id }) => id) }
    expect(await find({ text: '', createdAt: {}, lastLoginAt: {} })).toEqual(everybody)
    expect(await find({ text: null, ids: null, email: null, customerId: null, language: null, expired: null })).toEqual(
      everybody,
    )
    expect(
      await find({ roleId: null, permissionId: null, accessType: null, createdAt: null, lastLoginAt: null }),
    ).toEqual(everybody)
    expect(await find({ createdAt: { from: null, to: null } })).toEqual(everybody)
  })

  it('finds by ids of whatever case, each once, and nobody by an empty list', async () => {
    const [first, second] = rows
    if (!first || !second) throw new Error('expected two users')
    const ids = [second.id, first.id.toUpperCase(), first.id]
    expect(await find({ ids })).toEqual({ total: 2, ids: [first.id, second.id] })
    expect(await find({ ids: [] })).toEqual({ total: 0, ids: [] })
  })

  it.each(['%', '_', '100%', 'a_b', '\\', "o'quote", '"d"', "'; DROP TABLE users; --", '🦉', '$1', '{}', ' '])(
    'takes the text %j as it is',
    async (given) => {
      const found = await expectSearch(rows, text(given), find)
      expect(found).toBeLessThan(rows.length)
    },
  )

  it.each(['étienne', 'ÉTIENNE', 'ångström', 'LEFÈVRE', 'sørensen', 'ö@LAKESIDE', 'weiß'])(
    'finds %s whatever the case of its letters',
    async (given) => expect(await expectSearch(rows, text(given), find)).toBe(1),
  )

  it('finds by any part of a phone number', async () => {
    expect(await expectSearch(rows, text('+33 1 99'), find)).toBeGreaterThan(0)
  })

  it('compares a mail address as a whole, and wildcards as they are', async () => {
    expect(await find({ email: 'ada.lovelace' })).toEqual({ total: 0, ids: [] })
    expect(await find({ email: '%@lakeside.example' })).toEqual({ total: 0, ids: [] })
    expect(await find({ email: 'Ö@LAKESIDE.EXAMPLE' })).toEqual({ total: 1, ids: [`${marked}4`] })
  })

  it('lets a user work through the whole of the last day, in UTC', async () => {
    const search = { expired: true, ids: [`${marked}5`, `${marked}6`] }
    expect(await find(search)).toEqual({ total: 1, ids: [`${marked}6`] })
    harness.now = new Date('2026-11-21T23:59:59.999Z')
    expect(await find(search)).toEqual({ total: 1, ids: [`${marked}6`] })
    harness.now = new Date('2026-11-22T00:00:00.000Z')
    expect(await find(search)).toEqual({ total: 2, ids: [`${marked}5`, `${marked}6`] })
    harness.now = new Date('2026-11-21T09:30:00.000Z')
  })

  it('finds nobody by what is not there', async () => {
    for (const search of [
      { roleId: 'none' },
      { permissionId: 'none' },
      { customerId: -1 },
      { customerId: 2147483647 },
    ]) {
      expect(await find(search)).toEqual({ total: 0, ids: [] })
    }
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
