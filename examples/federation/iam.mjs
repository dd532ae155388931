/** iam-graph as its users start it, by its command line, on an embedded database with the demo data. */
import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const command = ['--import', 'tsx', 'src/cli.ts']

/**
 * @param {{ folder: string, port: number }} options The data folder, and 0 for a free port.
 * @returns {Promise<import('./serve.mjs').Served>} At the address of the subgraph.
 */
export async function startIam({ folder, port }) {
  const env = { ...process.env, DATA_DIR: folder, PORT: String(port), LOG_LEVEL: 'error', GRAPHIQL: 'false' }
  const child = spawn(process.execPath, [...command, 'start'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  process.once('exit', () => child.kill())
  let address
  for await (const line of createInterface({ input: child.stdout })) {
    address = /Endpoint\s+(http\S+)\/graphql/.exec(line)?.[1]
    if (address !== undefined) break
  }
  if (address === undefined) throw new Error('iam-graph did not start')
  child.stdout.resume()
  return {
    url: `${address}/subgraph`,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/**
 * A JWT of the development issuer of the data folder.
 *
 * @param {{ folder: string, customer: number, scope: string }} options
 * @returns {Promise<string>}
 */
export async function mintJwt({ folder, customer, scope }) {
  const options = ['token', '--customer', String(customer), '--scope', scope]
  const { stdout } = await promisify(execFile)(process.execPath, [...command, ...options], {
    cwd: root,
    env: { ...process.env, DATA_DIR: folder },
  })
  return stdout.trim()
}
