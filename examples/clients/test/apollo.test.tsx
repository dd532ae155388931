import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { ApolloProvider } from '@apollo/client/react'
import { prerenderStatic } from '@apollo/client/react/ssr'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { createCache, typePolicies } from '../src/apollo/cache'
import { createApolloClient } from '../src/apollo/client'
import { Users, UserTable } from '../src/apollo/UserTable'
import { DeactivateToken, deactivated } from '../src/tokens'
import { asAsked, ask, everybody, jwts, newToken, url } from './support/gateway'
import { authors, deactivateBriefly, deactivateNothing, issue, tokenWithAuthor } from './support/questions'
import { connections, objectTypes } from './support/schema'

const create = (jwt = jwts.ui) => createApolloClient(url, () => jwt)
/** A client with another cache: one as it comes where it is left out. */
const createWith = (cache = new InMemoryCache()) =>
  new ApolloClient({ cache, link: new HttpLink({ uri: url, headers: { authorization: `Bearer ${jwts.ui}` } }) })

/** The ids of the users in the table, once each page was asked for, one after the other. */
async function readPages(client: ApolloClient) {
  const table = client.watchQuery({ query: Users })
  const subscription = table.subscribe(() => {})
  let page = await client.query({ query: Users })
  while (page.data?.usersConnection.pageInfo.hasNextPage) {
    page = await table.fetchMore({ variables: { after: page.data.usersConnection.pageInfo.endCursor } })
  }
  subscription.unsubscribe()
  return client.readQuery({ query: Users })?.usersConnection.edges.map(({ node }) => node.id)
}

describe('authors', () => {
  it('are shown as they are', async () => {
    const { data } = await create().query({ query: gql(authors) })
    expect(asAsked(data)).toEqual(await ask(authors))
  })

  it('are shown as others by a cache as it comes', async () => {
    const { data } = await createWith().query({ query: gql(authors) })
    expect(asAsked(data)).not.toEqual(await ask(authors))
  })

  it('are shown as they are by a cache that knows only which two types have an id that is none', async () => {
    const cache = new InMemoryCache({ typePolicies: { Author: { keyFields: false }, Resource: { keyFields: false } } })
    const { data } = await createWith(cache).query({ query: gql(authors) })
    expect(asAsked(data)).toEqual(await ask(authors))
  })

  it('are never made of two, whatever a mutation selects', async () => {
    const client = create()
    const id = await newToken()
    await client.query({ query: gql(tokenWithAuthor), variables: { id } })
    await client.mutate({ mutation: gql(deactivateBriefly), variables: { id } })
    const { data } = await client.query({ query: gql(tokenWithAuthor), variables: { id } })
    expect(asAsked(data)).toEqual(await ask(tokenWithAuthor, { id }))
  })
})

describe('resources', () => {
  const assigned = '{ access(id: "3") { roleAssignments { role { id } resource { type id } } } }'
  it.each([
    ['are part of what they limit', createCache, []],
    ['are merged by their id alone in a cache as it comes', () => new InMemoryCache(), ['Resource:example.com']],
  ])('%s', async (_, cache, expected) => {
    const client = createWith(cache())
    await client.query({ query: gql(assigned) })
    expect(Object.keys(client.cache.extract() as object).filter((id) => id.startsWith('Resource:'))).toEqual(expected)
  })
})

describe('what is selected on an interface', () => {
  it('is there', async () => {
    const { data } = await create().mutate({ mutation: gql(deactivateNothing) })
    expect(asAsked(data)).toEqual({ deactivateToken: { code: 'NOT_FOUND' } })
  })

  it('is lost by a cache as it comes', async () => {
    const { data } = await createWith().mutate({ mutation: gql(deactivateNothing) })
    expect(asAsked(data)).toEqual({ deactivateToken: {} })
  })
})

describe('a connection', () => {
  interface Nodes {
    usersConnection: { nodes: { id: string }[]; pageInfo: { endCursor: string } }
  }

  it('grows page by page', async () => {
    expect(await readPages(create())).toEqual(await everybody())
  })

  it('stays at its first page in a cache as it comes', async () => {
    expect(await readPages(createWith())).toEqual((await everybody()).slice(0, 10))
  })

  it('keeps its last page only, where nodes are selected instead of edges', async () => {
    const client = create()
    const nodes = gql(`query Nodes($after: String) {
      usersConnection(first: 10, after: $after) { nodes { id } pageInfo { endCursor } }
    }`)
    const list = client.watchQuery<Nodes>({ query: nodes })
    const subscription = list.subscribe(() => {})
    const { data } = await client.query<Nodes>({ query: nodes })
    await list.fetchMore({ variables: { after: data?.usersConnection.pageInfo.endCursor } })
    subscription.unsubscribe()
    const read = client.readQuery<Nodes>({ query: nodes })
    expect(read?.usersConnection.nodes.map(({ id }) => id)).toEqual((await everybody()).slice(10, 20))
  })

  it('is what a query with another cursor gives, too', async () => {
    const client = create()
    const first = await client.query({ query: Users })
    const after = first.data?.usersConnection.pageInfo.endCursor ?? null
    expect((await client.query({ query: Users, variables: { after } })).data).toEqual(first.data)
  })

  it('is one list for each search, and for whatever else chooses and orders', () => {
    const { fields } = typePolicies.Query as { fields: Record<string, { keyArgs: string[] }> }
    for (const [name, choosing] of Object.entries(connections())) {
      expect(fields[name]?.keyArgs, name).toEqual(expect.arrayContaining([...choosing]))
    }
  })
})

describe('two selections at one place', () => {
  const first = '{ users(limit: 5) { total } viewer { organization { name } } }'
  const second = '{ users(limit: 5) { results { id } } viewer { user { id } } }'
  const readAfterBoth = async (client: ApolloClient) => {
    await client.query({ query: gql(first) })
    await client.query({ query: gql(second) })
    return client.readQuery({ query: gql(first) })
  }

  it('are both kept', async () => {
    expect(asAsked(await readAfterBoth(create()))).toEqual(await ask(first))
  })

  it('push each other out of a cache as it comes', async () => {
    expect(await readAfterBoth(createWith())).toBeNull()
  })

  it('are both kept in every page of a list', () => {
    const pages = objectTypes.map(({ name }) => name).filter((name) => name.endsWith('Result'))
    expect(Object.keys(typePolicies)).toEqual(expect.arrayContaining(pages))
  })
})

describe('a mutation', () => {
  it('shows in what was asked before', async () => {
    const client = create()
    const id = await newToken()
    await client.query({ query: gql(tokenWithAuthor), variables: { id } })
    const { data } = await client.mutate({ mutation: DeactivateToken, variables: { tokenId: id } })
    expect(data && deactivated(data.deactivateToken).status).toBe('DEACTIVATED')
    const shown = client.readQuery({ query: gql(tokenWithAuthor), variables: { id } })
    expect(asAsked(shown)).toEqual(await ask(tokenWithAuthor, { id }))
  })

  it('that fails as expected says why', async () => {
    const { data } = await create().mutate({ mutation: DeactivateToken, variables: { tokenId: '999999' } })
    expect(() => data && deactivated(data.deactivateToken)).toThrow('there is no such token')
  })

  it('leaves no secret in the cache', async () => {
    const client = create()
    const { data } = await client.mutate({ mutation: gql(issue) })
    expect(JSON.stringify(data)).toContain('iamt_')
    expect(JSON.stringify(client.cache.extract())).not.toContain('iamt_')
  })
})

it('a cache shows what one caller loaded to the next one', async () => {
  let jwt = jwts.ui
  const client = createApolloClient(url, () => jwt)
  await client.query({ query: gql(authors) })
  jwt = jwts.usersOnly
  const { data } = await client.query({ query: gql(authors) })
  expect(asAsked(data)).toEqual(await ask(authors))
})

it('a refusal has its code', async () => {
  const refused = create(jwts.usersOnly).query({ query: gql(authors) })
  await expect(refused).rejects.toSatisfy(
    (error) => CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions?.code === 'FORBIDDEN',
  )
})

it('the table shows who created whom', async () => {
  const { result } = await prerenderStatic({
    tree: (
      <ApolloProvider client={create()}>
        <UserTable />
      </ApolloProvider>
    ),
    renderFunction: renderToStaticMarkup,
  })
  expect(result).toContain('<caption>10 of 30 users</caption>')
  expect(result).toContain('<td>Amelia Clarke</td><td>UI_CONNECTION</td>')
})
