/**
 * A shop that has a `Role`, a `Language`, an `Error` and a `viewer` of its own, composed with iam-graph: not as they are, but
 * under other names, and then behind a real router: `node checkRenaming.mjs --router apollo|hive`. Exits with 1 where
 * something is not as it must be.
 */
import { deepStrictEqual as equal } from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { composeServices as composeWithApollo } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { composeServices as composeWithGuild } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { mintJwt, startGateway } from '../gateway.mjs'
import { renamed, startRenaming } from './renaming.mjs'
import { serve } from './serve.mjs'

const { values } = parseArgs({ options: { router: { type: 'string', default: 'apollo' } } })
const { adapt, startRouter, library } = await import(`./${values.router}.mjs`)
const libraries = { '@apollo/composition': composeWithApollo, '@theguild/federation-composition': composeWithGuild }

const description = 'Sees everything that is about people and changes nothing.'
const names = {
  types: { Role: 'IamRole', Language: 'IamLanguage', Error: 'IamError' },
  rootFields: { viewer: 'iamViewer' },
}

/** What the shop has under each of the names. */
const clashing = {
  viewer: 'type Query { viewer: Customer! } type Customer { nickname: String! }',
  Role: 'type Query { role: Role! } type Role { title: String! }',
  Language: 'type Query { language: Language! } enum Language { ES PT }',
  Error:
    'type Query { error: Error! } interface Error { reason: String! } type SoldOut implements Error { reason: String! }',
}

const shopSdl = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
  type Query { viewer: Customer! }
  type Customer { nickname: String! language: Language! role: Role! access: IamRole }
  enum Language { ES PT }
  type Role { title: String! }
  type IamRole @key(fields: "id") { id: ID! discount: Int! }
  interface Error { reason: String! }
  type SoldOut implements Error { reason: String! }
`)
const shopResolvers = {
  Query: { viewer: () => ({ nickname: 'ada', language: 'PT', role: { title: 'Regular' }, access: { id: 'auditor' } }) },
  IamRole: { discount: ({ id }) => id.length },
}

const iamSdl = adapt(parse(await readFile(new URL('../../subgraph.graphql', import.meta.url), 'utf8')))
/** What each library makes of the two subgraphs. @returns {{ library: string, supergraphSdl?: string, errors?: Error[] }[]} */
function composed(iam, shop, url = { iam: 'http://iam', shop: 'http://shop' }) {
  const subgraphs = [
    { name: 'iam', url: url.iam, typeDefs: iam },
    { name: 'shop', url: url.shop, typeDefs: shop },
  ]
  return Object.entries(libraries).map(([name, compose]) => ({ library: name, ...compose(subgraphs) }))
}

for (const [name, sdl] of Object.entries(clashing)) {
  const shop = parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.5") ${sdl}`)
  for (const { supergraphSdl } of composed(iamSdl, shop)) equal(supergraphSdl, undefined)
  console.log(`ok  a "${name}" of both does not compose`)
}

const renamedSdl = renamed(iamSdl, names)
for (const { errors = [] } of composed(renamedSdl, shopSdl)) equal(errors.map(String), [])
console.log('ok  all of them do under other names')

const folder = await mkdtemp(join(tmpdir(), 'iam-graph-federation-'))
const running = []
const started = async (starting) => {
  const served = await starting
  running.unshift(served)
  return served
}
try {
  const iam = await started(startGateway({ folder }))
  const renaming = await started(startRenaming(`${iam.url}/subgraph`, renamedSdl, names))
  const shopSchema = buildSubgraphSchema([{ typeDefs: shopSdl, resolvers: shopResolvers }])
  const shop = await started(serve(createYoga({ schema: shopSchema, graphiql: false, logging: false }), 0, '/graphql'))
  const compositions = composed(renamedSdl, shopSdl, { iam: renaming.url, shop: shop.url })
  const { supergraphSdl } = compositions.find((each) => each.library === library)
  const router = await started(startRouter({ supergraph: supergraphSdl, port: 0 }))
  const scope = 'users:read accesses:read roles:read tokens:deactivate tokens:read'
  const authorization = `Bearer ${await mintJwt({ folder, customer: 1, scope })}`
  const ask = async (query, headers = { authorization }) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
    const response = await fetch(router.url, { ...init, body: JSON.stringify({ query }) })
    return response.json()
  }

  equal(
    await ask(`{
      viewer { nickname language role { __typename title } access { __typename id description discount } }
      iamViewer { organization { name } }
      users(search: { language: DE }, limit: 1) { results { language accesses { results { roles { __typename } } } } }
    }`),
    {
      data: {
        viewer: {
          nickname: 'ada',
          language: 'PT',
          role: { __typename: 'Role', title: 'Regular' },
          access: { __typename: 'IamRole', id: 'auditor', description, discount: 7 },
        },
        iamViewer: { organization: { name: 'Lakeside Hosting' } },
        users: { results: [{ language: 'DE', accesses: { results: [{ roles: [{ __typename: 'IamRole' }] }] } }] },
      },
    },
  )
  console.log('ok  a query across both, by a reference to a renamed type, too')
  equal(await ask('mutation { deactivateToken(tokenId: "x") { __typename ... on IamError { code } } }'), {
    data: { deactivateToken: { __typename: 'InvalidInputError', code: 'BAD_USER_INPUT' } },
  })
  console.log('ok  a mutation that ends in a failure behind a renamed interface')
  const { data, errors } = await ask('{ iamViewer { subject } }', {})
  equal([data, errors.map(({ extensions }) => extensions.code)], [null, ['UNAUTHENTICATED']])
  console.log('ok  the credential is the client’s: UNAUTHENTICATED without one')
} finally {
  for (const served of running) await served.close()
  await rm(folder, { recursive: true, force: true })
}
