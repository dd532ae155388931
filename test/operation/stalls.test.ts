import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cpuOf } from '../support/cpu.ts'
import { type Asked, createHarness, type Harness } from '../support/harness.ts'
import { stalls } from './fixtures/stalls.ts'

const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')

/** Milliseconds of CPU that one request may take until it is answered; a busy machine gets as much again. */
const most = 100 * 2

/** The selection inside of so many fragments, each with two conditions. */
const within = (levels: number, selection: string) =>
  `${many(levels, (i) => `... @include(if: $i${i}) @skip(if: $s${i}) {`)} ${selection} ${'}'.repeat(levels)}`

/** 700 fields behind 44 conditions, twice over. `name` makes it another document, which has not been prepared yet. */
const conditional = (name: string) =>
  `query ${name}(${many(22, (i) => `$i${i}: Boolean = true, $s${i}: Boolean = false`)}) {
    ${within(
      22,
      `users { results { ${within(
        22,
        many(175, () => 'id email phone language'),
      )} } }`,
    )} }`

const noNodeIds = Array.from({ length: 1_000 }, (_, index) => `x${index}`)
const noIds = noNodeIds.map((id) => Buffer.from(`User:${id}`).toString('base64url'))
const noKeys = noNodeIds.map((id) => ({ __typename: 'User', id }))

const nodes = `query ($ids: [ID!]!) { ${many(19, (i) => `a${i}: nodes(ids: $ids) { nodeId }`)} }`
const entities = `query ($of: [_Any!]!) { ${many(19, (i) => `a${i}: _entities(representations: $of) { __typename }`)} }`

describe('a request that would keep the process busy', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    await harness.askRaw('{ viewer { subject } }')
    await harness.askRaw('{ __typename }', {}, undefined, '/subgraph')
  })
  afterAll(() => harness.close())

  it('is refused at once where its conditions are nested deep around many fields', async () => {
    let refused: Asked<unknown> | undefined
    const caller = { claims: { customer_id: 1, scope: '' } }
    const cpu = await cpuOf(async (attempt) => {
      refused = await harness.askRaw(conditional(`Q${attempt}`), {}, caller)
    })
    expect(refused?.errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
    expect(cpu).toBeLessThan(most)
  })

  it.each([
    ['texts that are no nodeIds', nodes, { ids: noNodeIds }, '/graphql'],
    ['nodeIds without an id', nodes, { ids: noIds }, '/graphql'],
  ])('is refused at once where it asks for thousands of %s', async (_, document, variables, path) => {
    let asked: Asked<unknown> | undefined
    const cpu = await cpuOf(async () => {
      asked = await harness.askRaw(document, variables, undefined, path)
    })
    expect(asked).toMatchObject({ status: 200, data: null, statements: [] })
    expect(asked?.errors?.map(({ message }) => message)).toEqual([
      '"ids": expected at most 20 that are no nodeIds, received 1000',
    ])
    expect(cpu).toBeLessThan(most)
  })

  it('is answered at once where it has thousands of malformed references', async () => {
    let asked: Asked<unknown> | undefined
    const cpu = await cpuOf(async () => {
      asked = await harness.askRaw(entities, { of: noKeys }, undefined, '/subgraph')
    })
    expect(asked).toMatchObject({ status: 200, errors: undefined, statements: [] })
    expect(asked?.data).toMatchObject({ a18: Array(1_000).fill(null) })
    expect(cpu).toBeLessThan(most)
  })

  it('is answered at once where each of many users is asked by a long list', async () => {
    const document = `query ($types: [AccessType!]) { a: users(limit: 1000) { results { ...L } } b: accesses { results { user { ...L } } } }
      fragment L on User { ${many(20, (i) => `l${i}: accesses(types: $types) { total }`)} }`
    const asked = (types: readonly string[]) =>
      cpuOf(async () => expect((await harness.askRaw(document, { types })).errors).toBeUndefined())
    const short = await asked(['PROFILE'])
    expect(await asked(Array(15_000).fill('PROFILE'))).toBeLessThan(short + most)
  })

  it.each(Object.values(stalls).flatMap((documents) => Object.entries(documents)))(
    'is refused at once: %s',
    async (_, { document, variables }) => {
      const cpu = await cpuOf(async () => expect((await harness.askRaw(document, variables)).status).toBe(400))
      expect(cpu).toBeLessThan(most)
    },
  )

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
