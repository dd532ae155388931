/**
 * Composes iam-graph and the zones into one graph, with both libraries. As a command it writes what the first one makes
 * to .data/supergraph.graphql, and exits with 1 where one of them refuses.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { composeServices as composeWithApollo } from '@apollo/composition'
import { composeServices as composeWithGuild } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { readPorts } from './ports.mjs'
import { zonesSdl } from './zones.mjs'

const libraries = { '@apollo/composition': composeWithApollo, '@theguild/federation-composition': composeWithGuild }

/** @typedef {{ library: string, supergraph: string | undefined, errors: string[], hints: string[] }} Composition */

/**
 * What each library makes of the two subgraphs at their addresses; `adapt` takes out of them what a router can't bear.
 *
 * @param {{ iam: string, zones: string, adapt?: (document: import('graphql').DocumentNode) => import('graphql').DocumentNode }} options
 * @returns {Promise<Composition[]>}
 */
export async function compose({ iam, zones, adapt = (document) => document }) {
  const iamSdl = await readFile(new URL('../../subgraph.graphql', import.meta.url), 'utf8')
  const subgraphs = [
    { name: 'iam', url: iam, typeDefs: adapt(parse(iamSdl)) },
    { name: 'zones', url: zones, typeDefs: adapt(parse(zonesSdl)) },
  ]
  return Object.entries(libraries).map(([library, composeServices]) => {
    const { supergraphSdl, errors = [], hints = [] } = composeServices(subgraphs)
    const messages = (list) => list.map(({ message }) => message)
    return { library, supergraph: supergraphSdl, errors: messages(errors), hints: messages(hints) }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ports = readPorts(process.env)
  const compositions = await compose({
    iam: `http://127.0.0.1:${ports.iam}/subgraph`,
    zones: `http://127.0.0.1:${ports.zones}/graphql`,
  })
  for (const { library, supergraph, errors, hints } of compositions) {
    console.log(`${library}: ${supergraph === undefined ? 'does not compose' : 'composes'}, ${hints.length} hints`)
    for (const message of [...errors, ...hints]) console.log(`  ${message}`)
    if (supergraph === undefined || errors.length > 0) process.exitCode = 1
  }
  if (process.exitCode === undefined) {
    const folder = new URL('.data/', import.meta.url)
    await mkdir(folder, { recursive: true })
    await writeFile(new URL('supergraph.graphql', folder), compositions[0].supergraph)
    console.log('.data/supergraph.graphql is written.')
  }
}
