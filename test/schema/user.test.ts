import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const ReadUser = graphql(`
  query ReadUser($id: ID!) {
    user(id: $id) {
      nodeId
      id
      firstname
      lastname
      email
      expiresAt
      customerId
      organization { id customerId name }
      phone
      language
      lastLoginAt
      createdAt
      createdBy { id firstname lastname access { id } user { id } }
      updatedAt
      updatedBy { id firstname lastname access { id } user { id } }
      accesses { total results { id } }
    }
  }
`)

const ReadAccessesOfTypes = graphql(`
  query ReadAccessesOfTypes($id: ID!, $types: [AccessType!]) {
    user(id: $id) { accesses(types: $types) { total results { id type } } }
  }
`)

const ReadTokensOfUser = graphql(`
  query ReadTokensOfUser($id: ID!, $limit: Int, $offset: Int) {
    user(id: $id) { tokens(limit: $limit, offset: $offset) { total limit offset results { id } } }
  }
`)

const { administrator, auditor } = demoCallers

interface Snapshot {
  readonly accessId?: number
  readonly userId: string
  readonly firstname: string
  readonly lastname: string
}

describe('user', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('has every field of its row, for every user', async () => {
    const { prisma } = harness
    const rows = await prisma.user.findMany({
      include: { organization: true, accesses: { orderBy: { id: 'asc' } } },
      orderBy: { id: 'asc' },
    })
    const userIds = new Set(rows.map(({ id }) => id))
    const accessIds = new Set(rows.flatMap(({ accesses }) => accesses.map(({ id }) => id)))
    const author = (snapshot: unknown) => {
      if (snapshot === null) return null
      const { userId, accessId, firstname, lastname } = snapshot as Snapshot
      return {
        id: userId,
        firstname,
        lastname,
        access: accessId !== undefined && accessIds.has(accessId) ? { id: String(accessId) } : null,
        user: userIds.has(userId) ? { id: userId } : null,
      }
    }
    for (const row of rows) {
      const { data, errors } = await harness.ask(ReadUser, { id: row.id }, auditor)
      expect(errors).toBeUndefined()
      const logins = row.accesses.flatMap(({ lastLoginAt }) => lastLoginAt?.toISOString() ?? []).sort()
      expect(data?.user).toEqual({
        nodeId: Buffer.from(`User:${row.id}`).toString('base64url'),
        id: row.id,
        firstname: row.firstname,
        lastname: row.lastname,
        email: row.email,
        expiresAt: row.expiresAt?.toISOString().slice(0, 10) ?? null,
        customerId: row.organization.customerId,
        organization: row.organization,
        phone: row.phone,
        language: row.language,
        lastLoginAt: logins.at(-1) ?? null,
        createdAt: row.createdAt.toISOString(),
        createdBy: author(row.createdBy),
        updatedAt: row.updatedAt.toISOString(),
        updatedBy: author(row.updatedBy),
        accesses: { total: row.accesses.length, results: row.accesses.map(({ id }) => ({ id: String(id) })) },
      })
    }
    // The demo has authors of each kind: there, gone, without an access, and none.
    const authors = rows.map(({ createdBy }) => author(createdBy))
    expect(authors).toContain(null)
    for (const there of [true, false]) {
      expect(authors.some((each) => (each?.user !== null) === there)).toBe(true)
      expect(authors.some((each) => (each?.access !== null) === there)).toBe(true)
    }
  })

  it('is found by its id in upper case', async () => {
    const { data } = await harness.ask(ReadUser, { id: administrator.userId.toUpperCase() })
    expect(data?.user?.id).toBe(administrator.userId)
  })

  it('is null where there is none', async () => {
    const { data, errors } = await harness.ask(ReadUser, { id: '00000000-0000-4000-8000-000000000000' })
    expect({ data, errors }).toEqual({ data: { user: null }, errors: undefined })
  })

  it('is null for a user of another organization, but not for an auditor of all', async () => {
    const id = demoCallers.otherReader.userId
    expect((await harness.ask(ReadUser, { id })).data).toEqual({ user: null })
    expect((await harness.ask(ReadUser, { id }, auditor)).data?.user?.id).toBe(id)
  })

  it('has the accesses of the types that are asked for, all of them by null and none by an empty list', async () => {
    const { prisma } = harness
    const { id } = await prisma.user.findFirstOrThrow({ where: { lastname: 'Steiner' } })
    const rows = await prisma.access.findMany({ where: { userId: id }, orderBy: { id: 'asc' } })
    const all = rows.map((row) => ({ id: String(row.id), type: row.type }))
    expect(all.map(({ type }) => type)).toEqual(['UI_CONNECTION', 'API_CONNECTION'])
    const asked = [
      [null, all],
      [[], []],
      [['API_CONNECTION'], all.slice(1)],
      [['PROFILE'], []],
      [['API_CONNECTION', 'UI_CONNECTION', 'API_CONNECTION'], all],
    ] as const
    for (const [types, results] of asked) {
      const { data } = await harness.ask(ReadAccessesOfTypes, { id, types: types && [...types] })
      expect(data?.user?.accesses).toEqual({ total: results.length, results })
    }
  })

  it('has the tokens of all its accesses, by id, by page', async () => {
    const { prisma } = harness
    const { id } = await prisma.user.findFirstOrThrow({ where: { firstname: 'Terraform' } })
    const rows = await prisma.token.findMany({ where: { access: { userId: id } }, orderBy: { id: 'asc' } })
    const ids = rows.map((row) => ({ id: String(row.id) }))
    expect(new Set(rows.map(({ accessId }) => accessId)).size).toBe(2)
    const all = await harness.ask(ReadTokensOfUser, { id })
    expect(all.data?.user?.tokens).toEqual({ total: ids.length, limit: 100, offset: 0, results: ids })
    const page = await harness.ask(ReadTokensOfUser, { id, limit: 1, offset: 1 })
    expect(page.data?.user?.tokens).toEqual({ total: ids.length, limit: 1, offset: 1, results: ids.slice(1, 2) })
  })

  it('shows a date as a day and an instant in UTC with milliseconds', async () => {
    const { prisma } = harness
    const id = administrator.userId
    const times = { expiresAt: new Date('2028-02-29'), updatedAt: new Date('2026-11-21T01:30:00.007+02:00') }
    await prisma.user.update({ where: { id }, data: times })
    const { data } = await harness.ask(ReadUser, { id })
    expect(data?.user).toMatchObject({ expiresAt: '2028-02-29', updatedAt: '2026-11-20T23:30:00.007Z' })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
