import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { schema } from '../../src/schema/index.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { auditor } = demoCallers

/** The names of an enum's values. */
const valuesOf = (name: string) => {
  const type = schema.getType(name)
  return type && 'getValues' in type ? type.getValues().map((value) => value.name) : []
}
const lists = [
  ['users', 'UserOrder'],
  ['accesses', 'AccessOrder'],
  ['tokens', 'TokenOrder'],
] as const
const orders = lists.flatMap(([list, type]) =>
  valuesOf(`${type}Field`).flatMap((field) =>
    (['ASC', 'DESC'] as const).map((direction) => ({ list, type, field, direction })),
  ),
)

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean }
}

describe('a connection in an order', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const connection = async (list: string, type: string, variables: object) => {
    const document = `query ($orderBy: ${type}, $first: Int, $after: String, $last: Int, $before: String) {
      ${list}Connection(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } } }`
    const { data, errors } = await harness.askRaw(document, variables, auditor)
    return { page: data?.[`${list}Connection`] as Page | undefined, errors }
  }
  const listed = async (list: string, type: string, orderBy: object) => {
    const document = `query ($orderBy: ${type}) { ${list}(orderBy: $orderBy, limit: 1000) { results { id } } }`
    const { data } = await harness.askRaw(document, { orderBy }, auditor)
    const { results } = (data?.[list] ?? {}) as { results: { id: string }[] }
    return results.map(({ id }) => id)
  }

  it('knows every order that its page by offset has', () => {
    expect(orders.length).toBe(2 * (7 + 6 + 5))
  })

  it.each(orders)(
    'covers $list by $field $direction once, forward and backward',
    async ({ list, type, ...orderBy }) => {
      const { field, direction } = orderBy
      const order = { field, direction }
      const expected = await listed(list, type, order)
      expect(expected.length).toBeGreaterThan(20)
      for (const [size, cursor, more] of [
        ['first', 'after', 'hasNextPage'],
        ['last', 'before', 'hasPreviousPage'],
      ] as const) {
        const seen: string[][] = []
        let at: string | null = null
        for (let goesOn = true; goesOn; ) {
          const { page }: { page: Page | undefined } = await connection(list, type, {
            orderBy: order,
            [size]: 7,
            [cursor]: at,
          })
          seen.push(page?.edges.map(({ node }) => node.id) ?? [])
          at = (size === 'first' ? page?.edges.at(-1) : page?.edges[0])?.cursor ?? null
          goesOn = page?.pageInfo[more] === true
        }
        expect((size === 'first' ? seen : seen.reverse()).flat()).toEqual(expected)
      }
    },
  )

  it.each(lists)('refuses a cursor of %s that was made for another order or direction', async (list, type) => {
    const field = 'CREATED_AT'
    const { page } = await connection(list, type, { orderBy: { field, direction: 'ASC' }, first: 1 })
    const after = page?.edges[0]?.cursor
    expect((await connection(list, type, { orderBy: { field, direction: 'ASC' }, after })).errors).toBeUndefined()
    for (const orderBy of [undefined, { field: 'ID' }, { field, direction: 'DESC' }]) {
      expect((await connection(list, type, { orderBy, after })).errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', argument: 'after' } },
      ])
    }
  })

  const forged = (kind: string, ...parts: unknown[]) =>
    Buffer.from(`${kind}:${JSON.stringify(parts)}`).toString('base64url')
  it.each([
    ['CREATED_AT', forged('Access', 'CREATED_AT', 'ASC', '1', 'yesterday')],
    ['CREATED_AT', forged('Access', 'CREATED_AT', 'ASC', '1', '2026-02-30 00:00:00+00')],
    ['CREATED_AT', forged('Access', 'CREATED_AT', 'ASC', '1', '0000-01-01 00:00:00+00')],
    ['CREATED_AT', forged('Access', 'CREATED_AT', 'ASC', '1', null)],
    ['CREATED_AT', forged('Access', 'CREATED_AT', 'ASC', 'one', '2026-02-20 00:00:00+00')],
    ['TYPE', forged('Access', 'TYPE', 'ASC', '1', 'NO_TYPE')],
    ['NAME', forged('Access', 'NAME', 'ASC', '1', 'a\u0000b')],
    ['NAME', forged('Access', 'NAME', 'ASC', '1', 'a', 'b')],
    ['NAME', forged('Access', 'NAME', 'ASC', 1, 'a')],
    ['ID', forged('Access', 'ID', 'ASC', '1', 'a')],
    ['ID', forged('Access', 'ID', 'ASC', '1', null)],
    ['ID', Buffer.from('User:1').toString('base64url')],
    ['ID', Buffer.from('Access:one').toString('base64url')],
    ['ID', Buffer.from('Access:null').toString('base64url')],
    ['ID', Buffer.from('Access:[').toString('base64url')],
    ['ID', Buffer.from('1').toString('base64url')],
  ])('refuses a cursor of accesses by %s that it did not make: %s', async (field, after) => {
    const { errors } = await connection('accesses', 'AccessOrder', { orderBy: { field }, after })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
