/** A small DNS team's subgraph: zones of its own, and what they have to do with the users and accesses of iam-graph. */
import { readFile } from 'node:fs/promises'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { GraphQLError, parse } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { importJWK, jwtVerify } from 'jose'
import { serve } from './serve.mjs'
import { zones } from './zonesData.mjs'

export const zonesSdl = await readFile(new URL('zones.graphql', import.meta.url), 'utf8')

/** @typedef {import('./zonesData.mjs').ZoneRow} ZoneRow */
/** @typedef {{ customerId: number }} Context */

const resolvers = {
  Query: {
    zones: (_, __, context) => visible(context),
    zone: (_, { name }, context) => visible(context).find((zone) => zone.name === name) ?? null,
  },
  Zone: {
    __resolveReference: ({ name }, context) => visible(context).find((zone) => zone.name === name) ?? null,
    resource: ({ name }) => ({ type: 'ZONE', id: name }),
    organization: ({ customerId }) => ({ customerId }),
    // A reference is a type and its key: who that is, and whether the caller may see it, is for iam-graph to say.
    owner: ({ ownerId }) => ({ id: ownerId }),
    managedBy: ({ managerIds }) => managerIds.map((id) => ({ id })),
  },
  User: { zones: ({ id }, _, context) => visible(context).filter(({ ownerId }) => ownerId === id) },
  Access: { zones: ({ id }, _, context) => visible(context).filter(({ managerIds }) => managerIds.includes(id)) },
}

/** The zones of the caller's organization. @param {Context} context @returns {readonly ZoneRow[]} */
function visible({ customerId }) {
  return zones.filter((zone) => zone.customerId === customerId)
}

/**
 * Serves the subgraph. It trusts the same JWTs as iam-graph does, and nobody's word for who calls: a router that was
 * configured wrongly, or somebody who gets past it, sees nothing. A real one verifies with `createRemoteJWKSet(JWKS_URI)`.
 *
 * @param {{ keyFile: string, port: number }} options The JWK of the issuer, and 0 for a free port.
 * @returns {Promise<import('./serve.mjs').Served>}
 */
export async function startZones({ keyFile, port }) {
  const { kty, crv, x, y } = JSON.parse(await readFile(keyFile, 'utf8'))
  const key = await importJWK({ kty, crv, x, y }, 'ES256')
  const yoga = createYoga({
    schema: buildSubgraphSchema({ typeDefs: parse(zonesSdl), resolvers }),
    graphiql: false,
    logging: false,
    context: async ({ request }) => ({ customerId: await customerOf(request, key) }),
  })
  return serve(yoga, port, '/graphql')
}

/** @param {Request} request @param {CryptoKey} key @returns {Promise<number>} */
async function customerOf(request, key) {
  const [, jwt = ''] = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '') ?? []
  try {
    const { payload } = await jwtVerify(jwt, key, { algorithms: ['ES256'], audience: 'iam-graph', typ: 'at+jwt' })
    return Number(payload.customer_id)
  } catch {
    throw new GraphQLError('expected a valid JWT', { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } })
  }
}
