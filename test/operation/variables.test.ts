import { isScalarType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { createHarness, type Harness } from '../support/harness.ts'

describe('variables', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('are coerced once', async () => {
    const type = schema.getType('DateTime')
    if (!isScalarType(type)) throw new Error('expected DateTime to be a scalar')
    const parse = vi.spyOn(type, 'parseValue')
    try {
      const { errors } = await harness.askRaw(
        'query ($range: DateTimeRange) { a: users(search: { createdAt: $range }) { total } b: users(search: { createdAt: $range }) { total } }',
        { range: { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' } },
      )
      expect(errors).toBeUndefined()
      expect(parse.mock.calls.map(([value]) => value)).toEqual(['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'])
    } finally {
      parse.mockRestore()
    }
  })

  it.each([
    ['a value', { n: 3 }, 3],
    ['the default where they are left out', {}, 7],
    ['null where they are null, though they have a default', { n: null }, 100],
  ])('have %s', async (_, variables, limit) => {
    const { data } = await harness.askRaw('query ($n: Int = 7) { users(limit: $n) { limit } }', variables)
    expect(data).toEqual({ users: { limit } })
  })

  it('that are left out leave it to the argument’s default', async () => {
    const { data } = await harness.askRaw('query ($n: Int) { users(limit: $n) { limit } }', {})
    expect(data).toEqual({ users: { limit: 100 } })
  })

  it('of lists, enums and inputs come as what they stand for, one item for a list of one', async () => {
    const document = `query ($types: [AccessType!], $search: UserSearch, $order: UserOrder) {
      accesses(search: { types: $types }) { total } users(search: $search, orderBy: $order) { total results { language } } }`
    const { data, errors } = await harness.askRaw(document, {
      types: 'PROFILE',
      search: { language: 'DE', createdAt: { from: '2020-01-01T00:00:00Z' } },
      order: { field: 'LASTNAME' },
    })
    expect(errors).toBeUndefined()
    expect(data?.users).toMatchObject({ results: expect.arrayContaining([{ language: 'DE' }]) })
    const literal = await harness.askRaw('{ accesses(search: { types: [PROFILE] }) { total } }')
    expect(data?.accesses).toEqual(literal.data?.accesses)
  })

  it('name no type that the schema does not have', async () => {
    const { errors } = await harness.askRaw('query ($n: AsItIs) { users(limit: $n) { limit } }', { n: 1 })
    expect(errors?.[0]?.message).toBe('Unknown type "AsItIs".')
    const { data } = await harness.askRaw('query ($n: String!) { __type(name: $n) { name } }', { n: 'AsItIs' })
    expect(data).toEqual({ __type: null })
  })
})
