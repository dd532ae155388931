import { readFileSync } from 'node:fs'
import { Kind, parse, print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { exampleTabs } from '../../src/graphiql/examples.ts'
import { graphql } from '../generated/gql.ts'
import * as generated from '../generated/graphql.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const AskScopes = graphql(`
  query AskScopes($document: String!, $operationName: String, $variables: JSON) {
    requiredScopes(document: $document, operationName: $operationName, variables: $variables) {
      sufficient
      alternatives { scopes missing fields { coordinate scopes } }
    }
  }
`)

const { administrator, reader } = demoCallers
const scoped = (...scopes: readonly string[]): Caller => ({
  claims: { ...claimsOf(administrator), scope: scopes.join(' ') },
})

const tooLong = `{ ${'__typename '.repeat(3_000)} }`

interface Operation {
  readonly title: string
  readonly document: string
  readonly variables?: unknown
}

/** The operations of GraphiQL, of the README, and those of the tests that need no variables. */
function operations(): readonly Operation[] {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const snippets = [...readme.matchAll(/^```graphql\n(.*?)^```\n(?:\s*^```json\n(.*?)^```\n)?/gms)].map(
    ([, document = '', json = '{}']): Operation => {
      const value = JSON.parse(json)
      return { title: `README: ${document.slice(0, 30)}`, document, variables: 'data' in value ? {} : value }
    },
  )
  const { userId, accessId, tokenId } = demoExamples
  const ids = { userId, accessId: String(accessId), tokenId: String(tokenId) }
  const tabs = exampleTabs(ids).map(({ name, query, variables }) => ({
    title: name,
    document: query,
    variables,
  }))
  const typed = Object.entries(generated)
    .filter(([name]) => name.endsWith('Document'))
    .map(([name, document]): Operation => ({ title: name, document: String(document) }))
    .filter(({ document }) => !/\$\w+: [^,)]*!/.test(document))
  return [...snippets, ...tabs, ...typed].filter(({ document }) => /^\s*(#.*\n)*\s*(query|mutation|\{)/.test(document))
}

describe('requiredScopes', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ OPEN_INTROSPECTION: 'false' })
    await harness.askRaw('{ viewer { subject } }')
  })
  afterAll(() => harness.close())

  const ask = async (document: string, given: object = {}, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(AskScopes, { document, ...given }, caller)
    expect(errors).toBeUndefined()
    return data?.requiredScopes
  }

  it('names the scopes, what is missing, and the fields that need them, without running anything', async () => {
    const document = '{ users(search: { roleId: "x" }) { results { tokens { results { username } } } } }'
    const { data, statements } = await harness.ask(AskScopes, { document }, scoped('users:read', 'audit:read'))
    expect(statements).toEqual([])
    expect(data?.requiredScopes).toEqual({
      sufficient: false,
      alternatives: [
        {
          scopes: ['accesses:read', 'roles:read', 'tokens:read', 'users:read'],
          missing: ['accesses:read', 'roles:read', 'tokens:read'],
          fields: [
            { coordinate: 'Query.users', scopes: ['users:read'] },
            { coordinate: 'Token.username', scopes: ['users:read'] },
            { coordinate: 'TokenSearchResult.results', scopes: ['tokens:read'] },
            { coordinate: 'User.tokens', scopes: ['tokens:read'] },
            { coordinate: 'UserSearch.roleId', scopes: ['accesses:read', 'roles:read'] },
            { coordinate: 'UserSearchResult.results', scopes: ['users:read'] },
          ],
        },
      ],
    })
  })

  it('has one empty alternative for what needs none', async () => {
    expect(await ask('{ viewer { subject } }', {}, scoped())).toEqual({
      sufficient: true,
      alternatives: [{ scopes: [], missing: [], fields: [] }],
    })
  })

  it('answers for the variables that are given, and for the worst case where they are left out', async () => {
    const document = `query ($roles: Boolean!, $search: UserSearch) {
      users(search: $search) { total } roles @include(if: $roles) { total } tokens @skip(if: $roles) { total }
    }`
    const scopes = async (given: object) => (await ask(document, given))?.alternatives[0]?.scopes
    expect(await scopes({ variables: { roles: true } })).toEqual(['roles:read', 'users:read'])
    expect(await scopes({ variables: { roles: false } })).toEqual(['tokens:read', 'users:read'])
    expect(await scopes({ variables: { roles: false, search: { roleId: 'x' } } })).toEqual([
      ...['accesses:read', 'roles:read', 'tokens:read', 'users:read'],
    ])
    const everything = ['accesses:read', 'roles:read', 'tokens:read', 'users:read']
    expect([await scopes({}), await scopes({ variables: null })]).toEqual([everything, everything])
  })

  it('answers for the operation that is named', async () => {
    const document = 'query A { users { total } } query B { roles { total } }'
    expect((await ask(document, { operationName: 'B' }))?.alternatives[0]?.scopes).toEqual(['roles:read'])
  })

  it('knows that introspection needs a scope where it is not open', async () => {
    expect((await ask('{ __schema { queryType { name } } }'))?.alternatives[0]?.scopes).toEqual(['schema:read'])
  })

  it.each([
    ['{', {}, 'document', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', {}, 'document', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ usrs { total } }', {}, 'document', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { users { total } } query B { roles { total } }', {}, 'document', 'BAD_REQUEST'],
    ['{ users { total } }', { operationName: 'A' }, 'document', 'BAD_REQUEST'],
    [tooLong, {}, 'document', 'QUERY_TOO_COMPLEX'],
    ['query ($v: Boolean!) { users @skip(if: $v) { total } }', { variables: {} }, 'variables', 'BAD_USER_INPUT'],
    ['{ users { total } }', { variables: [] }, 'variables', undefined],
    ['{ users { total } }', { variables: 1 }, 'variables', undefined],
  ])('refuses what would be refused (%#)', async (document, given, argument, reason) => {
    const { errors } = await harness.ask(AskScopes, { document, ...given })
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument, ...(reason && { reason }) })
    expect(errors?.[0]?.message).toMatch(new RegExp(`^"${argument}": `))
    expect(errors?.[0]?.message).not.toContain('Did you mean')
  })

  it('refuses who has no credential', async () => {
    expect((await harness.ask(AskScopes, { document: '{ users { total } }' }, null)).status).toBe(401)
  })

  const all = operations()

  it('is asked about many operations', () => {
    expect(all.length).toBeGreaterThan(30)
    expect(new Set(all.map(({ document }) => print(parse(document)))).size).toBeGreaterThan(30)
    expect(
      all.every(({ document }) => parse(document).definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)),
    ).toBe(true)
  })

  it.each(all)('is exactly what $title needs', async ({ document, variables = {} }) => {
    const scopes = (await ask(document, { variables }, reader))?.alternatives[0]?.scopes ?? []
    const run = (held: readonly string[]) => harness.askRaw(document, variables, scoped(...held))
    expect((await run(scopes)).status).not.toBe(403)
    for (const dropped of scopes) {
      const { status, headers, errors } = await run(scopes.filter((scope) => scope !== dropped))
      const missing = (errors?.[0]?.extensions.missingScopes ?? []) as readonly { readonly scope: string }[]
      expect([status, missing.map(({ scope }) => scope)]).toEqual([403, [dropped]])
      expect(headers.get('www-authenticate')).toContain(`scope="${scopes.join(' ')}"`)
    }
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
