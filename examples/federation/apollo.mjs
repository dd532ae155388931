/** Apollo Gateway as the router. */
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { visit } from 'graphql'

// Otherwise the gateway asks the machine's cloud who it is, and tells its maker.
process.env.APOLLO_TELEMETRY_DISABLED = 'true'

export const library = '@apollo/composition'

/**
 * The subgraph without the directives about scopes. They demand of a router that it heeds them, so this one, which knows
 * nothing of them, refuses a graph that has them. Nothing is lost: iam-graph enforces what it declares itself.
 *
 * @param {import('graphql').DocumentNode} document
 */
export function adapt(document) {
  return visit(document, {
    Directive: ({ name }) => (['authenticated', 'requiresScopes'].includes(name.value) ? null : undefined),
  })
}

class ForwardingDataSource extends RemoteGraphQLDataSource {
  // The gateway sends nothing of the client's request by itself. The context is empty while it starts.
  willSendRequest({ request, context }) {
    if (context.authorization !== undefined) request.http.headers.set('authorization', context.authorization)
  }
}

/** What a subgraph said, without where it is. */
function formatError({ message, path, extensions: { response, ...extensions } = {} }) {
  const [said] = response?.body?.errors ?? []
  return said === undefined ? { message, path, extensions } : { ...said, path }
}

/**
 * @param {{ supergraph: string, port: number }} options
 * @returns {Promise<import('./serve.mjs').Served>}
 */
export async function startRouter({ supergraph, port }) {
  const gateway = new ApolloGateway({
    supergraphSdl: supergraph,
    buildService: ({ url }) => new ForwardingDataSource({ url }),
  })
  const server = new ApolloServer({
    gateway,
    formatError,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
  })
  const { url } = await startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port },
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  })
  return { url, close: () => server.stop() }
}
