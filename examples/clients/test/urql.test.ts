import { type CacheExchangeOpts, cacheExchange } from '@urql/exchange-graphcache'
import { introspectionFromSchema } from 'graphql'
import { Client, type ClientOptions, fetchExchange, gql, type OperationResult } from 'urql'
import { describe, expect, it, vi } from 'vitest'
import { embedded, possibleTypes } from '../src/__generated__/cacheTypes.json'
import { Users } from '../src/apollo/UserTable'
import { DeactivateToken, deactivated } from '../src/tokens'
import { createUrqlClient } from '../src/urql/client'
import { asAsked, ask, everybody, jwts, newToken, url } from './support/gateway'
import { authors, deactivateBriefly, deactivateNothing, issue, tokenWithAuthor } from './support/questions'
import { connections, schema } from './support/schema'

const create = (jwt = jwts.ui) => createUrqlClient(url, () => jwt)
/** A client with other settings of its cache, and others of its own. */
const createWith = (settings: CacheExchangeOpts, options: Partial<ClientOptions> = { preferGetMethod: false }) =>
  new Client({
    ...options,
    url,
    fetchOptions: { headers: { authorization: `Bearer ${jwts.ui}` } },
    exchanges: [cacheExchange(settings), fetchExchange],
  })
const keys = Object.fromEntries(embedded.map((name) => [name, () => null]))
const fromCache = { requestPolicy: 'cache-only' } as const

describe('authors', () => {
  it('are shown as they are', async () => {
    const { data } = await create().query(authors, {})
    expect(asAsked(data)).toEqual(await ask(authors))
  })

  it('are shown as others where the cache has no keys', async () => {
    const { data } = await createWith({ possibleTypes }).query(authors, {})
    expect(asAsked(data)).not.toEqual(await ask(authors))
  })

  const afterMutation = async (mutation: string) => {
    const client = create()
    const id = await newToken()
    await client.query(tokenWithAuthor, { id })
    await client.mutation(mutation, { id })
    const { data } = await client.query(tokenWithAuthor, { id }, fromCache)
    return { shown: asAsked(data), stored: await ask(tokenWithAuthor, { id }) }
  }

  it('are as they are after a mutation that selects all of them', async () => {
    const whole = deactivateBriefly.replace('lastname', 'lastname access { id type }')
    const { shown, stored } = await afterMutation(whole)
    expect(shown).toEqual(stored)
  })

  it('are made of two by a mutation that selects less of them', async () => {
    const { shown, stored } = await afterMutation(deactivateBriefly)
    expect(shown).not.toEqual(stored)
  })
})

describe('what is selected on an interface', () => {
  it('is there', async () => {
    const { data } = await create().mutation(deactivateNothing, {})
    expect(asAsked(data)).toEqual({ deactivateToken: { code: 'NOT_FOUND' } })
  })

  it('is lost by a cache that does not know the possible types', async () => {
    const { data } = await createWith({ keys }).mutation(deactivateNothing, {})
    expect(asAsked(data)).toEqual({ deactivateToken: {} })
  })
})

describe('a null', () => {
  const roles = '{ access(id: "3") { __typename id roleAssignments { role { id } } } }'
  const resources = '{ access(id: "3") { __typename id roleAssignments { role { id } resource { type id } } } }'
  /** Everything that is shown until the answer to the second question is there. */
  const shownFor = async (client: Client) => {
    await client.query(roles, {})
    const shown: unknown[] = []
    await new Promise<void>((resolve) => {
      const show = ({ data, stale }: OperationResult) => {
        shown.push(asAsked(data))
        if (!stale) resolve()
      }
      client.query(gql(resources), {}).subscribe(show)
    })
    return shown
  }

  it('is what the gateway answered', async () => {
    expect(await shownFor(create())).toEqual([asAsked(await ask(resources))])
  })

  it('is also what was not asked yet where the cache has the schema: a role on one zone is one everywhere', async () => {
    const [first, last] = await shownFor(createWith({ keys, schema: introspectionFromSchema(schema) }))
    expect(JSON.stringify(first)).toContain('{"role":{"id":"zone-editor"},"resource":null}')
    expect(last).toEqual(asAsked(await ask(resources)))
  })
})

describe('a connection', () => {
  const readPages = async (client: Client) => {
    let page = await client.query(Users, {})
    while (page.data?.usersConnection.pageInfo.hasNextPage) {
      page = await client.query(Users, { after: page.data.usersConnection.pageInfo.endCursor })
    }
    return page.data?.usersConnection.edges.map(({ node }) => node.id)
  }

  it('grows page by page', async () => {
    expect(await readPages(create())).toEqual(await everybody())
  })

  it('is its last page only in a cache without a resolver for it', async () => {
    expect(await readPages(createWith({ keys, possibleTypes }))).toEqual((await everybody()).slice(-10))
  })

  it('grows wherever there is one at the root', async () => {
    // Each leaves an event, of which the demo data have none.
    await Promise.all(Array.from({ length: 4 }, newToken))
    for (const [name, choosing] of Object.entries(connections())) {
      const client = create()
      const chosen = choosing.includes('permissionId') ? 'permissionId: "dns.zone.read", ' : ''
      const query = `query ($after: String) { ${name}(${chosen}first: 2, after: $after) { edges { node { id } } pageInfo { endCursor } } }`
      const { data } = await client.query(query, {})
      const next = await client.query(query, { after: data[name].pageInfo.endCursor })
      expect(next.data[name].edges, name).toHaveLength(4)
    }
  })
})

describe('a mutation', () => {
  it('shows in what was asked before', async () => {
    const client = create()
    const id = await newToken()
    await client.query(tokenWithAuthor, { id })
    const { data } = await client.mutation(DeactivateToken, { tokenId: id })
    expect(data && deactivated(data.deactivateToken).status).toBe('DEACTIVATED')
    const shown = await client.query(tokenWithAuthor, { id }, fromCache)
    expect(asAsked(shown.data)).toEqual(await ask(tokenWithAuthor, { id }))
  })

  it('that fails as expected says why', async () => {
    const { data } = await create().mutation(DeactivateToken, { tokenId: '999999' })
    expect(() => data && deactivated(data.deactivateToken)).toThrow('there is no such token')
  })
})

describe('the secret of a token', () => {
  it('is not kept by the cache', async () => {
    // Graphcache stores nothing under test.
    vi.stubEnv('NODE_ENV', 'development')
    const written: string[] = []
    const storage = {
      readData: async () => ({}),
      writeData: async (entries: object) => void written.push(JSON.stringify(entries)),
    }
    const client = createWith({ keys, possibleTypes, storage })
    const { data } = await client.mutation(issue, {})
    await client.query(tokenWithAuthor, { id: data.issueToken.token.id })
    await vi.waitFor(() => expect(written.join()).toContain('ACTIVE'), 10_000)
    expect(written.join()).not.toContain(data.issueToken.secret)
  })

  const details = 'query Details($secret: String!) { tokenDetails(secret: $secret) { id } }'
  /** The secret of a new token, and the address of the request that asks for the token by it. */
  const askBySecret = async (client: Client) => {
    const { data } = await client.mutation(issue, {})
    const { secret } = data.issueToken
    let address = ''
    const fetch: typeof globalThis.fetch = (input, init) => {
      address = String(input)
      return globalThis.fetch(input, init)
    }
    await client.query(details, { secret }, { fetch })
    return { secret, address }
  }

  it('is no part of an address', async () => {
    const { address } = await askBySecret(create())
    expect(address).toBe(url)
  })

  it('is part of one where GET is not ruled out', async () => {
    const { secret, address } = await askBySecret(createWith({ keys, possibleTypes }, {}))
    expect(address).toContain(secret)
  })
})

it('a refusal has its code', async () => {
  const { error } = await create(jwts.usersOnly).query(authors, {})
  expect(error?.graphQLErrors[0]?.extensions.code).toBe('FORBIDDEN')
})
