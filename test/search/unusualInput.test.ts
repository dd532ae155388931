import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { userId } = demoCallers.administrator

describe('unusual input that is allowed', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each([
    ['200 characters', { text: 'x'.repeat(200) }],
    [
      'the first instant of the first year, and the last of the last',
      { createdAt: { from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999Z' } },
    ],
    ['an instant that is in the year 10000 in UTC', { createdAt: { to: '9999-12-31T23:59:59-23:59' } }],
    ['the smallest customer number', { customerId: -(2 ** 31) }],
    ['1000 ids', { ids: Array(1000).fill(userId) }],
  ])('searches with %s', async (_, search) => {
    const { status, data } = await harness.askRaw('query ($v: UserSearch) { users(search: $v) { total } }', {
      v: search,
    })
    expect({ status, data }).toEqual({ status: 200, data: { users: { total: expect.any(Number) } } })
  })

  it.each([
    ['a UUID in upper case', 'user', userId.toUpperCase()],
    ['the largest int4', 'access', '2147483647'],
    ['a number instead of its digits', 'token', 1],
    ['a role with wildcards', 'role', '%'],
    ['a permission of 200 emoji halves', 'permission', '🦉'.repeat(100)],
  ])('looks for %s', async (_, field, id) => {
    const { errors } = await harness.askRaw(`query ($id: ID!) { ${field}(id: $id) { id } }`, { id })
    expect(errors).toBeUndefined()
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
