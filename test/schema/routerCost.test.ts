/**
 * What a question across subgraphs costs here: the requests that two routers make of it (examples/federation prints them:
 * `node check.mjs --router apollo --print`), beside the same question asked directly.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createHarness, type Harness } from '../support/harness.ts'

interface Request {
  readonly document: string
  readonly variables?: Readonly<Record<string, unknown>>
}

interface Question {
  readonly title: string
  readonly statements: number
  readonly direct: Request
  readonly apollo: readonly Request[]
  readonly hive: readonly Request[]
}

const [ada, zoe, felix] = [
  '088b9780-56b5-4379-ad8f-f4c12feb6a32',
  '9afc961c-2a24-49a2-816e-93747839efa8',
  '1d3edd74-abaa-4b8d-b862-6d355ecf725b',
]
const owners = [ada, zoe, felix].map((id) => ({ __typename: 'User', id }))
const managers = ['2', '3', '24', '2'].map((id) => ({ __typename: 'Access', id }))
const organizations = [1, 1, 1].map((customerId) => ({ __typename: 'Organization', customerId }))
const accessTypes = ['ApiConnectionAccess', 'ProfileAccess', 'SsoConnectionAccess', 'UiConnectionAccess']
const onEach = (selection: string) => accessTypes.map((name) => `...on ${name}{${selection}}`).join('')

/** What Apollo Gateway asks for entities. */
const apolloEntities = (representations: readonly object[], selection: string): Request => ({
  document: `query($representations:[_Any!]!){_entities(representations:$representations){${selection}}}`,
  variables: { representations },
})
/** Hive Gateway asks for each once, and for the type. */
const hiveEntities = (representations: readonly object[], selection: string): Request =>
  apolloEntities(distinct(representations), `__typename ${selection}`)

function distinct(representations: readonly object[]): readonly object[] {
  return [...new Map(representations.map((each) => [JSON.stringify(each), each])).values()]
}

const questions: readonly Question[] = [
  {
    title: 'users with their zones',
    statements: 2,
    direct: { document: '{ users(limit: 50) { total results { id email } } }' },
    apollo: [{ document: '{users(limit:50){total results{__typename id email}}}' }],
    hive: [
      {
        document:
          'query($limit:Int$offset:Int){users(limit:$limit offset:$offset){total results{__typename email id}}}',
        variables: { limit: 50, offset: 0 },
      },
    ],
  },
  {
    title: 'zones with what their owners may do',
    statements: 2,
    direct: {
      document: `query ($ids: [ID!]!) {
        users(search: { ids: $ids }) { results { email accesses { results { roles { id permissions { id } } } } } }
      }`,
      variables: { ids: [ada, zoe, felix] },
    },
    apollo: [apolloEntities(owners, '...on User{email accesses{results{__typename roles{id permissions{id}}}}}')],
    hive: [hiveEntities(owners, '...on User{email id accesses{results{__typename roles{id permissions{id}}id}}}')],
  },
  {
    title: 'accesses with their zones',
    statements: 2,
    direct: { document: '{ accesses(limit: 50) { total results { id ... on ApiConnectionAccess { name } } } }' },
    apollo: [{ document: '{accesses(limit:50){total results{__typename id ...on ApiConnectionAccess{name}}}}' }],
    hive: [
      {
        document:
          'query($limit:Int$offset:Int){accesses(limit:$limit offset:$offset){total results{__typename id ...on ApiConnectionAccess{name}}}}',
        variables: { limit: 50, offset: 0 },
      },
    ],
  },
  {
    title: 'zones with the accesses that manage them',
    statements: 1,
    direct: {
      document: 'query ($ids: [ID!]!) { accesses(search: { ids: $ids }) { results { id type roles { id } } } }',
      variables: { ids: ['2', '3', '24'] },
    },
    apollo: [apolloEntities(managers, '...on Access{__typename type roles{id}}')],
    hive: [hiveEntities(managers, onEach('type roles{id}'))],
  },
  {
    title: 'a resource as both see it',
    statements: 3,
    direct: {
      document:
        'query ($id: ID!) { user(id: $id) { accesses { results { roleAssignments { role { id } resource { type id } } } } } }',
      variables: { id: zoe },
    },
    apollo: [
      {
        document: `{user(id:"${zoe}"){__typename id accesses{results{__typename roleAssignments{role{id}resource{type id}}}}}}`,
      },
    ],
    hive: [
      {
        document:
          'query($id:ID!){user(id:$id){__typename accesses{results{__typename roleAssignments{role{id}resource{type id}}id}}id}}',
        variables: { id: zoe },
      },
    ],
  },
  {
    title: 'three levels: zone, owner, zones of the accesses',
    statements: 2,
    direct: {
      document: 'query ($id: ID!) { user(id: $id) { email accesses { results { id } } } }',
      variables: { id: ada },
    },
    apollo: [apolloEntities(owners.slice(0, 1), '...on User{email accesses{results{__typename id}}}')],
    hive: [hiveEntities(owners.slice(0, 1), '...on User{email id accesses{results{__typename id}}}')],
  },
  {
    title: 'owner, accesses and organization at once',
    statements: 3,
    direct: {
      document: `query ($users: [ID!]!, $accesses: [ID!]!) {
        users(search: { ids: $users }) { results { email } }
        accesses(search: { ids: $accesses }) { results { type } }
        viewer { organization { name } }
      }`,
      variables: { users: [ada, zoe, felix], accesses: ['2', '3', '24'] },
    },
    apollo: [
      apolloEntities(owners, '...on User{email}'),
      apolloEntities(managers, '...on Access{__typename type}'),
      apolloEntities(organizations, '...on Organization{name}'),
    ],
    hive: [
      {
        document: `query($_v0_representations:[_Any!]!$_v1_representations:[_Any!]!$_v2_representations:[_Any!]!){
          _v0__entities:_entities(representations:$_v0_representations){__typename ...on User{email}}
          _v1__entities:_entities(representations:$_v1_representations){__typename ${onEach('type')}}
          _v2__entities:_entities(representations:$_v2_representations){__typename ...on Organization{name customerId}}
        }`,
        variables: {
          _v0_representations: owners,
          _v1_representations: distinct(managers),
          _v2_representations: distinct(organizations),
        },
      },
    ],
  },
]

describe('what a question costs, directly and through two routers', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    // The organization of a caller is looked up with its first request, and the catalogue read with the first for it.
    await harness.askRaw('{ role(id: "auditor") { id } }', {}, demoCallers.reader)
  })
  afterAll(() => harness.close())

  const statementsOf = async (requests: readonly Request[], path: string) => {
    let count = 0
    for (const { document, variables } of requests) {
      const { data, errors, statements } = await harness.askRaw(document, variables, demoCallers.reader, path)
      expect(errors).toBeUndefined()
      expect(JSON.stringify(data)).not.toContain('null')
      count += statements.length
    }
    return count
  }

  it.each(questions)('$title: $statements statements', async ({ statements, direct, apollo, hive }) => {
    expect({
      direct: await statementsOf([direct], '/graphql'),
      apollo: await statementsOf(apollo, '/subgraph'),
      hive: await statementsOf(hive, '/subgraph'),
    }).toEqual({ direct: statements, apollo: statements, hive: statements })
  })
})
