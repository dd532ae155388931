import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { userId, accessId } = demoCallers.administrator

/** Each link that is searched, with what leads to it, the type of its search, and a search that is not allowed. */
const links = [
  ['Access.tokens', `access(id: "${accessId}")`, 'tokens', 'TokenSearch'],
  ['User.tokens', `user(id: "${userId}")`, 'tokens', 'TokenSearch'],
  ['Role.accesses', 'role(id: "administrator")', 'accesses', 'AccessSearch'],
] as const

const badSearches = [
  ['search.ids', { ids: ['x'] }],
  ['search.text', { text: '\u0000' }],
] as const

describe('a bad search under a link', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each(
    links.flatMap(([link, from, field, type]) =>
      badSearches.flatMap(([argument, search]) =>
        ['limit offset', 'limit', 'total', 'results { id }', '__typename'].map(
          (selection) => [link, argument, selection, from, field, type, search] as const,
        ),
      ),
    ),
  )('is refused by name whatever is selected: %s with a bad %s and { %s }', async (...given) => {
    const [, argument, selection, from, field, type, search] = given
    const document = `query ($v: ${type}) { ${from} { ${field}(search: $v) { ${selection} } } }`
    const { errors } = await harness.askRaw(document, { v: search })
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT', argument }])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
