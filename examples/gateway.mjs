/** iam-graph as its users start it, by its command line, on an embedded database with the demo data. */
import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const command = ['--import', 'tsx', 'src/cli.ts']

/**
 * Starts the gateway and waits until it answers. Rejects where it ends before.
 *
 * @param {object} options
 * @param {string} options.folder The data folder.
 * @param {number} [options.port] Left out: a free one.
 * @param {Readonly<Record<string, string>>} [options.settings] Further environment variables.
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} The address, without a path.
 */
export async function startGateway({ folder, port = 0, settings = {} }) {
  const child = spawn(process.execPath, [...command, 'start'], {
    cwd: root,
    env: environment(folder, { PORT: String(port), LOG_LEVEL: 'error', GRAPHIQL: 'false', ...settings }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  process.once('exit', () => child.kill())
  let url
  for await (const line of createInterface({ input: child.stdout })) {
    url = /Endpoint\s+(http\S+)\/graphql/.exec(line)?.[1]
    if (url !== undefined) break
  }
  if (url === undefined) throw new Error('iam-graph did not start')
  child.stdout.resume()
  return {
    url,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/**
 * A JWT of the development issuer of the data folder.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {number} options.customer
 * @param {string} options.scope
 * @param {string} [options.user] The id of the user who calls.
 * @param {string} [options.access] The id of the access that signed in.
 * @returns {Promise<string>}
 */
export async function mintJwt({ folder, ...claims }) {
  const options = Object.entries(claims).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { stdout } = await promisify(execFile)(process.execPath, [...command, 'token', ...options], {
    cwd: root,
    env: environment(folder),
  })
  return stdout.trim()
}

/** Nothing of the caller's own environment: a DATABASE_URL in it would have the demo data written to that server. */
function environment(folder, settings = {}) {
  return { PATH: process.env.PATH, DATA_DIR: folder, ...settings }
}
