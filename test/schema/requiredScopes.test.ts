import { type DocumentNode, Kind, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { schema } from '../../src/schema/index.ts'
import { decider } from '../execution/choices.ts'
import { repositoryOperations, variablesFor } from '../execution/repository.ts'
import { demoVocabulary } from '../execution/vocabulary.ts'
import { graphql } from '../generated/gql.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'

const AskScopes = graphql(`
  query AskScopes($document: String!, $operationName: String, $variables: JSON) {
    requiredScopes(document: $document, operationName: $operationName, variables: $variables) {
      sufficient
      alternatives { scopes missing fields { coordinate scopes } }
    }
  }
`)

passOverLeftBehind()

const { administrator, reader } = demoCallers
const scoped = (...scopes: readonly string[]): Caller => ({
  claims: { ...claimsOf(administrator), scope: scopes.join(' ') },
})

const tooLong = `{ ${'__typename '.repeat(3_000)} }`

/** The operations of the repository that are the only one of their document, and valid, with values for their variables. */
const operations = repositoryOperations()
  .filter(({ document, operation }) => isSound(parse(document)) && operation.operation !== 'subscription')
  .map((each) => ({ ...each, variables: variablesFor(each, schema, demoVocabulary, decider([])) }))

function isSound(document: DocumentNode): boolean {
  const own = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  return own.length === 1 && validate(schema, document).length === 0
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

  it('is asked about the operations of every part of the repository', () => {
    const found = new Set(operations.map(({ file }) => file.split('/')[0]))
    expect([...found].sort()).toEqual(['README.md', 'bench', 'examples', 'src', 'test'])
    expect(operations.length).toBeGreaterThan(200)
    expect(operations.filter(({ operation }) => operation.operation === 'mutation').length).toBeGreaterThan(20)
  })

  it('is exactly what each of them needs: with it they run, without any one scope they are refused by its name', async () => {
    let refusals = 0
    for (const { document, variables, file } of operations) {
      const { data, errors } = await harness.ask(AskScopes, { document, variables }, reader)
      // What is beyond a limit, or has a value of the wrong form, is refused before its scopes are looked at.
      const reason = errors?.[0]?.extensions.reason
      if (reason === 'QUERY_TOO_COMPLEX' || reason === 'BAD_USER_INPUT') continue
      const scopes = data?.requiredScopes.alternatives[0]?.scopes ?? []
      const run = (held: readonly string[]) => harness.askRaw(document, variables, scoped(...held))
      expect([file, document, (await run(scopes)).status]).not.toEqual([file, document, 403])
      for (const dropped of scopes) {
        const refused = await run(scopes.filter((scope) => scope !== dropped))
        const missing = (refused.errors?.[0]?.extensions.missingScopes ?? []) as readonly { readonly scope: string }[]
        expect([document, refused.status, missing.map(({ scope }) => scope)]).toEqual([document, 403, [dropped]])
        expect(refused.headers.get('www-authenticate')).toContain(`scope="${scopes.join(' ')}"`)
        refusals += 1
      }
    }
    expect(refusals).toBeGreaterThan(operations.length)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
