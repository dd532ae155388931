import {
  type ConcreteRequest,
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getRefetchMetadata,
  getSingularSelector,
  type ReaderFragment,
  RecordSource,
  Store,
  type Variables,
} from 'relay-runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import usersBy, { type usersBy$data } from '../src/relay/__generated__/usersBy.graphql'
import usersQuery from '../src/relay/__generated__/usersQuery.graphql'
import usersRow from '../src/relay/__generated__/usersRow.graphql'
import usersTable, { type usersTable$data } from '../src/relay/__generated__/usersTable.graphql'
import { createEnvironment } from '../src/relay/environment'
import { ask, everybody, jwts, newToken, url } from './support/gateway'
import { quotedOnPage } from './support/page'
import { tokenWithAuthor } from './support/questions'
import { type Compiled, compile } from './support/relayCompiler'

const create = (jwt = jwts.ui) => createEnvironment(url, () => jwt)
/** An environment that tells records apart as it does by itself. */
const createPlain = () => new Environment({ network: create().getNetwork(), store: new Store(new RecordSource()) })

async function query(environment: Environment, request: ConcreteRequest, variables: Variables = {}): Promise<unknown> {
  return fetchQuery(environment, request, variables).toPromise()
}

/** What a component sees that is given the reference to a fragment. */
function read<Data>(environment: Environment, fragment: ReaderFragment, reference: unknown): Data {
  const selector = getSingularSelector(fragment, reference)
  if (selector == null) throw new Error('expected a reference to the fragment')
  return environment.lookup(selector).data as Data
}

/** The table as usePaginationFragment has it after each `loadNext`: a call gives it with one page more. */
async function openTable(environment: Environment) {
  const reference = await query(environment, usersQuery)
  const table = () => read<usersTable$data>(environment, usersTable, reference).usersConnection
  return {
    table,
    async loadNext() {
      const { paginationRequest, paginationMetadata } = getPaginationMetadata(usersTable, 'table')
      const { endCursor } = table().pageInfo
      const variables = getPaginationVariables('forward', 10, endCursor ?? null, {}, {}, paginationMetadata)
      await query(environment, paginationRequest, variables)
    },
  }
}

describe('authors', () => {
  const shownBy = async (environment: Environment) => {
    const { table } = await openTable(environment)
    return table().edges.map(
      ({ node: { createdBy } }) => createdBy && read<usersBy$data>(environment, usersBy, createdBy),
    )
  }
  const asked = async () => {
    const by = 'createdBy { id firstname lastname access { id type } }'
    const { usersConnection } = await ask(`{ usersConnection(first: 10) { nodes { ${by} } } }`)
    return (usersConnection as { nodes: { createdBy: unknown }[] }).nodes.map(({ createdBy }) => createdBy)
  }

  it('are shown as they are', async () => {
    expect(await shownBy(create())).toEqual(await asked())
  })

  it('are shown as others where the environment goes by their id', async () => {
    expect(await shownBy(createPlain())).not.toEqual(await asked())
  })
})

describe('a connection', () => {
  it('grows page by page', async () => {
    const environment = create()
    const { table, loadNext } = await openTable(environment)
    while (table().pageInfo.hasNextPage) await loadNext()
    const rows = table().edges.map(({ node }) => read<{ nodeId: string }>(environment, usersRow, node).nodeId)
    const { nodes } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id } } }', { ids: rows })
    expect((nodes as { id: string }[]).map(({ id }) => id)).toEqual(await everybody())
  })
})

describe('a user who is asked for anew by useRefetchableFragment', () => {
  const refetch = async (environment: Environment, row: ReaderFragment) => {
    const { table } = await openTable(environment)
    const { nodeId } = read<{ nodeId: string }>(environment, usersRow, table().edges[0]?.node)
    const { refetchableRequest, identifierInfo } = getRefetchMetadata(row, 'row')
    return query(environment, refetchableRequest, { [identifierInfo?.identifierQueryVariableName ?? '']: nodeId })
  }

  it('is there', async () => {
    expect(await refetch(create(), usersRow)).toMatchObject({ node: { __id: expect.anything() } })
  })

  it('is refused where the name of the variable is not configured', async () => {
    const compiled = await compile('src/relay', { nodeInterfaceIdField: 'nodeId' })
    await expect(refetch(create(), await compiled('usersRow'))).rejects.toThrow('"$nodeId"')
  })

  it('can not be compiled without any configuration', async () => {
    await expect(compile('src/relay', {})).rejects.toThrow(
      quotedOnPage('Expected `Node` to contain a field named `id`'),
    )
  })
})

describe('a mutation', () => {
  let compiled: Compiled
  beforeAll(async () => {
    compiled = await compile('test/relay')
  })

  const commit = async (environment: Environment, document: string, variables: Variables): Promise<unknown> => {
    const mutation = await compiled<ConcreteRequest>(document)
    return new Promise((resolve, reject) => {
      commitMutation(environment, { mutation, variables, onCompleted: resolve, onError: reject })
    })
  }
  /** A token as it is shown after the mutation, and as it is. */
  const afterMutation = async (environment: Environment, document: string) => {
    const id = await newToken()
    const request = await compiled<ConcreteRequest>('tokensQuery')
    await query(environment, request, { id })
    await commit(environment, document, { id })
    const { fragment } = createOperationDescriptor(request, { id })
    return { shown: environment.lookup(fragment).data, stored: await ask(tokenWithAuthor, { id }) }
  }

  it('shows in what was asked before', async () => {
    const { shown, stored } = await afterMutation(create(), 'tokensDeactivateMutation')
    expect(stored).toMatchObject({ token: { status: 'DEACTIVATED' } })
    expect(shown).toEqual(stored)
  })

  it('does not show where the environment goes by the id', async () => {
    const { shown } = await afterMutation(createPlain(), 'tokensDeactivateMutation')
    expect(shown).toMatchObject({ token: { status: 'ACTIVE' } })
  })

  it('makes one author of two where it selects less of them', async () => {
    const { shown, stored } = await afterMutation(create(), 'tokensDeactivateBrieflyMutation')
    expect(stored).toMatchObject({ token: { deactivatedUpdatedBy: { access: { type: 'UI_CONNECTION' } } } })
    expect(shown).toMatchObject({ token: { deactivatedUpdatedBy: { access: { type: 'API_CONNECTION' } } } })
  })

  it('that issues a token leaves its secret in the store', async () => {
    const environment = create()
    await commit(environment, 'tokensIssueMutation', {})
    expect(JSON.stringify(environment.getStore().getSource().toJSON())).toContain('iamt_')
  })

  it('that fails as expected says why', async () => {
    const answer = await commit(create(), 'tokensDeactivateMutation', { id: '999999' })
    expect(answer).toEqual({
      deactivateToken: { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such token' },
    })
  })
})

it('a refusal has its code', async () => {
  const refused = query(create(jwts.usersOnly), usersQuery)
  await expect(refused).rejects.toMatchObject({ source: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } })
})
