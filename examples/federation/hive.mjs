/** Hive Gateway as the router. */
import { createGatewayRuntime } from '@graphql-hive/gateway'
import { Kind, print, visit } from 'graphql'
import { serve } from './serve.mjs'

export const library = '@theguild/federation-composition'

/**
 * The subgraph with one key for organizations, the one that the zones use. Version 2.15.1 takes a subgraph in which some
 * type has two keys for two subgraphs, and then can't get from its root fields to what another one adds to an interface.
 *
 * @param {import('graphql').DocumentNode} document
 */
export function adapt(document) {
  return visit(document, {
    [Kind.OBJECT_TYPE_DEFINITION]: (type) =>
      type.name.value === 'Organization'
        ? { ...type, directives: type.directives.filter((directive) => print(directive) !== '@key(fields: "id")') }
        : undefined,
  })
}

/**
 * @param {{ supergraph: string, port: number }} options
 * @returns {Promise<import('./serve.mjs').Served>}
 */
export async function startRouter({ supergraph, port }) {
  const runtime = createGatewayRuntime({
    supergraph,
    // The gateway sends nothing of the client's request by itself. There is no request while it starts.
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ authorization: request?.headers.get('authorization') }),
    },
    logging: false,
    graphiql: false,
    landingPage: false,
  })
  const { url, close } = await serve(runtime, port, '/graphql')
  return {
    url,
    async close() {
      await close()
      await runtime.dispose()
    },
  }
}
