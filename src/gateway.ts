/** The gateway: fetch in, fetch out. It opens no port, reads no environment, and ends nothing that it was given. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import { createAuthenticator } from './auth/authenticate.ts'
import { createJwtVerifier, type JwtRules } from './auth/jwt.ts'
import type { KeySource } from './auth/keys.ts'
import { createOwnIssuer } from './auth/ownIssuer.ts'
import type { ClaimNames } from './auth/principal.ts'
import { createProofCheck } from './auth/proof.ts'
import type { Signer } from './auth/signer.ts'
import { createUnknownSecrets } from './auth/unknownSecrets.ts'
import { createPageTokens } from './authzen/pageToken.ts'
import { createContext, type Documents, type Policy } from './context.ts'
import { createCore } from './core.ts'
import { findCaller, findToken } from './db/callers.ts'
import { createCatalogues } from './db/catalogue.ts'
import { createChanges } from './db/change.ts'
import type { Database } from './db/client.ts'
import { createLastUses } from './db/lastUse.ts'
import { OrganizationVersions } from './db/organizationVersions.ts'
import { createPageTokenKey } from './db/pageTokenKey.ts'
import { counting } from './db/read.ts'
import { createRefusals } from './db/refusals.ts'
import { createShares } from './db/shares.ts'
import { createEntrance, type Entrance } from './entrance.ts'
import type { ExecutionOptions, Part } from './execution/index.ts'
import { createAskTogether } from './execution/merging.ts'
import type { Reason } from './execution/notPlanned.ts'
import { createAuthzenEndpoints } from './http/authzen.ts'
import { fetchRequest, fetchResponse } from './http/fetch.ts'
import { createGraph } from './http/graph.ts'
import { createHandler, type Graph } from './http/handler.ts'
import { createKeySetEndpoint, keySetPath } from './http/keySet.ts'
import { nodeRequest, sendResponse } from './http/node.ts'
import { createOAuthRoutes } from './http/oauth.ts'
import { createRoutes, graphiqlPath, type Readiness, type RoutesOptions } from './http/routes.ts'
import { createOAuthEndpoints, resourceMetadataPath } from './oauth/endpoints.ts'
import { type Observer, unfailing } from './observer.ts'
import { createDocumentCache } from './operation/documentCache.ts'
import type { Limits } from './operation/limits.ts'
import { createDocuments } from './operation/neededScopes.ts'
import { createPreparer, createPreparerOfAll } from './operation/prepare.ts'
import { createRunner, type OnUnexpectedError } from './operation/run.ts'
import { schema } from './schema/index.ts'

export const endpoint = '/graphql'
/** Where routers of a federated graph send their requests. */
export const subgraphEndpoint = '/subgraph'

export interface GatewayOptions {
  readonly database: Database
  /** Connections to the database that one caller may have at once; null: half of them. */
  readonly callerConnections: number | null
  readonly keys: KeySource
  /** What the gateway signs JWTs with; null: it signs none. */
  readonly signer: Signer | null
  readonly jwt: Omit<JwtRules, 'clock' | 'audience'> & { readonly audience: string }
  readonly claimNames: ClaimNames
  readonly policy: Policy
  readonly limits: Limits
  readonly maxBodyBytes: number
  /** Seconds that an operation may run. */
  readonly timeout: number
  readonly openIntrospection: boolean
  /** Hosts that requests may be for; null where any will do. */
  readonly allowedHosts: readonly string[] | null
  readonly allowedOrigins: readonly string[]
  /** Where clients reach the gateway, such as `https://iam.example.com`: asked once it listens. */
  readonly publicUrl: () => string
  /** Whether the gateway answers as a federation subgraph, too. */
  readonly subgraph: boolean
  readonly graphiql?: NonNullable<RoutesOptions['graphiql']>
  readonly clock: () => Date
  /** Milliseconds by a clock that can't be set, by which things are remembered. */
  readonly monotonic?: () => number
  readonly observe: Observer
  /** Milliseconds from one writing of what was refused to the next. */
  readonly refusalsEvery?: number
  /** Parts of the machinery that makes it fast that are switched off. */
  readonly without?: readonly Part[]
  /** What executes by the schema, in the place of graphql-js, what plans do not. */
  readonly otherwise?: (schema: GraphQLSchema) => ExecutionOptions['otherwise']
}

export interface Gateway {
  fetch(request: Request): Promise<Response>
  /** The same for node:http. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** What `/ready` tells. */
  readiness(): Promise<Readiness>
  /** How often graphql-js has run an operation, in the place of its plan, and why. */
  readonly handedOver: ReadonlyMap<Reason, number>
  /** Makes `/ready` say no from now on, so that no new requests are sent here. */
  drain(): void
  /** To be awaited when no more requests come, before the database is closed: what is written beside requests is written then. */
  settle(): Promise<void>
}

export function createGateway(options: GatewayOptions): Gateway {
  const { database, keys, policy, limits, clock, openIntrospection } = options
  const { prisma, read } = database
  const observe = unfailing(options.observe)
  const onUnexpectedError: OnUnexpectedError = (error, requestId) => observe({ kind: 'unexpected', requestId, error })
  let draining = false
  const monotonic = options.monotonic ?? (() => performance.now())
  const currency = new OrganizationVersions(database.upkeep, monotonic)
  database.onOrganizationChange((change) => currency.notified(change))

  const lastUses = createLastUses(database, observe)
  const { claimNames, publicUrl, signer } = options
  const { audience } = options.jwt
  const checkProof = createProofCheck({ publicUrl, clock })
  const authenticate = createAuthenticator({
    verify: createJwtVerifier(keys, { ...options.jwt, clock }),
    claimNames,
    own: signer && createOwnIssuer({ signer, issuer: publicUrl, audience, claimNames, clock }),
    keyVersion: () => keys.version() + (signer?.version() ?? 0),
    checkProof,
    findCaller: (identity, tally) => findCaller(counting(read, tally), identity),
    findToken: (hash, tally) => findToken(counting(read, tally), hash),
    currency,
    tokenIdleLifetime: policy.tokenIdleLifetime,
    noteUse: lastUses.note,
    clock,
    monotonic,
  })
  const readiness = async () => ({ accepting: !draining, keys: keys.isReady(), database: await database.isReady() })
  const routes = createRoutes({
    endpoint,
    readiness,
    ...(options.graphiql === undefined ? {} : { graphiql: options.graphiql }),
  })
  const cache = createDocumentCache()
  const { connections } = database
  const perCaller = options.callerConnections ?? Math.max(1, Math.floor(connections / 2))
  const shareOf = createShares({ connections, perCaller })
  const without = new Set(options.without ?? [])
  const askTogether = createAskTogether(read, { together: !without.has('merging'), apart: database.rowSecurity })
  const unknownSecrets = createUnknownSecrets(monotonic)
  const catalogues = createCatalogues(!without.has('catalogue'))
  const onLoss = () => currency.expire()
  const { refusalsEvery: every } = options
  const refusals = createRefusals({ database, clock, observe, ...(every === undefined ? {} : { every }) })
  const changes = createChanges(database.write, catalogues, refusals, { apart: database.rowSecurity, onLoss })
  const handedOver = new Map<Reason, number>()
  const onHandedOver = (reason: Reason) => {
    handedOver.set(reason, (handedOver.get(reason) ?? 0) + 1)
  }
  const entranceWith = (documents: Documents): Entrance =>
    createEntrance({
      authenticate,
      timeout: options.timeout,
      createContext(request) {
        const { principal, requestId, tally, members, deadline } = request
        const caller = `${principal.organizationId} ${principal.subject}`
        const share = shareOf(caller, () => deadline.readingEnds)
        const now = clock()
        // Written out: to spread what all requests share into each takes longer than all else that is made for one.
        return createContext({
          principal,
          requestId,
          tally,
          members,
          deadline,
          share,
          now,
          prisma,
          read,
          changes,
          policy,
          documents,
          unknownSecrets,
          askTogether,
          catalogues,
        })
      },
      observe,
      onTokenRefused: ({ id, organizationId, subject, stop }, { purpose = 'token.signIn', requestId }) =>
        refusals.note({
          action: purpose,
          outcome: 'REFUSED',
          reason: stop,
          target: { type: 'Token', id: String(id) },
          organizationId,
          by: { subject, tokenId: id },
          requestId,
          at: clock(),
        }),
      onUnexpectedError,
    })
  const serve = (served: GraphQLSchema) => {
    const { mostRows } = policy
    const preparing = { schema: served, documents: cache, limits, mostRows, openIntrospection }
    const prepare = createPreparer(preparing)
    const otherwise = options.otherwise?.(served)
    const told = { onUnexpectedError, onHandedOver }
    const run = createRunner({ schema: served, limits, openIntrospection, without, otherwise, ...told })
    const entrance = entranceWith(createDocuments(served, prepare, createPreparerOfAll(preparing), openIntrospection))
    return { entrance, graph: createGraph(createCore({ entrance, prepare, run })) }
  }

  const { entrance, graph } = serve(schema)
  // Made when a router first asks: it takes a third of a second, and most gateways are nobody's subgraph.
  let subgraph: Promise<Graph> | undefined
  const graphAt = (path: string) => {
    if (path === endpoint) return graph
    if (!options.subgraph || path !== subgraphEndpoint) return undefined
    subgraph ??= import('./schema/subgraph.ts')
      .then(({ createSubgraph }) => serve(createSubgraph().schema).graph)
      .catch((error: unknown) => {
        // The next request tries again.
        subgraph = undefined
        throw error
      })
    return subgraph
  }
  const { allowedHosts, allowedOrigins, maxBodyBytes } = options
  const pageTokens = createPageTokens(createPageTokenKey())
  const authzen = createAuthzenEndpoints({ entrance, pageTokens, publicUrl })
  const resources = ['', endpoint, ...(options.subgraph ? [subgraphEndpoint] : []), ...authzen.keys()]
  const oauth = createOAuthRoutes({
    endpoints: createOAuthEndpoints({
      entrance,
      issuer: publicUrl,
      audience,
      signer,
      claimNames,
      noteUse: lastUses.note,
      noteRefusal: (refusal) => refusals.note(refusal),
      exchange: signer && { signer, checkProof },
    }),
    keySetPath: signer === null ? null : keySetPath,
    resources,
    resource: () => ({
      publicUrl: publicUrl(),
      issuer: options.jwt.issuer,
      documentation: options.graphiql === undefined ? null : `${publicUrl()}${graphiqlPath}`,
    }),
  })
  const handle = createHandler({
    graphAt,
    endpoints: new Map([...authzen, ...oauth, ...createKeySetEndpoint(signer)]),
    resourceMetadata: (path) => (resources.includes(path) ? `${publicUrl()}${resourceMetadataPath}${path}` : null),
    routes,
    allowedHosts,
    allowedOrigins,
    observe,
    onUnexpectedError,
  })

  return {
    fetch: async (request) => fetchResponse(await handle(fetchRequest(request, maxBodyBytes))),
    async listener(request, response) {
      await sendResponse(response, await handle(nodeRequest(request, maxBodyBytes)))
    },
    readiness,
    handedOver,
    drain() {
      draining = true
    },
    async settle() {
      await Promise.all([lastUses.close(), refusals.flush()])
    },
  }
}
