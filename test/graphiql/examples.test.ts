import { getOperationAST, parse, print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { limitsOf, policyOf } from '../../src/assemble.ts'
import { readConfig } from '../../src/config.ts'
import { exampleTabs, withFirstSteps } from '../../src/graphiql/examples.ts'
import { createDocumentCache } from '../../src/operation/documentCache.ts'
import { createPreparer } from '../../src/operation/prepare.ts'
import { missingScopes } from '../../src/operation/requiredScopes.ts'
import { schema } from '../../src/schema/index.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { userId } = demoExamples
const accessId = String(demoExamples.accessId)
const tokenId = String(demoExamples.tokenId)
const tabs = exampleTabs({ userId, accessId, tokenId })
const tabsByName = tabs.map((tab) => [tab.name, tab] as const)

describe('an example', () => {
  const config = readConfig({})
  const { mostRows } = policyOf(config)
  const documents = createDocumentCache()
  const prepare = createPreparer({ schema, documents, limits: limitsOf(config), mostRows, openIntrospection: true })

  it.each(tabsByName)('is one operation with the name of its tab: %s', (name, { query }) => {
    const document = parse(query)
    expect(document.definitions).toHaveLength(1)
    expect(getOperationAST(document, name)?.name?.value).toBe(name)
  })

  it.each(tabsByName)('has a value for each of its variables: %s', (_, { query, variables }) => {
    const declared = getOperationAST(parse(query))?.variableDefinitions ?? []
    expect(Object.keys(variables ?? {})).toEqual(declared.map((definition) => definition.variable.name.value))
  })

  it.each(tabsByName)('begins with what it shows and exactly the scopes that it needs: %s', (name, tab) => {
    const told = /^# .+\.\n# Scopes: (.+)\n/.exec(tab.query)?.[1]?.split(', ')
    const { required, conditions } = prepare(tab.query, name)
    const needed = missingScopes(required, new Set(), conditions.holding(tab.variables ?? {}))
    expect(told?.toSorted()).toEqual(needed.map(({ scope }) => scope))
  })
})

describe('the first example without demo data', () => {
  it('says what to do first, and is the same operation', () => {
    const [first, ...others] = withFirstSteps(tabs)
    expect(first?.query).toMatch(/^# The first steps[^\n]*\n# 1\. npm run organization -- add /)
    expect(print(parse(first?.query ?? ''))).toBe(print(parse(tabs[0]?.query ?? '')))
    expect(others).toEqual(tabs.slice(1))
  })
})

describe('an example, run by the demo administrator', () => {
  const like = (part: object) => expect.objectContaining(part)
  const some = (part: object) => expect.arrayContaining([like(part)])
  const manager = { firstname: 'Ada', lastname: 'Lovelace' }

  /** The part of each answer that tells whether it shows what it is there to show. */
  const answers: Readonly<Record<string, object>> = {
    WhoAmI: { viewer: { subject: demoCallers.administrator.userId, organization: { name: 'Lakeside Hosting' } } },
    UsersWithAccessesAndRoles: {
      users: {
        results: some({
          id: userId,
          accesses: like({ results: some({ id: accessId, name: 'Provisioning', roles: some({ id: 'zone-admin' }) }) }),
        }),
      },
    },
    OneUserToItsPermissions: {
      user: {
        ...manager,
        accesses: {
          results: some({
            roleAssignments: some({
              resource: { type: 'ZONE', id: 'example.com' },
              role: like({ permissions: some({ id: 'dns.zone.read' }) }),
            }),
          }),
        },
      },
    },
    SearchUsers: { users: { limit: 10, offset: 0, results: some({ firstname: 'Hannah' }) } },
    RolesAndPermissions: {
      roles: { results: some({ id: 'zone-reader', permissions: some({ id: 'dns.zone.read' }) }) },
    },
    Tokens: { tokens: { results: some({ id: tokenId, status: 'ACTIVE', user: manager }) } },
    CreateUser: { createUser: { __typename: 'CreateUserPayload', user: { firstname: 'Noor', createdBy: manager } } },
    CreateAccess: { createAccess: { access: { type: 'API_CONNECTION', name: 'made in GraphiQL' } } },
    AssignRole: {
      assignRole: {
        assignment: {
          role: { id: 'zone-reader' },
          resource: { id: 'example.com' },
          validUntil: '2030-01-01T00:00:00.000Z',
        },
      },
    },
    UpdateUser: { updateUser: { __typename: 'ConflictError', changedAt: expect.stringMatching(/^20/) } },
    RemoveUser: { removeUser: { __typename: 'GuardRailError', rule: 'OWN_USER' } },
    IssueToken: {
      issueToken: {
        __typename: 'IssueTokenPayload',
        secret: expect.stringMatching(/^iamt_\w{49}$/),
        token: { status: 'ACTIVE', scope: ['users:read'] },
      },
    },
    DeactivateToken: {
      deactivateToken: {
        __typename: 'DeactivateTokenPayload',
        token: { id: tokenId, status: 'DEACTIVATED', deactivatedUpdatedBy: manager },
      },
    },
  }

  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each(tabsByName)('answers without errors: %s', async (name, { query, variables }) => {
    const { status, data, errors } = await harness.askRaw(query, variables)
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    expect(data).toMatchObject(answers[name] ?? { [name]: 'what the answer holds' })
  })
})
