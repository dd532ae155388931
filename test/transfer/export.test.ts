import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testTime } from '../support/time.ts'
import { exportText, importText, linesOf } from '../support/transfer.ts'
import { ada, all, deploy, editor, eve, machine, there } from './lines.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
  const { problems } = await importText(database, linesOf(all))
  expect(problems).toEqual([])
})
afterAll(() => database.close())

describe('an export', () => {
  it('has every member of each row, in one order', async () => {
    const lines = (await exportText(database))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ type }) => type)).toEqual([
      ...['organization', 'organization', 'identityProvider', 'permission', 'permission', 'role', 'role'],
      ...['user', 'user', 'user', 'access', 'access', 'access', 'roleAssignment', 'roleAssignment', 'token'],
    ])
    expect(lines[5]).toEqual({ ...editor, permissions: ['dns.read', 'dns.write'] })
    expect(lines[7]).toEqual({
      ...{ ...ada, expires_at: null, phone: null, created_by: null, updated_by: null },
      ...{ created_at: testTime.toISOString(), updated_at: testTime.toISOString() },
    })
    expect(Object.keys(lines[10])).toEqual([
      ...['type', 'id', 'user_id', 'access_type', 'two_fa_enabled', 'last_login_at'],
      ...['created_at', 'created_by', 'updated_at', 'updated_by'],
    ])
  })

  it('has what is held everywhere before what is held on a resource', async () => {
    await importText(database, linesOf([{ ...there, resource: null }]))
    const assignments = (await exportText(database)).split('\n').filter((line) => line.includes('"roleAssignment"'))
    expect(assignments.map((line) => JSON.parse(line)).map(({ role_id, resource }) => [role_id, resource])).toEqual([
      ['editor', null],
      ['reader', null],
      ['reader', 'zone:example.com'],
    ])
  })

  it('of one organization has that one and the catalogue', async () => {
    const lines = (await exportText(database, 2))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ type }) => type)).toEqual([
      ...['organization', 'permission', 'permission', 'role', 'role', 'user'],
    ])
    expect(lines[5]).toMatchObject({ customer_id: 2, email: eve.email })
  })

  it('leaves out the tokens of accesses that were removed, says how many, and has them again where an access comes back', async () => {
    const left = all.filter((line) => line !== machine && line !== there && line !== deploy)
    const told: number[] = []
    const exported = async (customer?: number) => exportText(database, customer, (tokens) => told.push(tokens))
    await importText(database, linesOf(left), { prune: true })
    const without = await exported()
    expect(without).not.toContain('"type":"token"')
    await exported(2)
    expect((await importText(database, without, { prune: true })).problems).toEqual([])
    expect(await exported()).toBe(without)
    expect(told).toEqual([1, 0, 1])
    await importText(database, linesOf([machine]))
    expect(await exported()).toContain('"type":"token","id":1,"access_id":2')
    expect(told.at(-1)).toBe(0)
  })
})
