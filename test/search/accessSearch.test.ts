import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { AccessSearch } from '../generated/graphql.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { type Condition, expectSearch, hasText, pairs, within } from './conditions.ts'

const SearchAccesses = graphql(`
  query SearchAccesses($search: AccessSearch) {
    accesses(search: $search, limit: 1000) { total results { id } }
  }
`)

const SearchAccessesOfRole = graphql(`
  query SearchAccessesOfRole($role: ID!, $search: AccessSearch) {
    role(id: $role) { accesses(search: $search, limit: 1000) { total results { id } } }
  }
`)

const { auditor } = demoCallers

async function readRows({ prisma }: Harness) {
  const accesses = await prisma.access.findMany({
    include: { assignments: true, user: { include: { organization: true } } },
    orderBy: { id: 'asc' },
  })
  const held = await prisma.rolePermission.findMany()
  return accesses.map((access) => {
    const roleIds = access.assignments.map(({ roleId }) => roleId)
    const permissionIds = held.filter(({ roleId }) => roleIds.includes(roleId)).map(({ permissionId }) => permissionId)
    return { ...access, roleIds, permissionIds, customerId: access.user.organization.customerId }
  })
}

type Row = Awaited<ReturnType<typeof readRows>>[number]

describe('AccessSearch', () => {
  let harness: Harness
  let rows: readonly Row[]

  beforeAll(async () => {
    harness = await createHarness()
    rows = await readRows(harness)
  })
  afterAll(() => harness.close())

  const find = async (search: AccessSearch) => {
    const { data, errors } = await harness.ask(SearchAccesses, { search }, auditor)
    expect(errors).toBeUndefined()
    return { total: data?.accesses.total ?? -1, ids: data?.accesses.results.map(({ id }) => id) ?? [] }
  }
  const text = (given: string): Condition<AccessSearch, Row> => ({
    search: { text: given },
    matches: ({ name, ssoId }) => hasText(given, name, ssoId),
  })

  const { userId } = demoCallers.administrator
  const created = { from: '2023-01-01T00:00:00Z', to: '2025-06-01T00:00:00Z' }
  const logins = { from: '2026-11-01T00:00:00Z', to: '2026-11-18T12:00:00Z' }
  const conditions: readonly Condition<AccessSearch, Row>[] = [
    text('ar'),
    { search: { ids: ['1', '3', '5', '40', '60'] }, matches: ({ id }) => [1, 3, 5, 40, 60].includes(id) },
    { search: { userId }, matches: (row) => row.userId === userId },
    { search: { customerId: 1 }, matches: ({ customerId }) => customerId === 1 },
    {
      search: { types: ['API_CONNECTION', 'PROFILE'] },
      matches: ({ type }) => type === 'API_CONNECTION' || type === 'PROFILE',
    },
    { search: { roleId: 'zone-admin' }, matches: ({ roleIds }) => roleIds.includes('zone-admin') },
    {
      search: { permissionId: 'dns.zone.read' },
      matches: ({ permissionIds }) => permissionIds.includes('dns.zone.read'),
    },
    { search: { twoFaEnabled: true }, matches: ({ twoFaEnabled }) => twoFaEnabled === true },
    { search: { twoFaEnabled: false }, matches: ({ twoFaEnabled }) => twoFaEnabled === false },
    { search: { createdAt: created }, matches: ({ createdAt }) => within(createdAt, created) },
    { search: { lastLoginAt: logins }, matches: ({ lastLoginAt }) => within(lastLoginAt, logins) },
  ]

  it.each(conditions)('finds exactly the accesses that meet $search', async (condition) => {
    const found = await expectSearch(rows, condition, find)
    expect(found).toBeGreaterThan(0)
    expect(found).toBeLessThan(rows.length)
  })

  it('finds the accesses that meet both of any two conditions', async () => {
    let found = 0
    for (const condition of pairs(conditions)) found += await expectSearch(rows, condition, find)
    expect(found).toBeGreaterThan(50)
  })

  it('finds one access by all conditions at once, and none when one of them fails', async () => {
    const access = rows.find(
      ({ twoFaEnabled, lastLoginAt, roleIds }) => twoFaEnabled && lastLoginAt && roleIds.length > 0,
    )
    if (!access?.lastLoginAt) throw new Error('expected a UI connection that has been used')
    const search: AccessSearch = {
      text: '',
      ids: [String(access.id)],
      userId: access.userId.toUpperCase(),
      customerId: access.customerId,
      types: [access.type],
      roleId: access.roleIds[0] ?? '',
      permissionId: access.permissionIds[0] ?? '',
      twoFaEnabled: true,
      createdAt: { from: access.createdAt.toISOString() },
      lastLoginAt: { from: access.lastLoginAt.toISOString() },
    }
    expect(await find(search)).toEqual({ total: 1, ids: [String(access.id)] })
    expect(await find({ ...search, types: ['PROFILE'] })).toEqual({ total: 0, ids: [] })
  })

  it('finds the same through a role, of those that hold it', async () => {
    const condition = pairs(conditions).map(({ search, matches }) => ({
      search,
      matches: (row: Row) => matches(row) && row.roleIds.includes('zone-reader'),
    }))
    let found = 0
    for (const each of condition) {
      found += await expectSearch(rows, each, async (search) => {
        const { data } = await harness.ask(SearchAccessesOfRole, { role: 'zone-reader', search }, auditor)
        const accesses = data?.role?.accesses
        return { total: accesses?.total ?? -1, ids: accesses?.results.map(({ id }) => id) ?? [] }
      })
    }
    expect(found).toBeGreaterThan(10)
  })

  it('finds an access once, however often it holds a role', async () => {
    const probe = rows.find(({ name }) => name === 'Uptime probe')
    expect(probe?.roleIds).toEqual(['zone-reader', 'zone-reader'])
    await expectSearch(
      rows,
      { search: { roleId: 'zone-reader' }, matches: ({ roleIds }) => roleIds.includes('zone-reader') },
      find,
    )
  })

  it.each(['%', '_', '100%_nightly', 'g%c', '’s scripts', '\\', 'DÉPLOIEMENT', 'déploiement', '🦉'])(
    'takes the text %j as it is, whatever its case',
    async (given) => expect(await expectSearch(rows, text(given), find)).toBeLessThan(3),
  )

  it('finds nothing by an empty list, and everything by null', async () => {
    expect(await find({ ids: [] })).toEqual({ total: 0, ids: [] })
    expect(await find({ types: [] })).toEqual({ total: 0, ids: [] })
    const everything = { total: rows.length, ids: rows.map(({ id }) => String(id)) }
    expect(await find({ text: null, ids: null, userId: null, customerId: null, types: null })).toEqual(everything)
    expect(
      await find({ roleId: null, permissionId: null, twoFaEnabled: null, createdAt: null, lastLoginAt: null }),
    ).toEqual(everything)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
