/** Everything at once: iam-graph, the zones, and a router in front of both. */
import { join } from 'node:path'
import { startGateway } from '../gateway.mjs'
import { compose } from './compose.mjs'
import { startZones } from './zones.mjs'

/** @typedef {import('./serve.mjs').Served} Served */

/**
 * Rejects where something does not start, and leaves nothing running then.
 *
 * @param {object} options
 * @param {'apollo' | 'hive'} options.router
 * @param {string} options.folder The data folder of iam-graph.
 * @param {import('./ports.mjs').Ports} options.ports 0 for a free one.
 * @param {(url: string) => Promise<Served>} [options.inFront] Starts something between the router and a subgraph.
 * @returns {Promise<{ iam: Served, zones: Served, router: Served, close: () => Promise<void> }>}
 */
export async function launch({ router: name, folder, ports, inFront }) {
  const running = []
  const started = async (starting) => {
    const served = await starting
    running.unshift(served)
    return served
  }
  const close = async () => {
    for (const served of running) await served.close()
  }
  try {
    const { startRouter, adapt, library } = await import(`./${name}.mjs`)
    const gateway = await started(startGateway({ folder, port: ports.iam }))
    let iam = { ...gateway, url: `${gateway.url}/subgraph` }
    let zones = await started(startZones({ keyFile: join(folder, 'development-key.jwk'), port: ports.zones }))
    if (inFront !== undefined) {
      iam = await started(inFront(iam.url))
      zones = await started(inFront(zones.url))
    }
    const compositions = await compose({ iam: iam.url, zones: zones.url, adapt })
    const { supergraph, errors } = compositions.find((each) => each.library === library)
    if (supergraph === undefined) throw new Error(`the subgraphs do not compose: ${errors.join('; ')}`)
    const router = await started(startRouter({ supergraph, port: ports.router }))
    return { iam, zones, router, close }
  } catch (error) {
    await close()
    throw error
  }
}
