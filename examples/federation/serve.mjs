/** node:http servers on loopback. */
import { createServer } from 'node:http'

/** @typedef {{ url: string, close: () => Promise<void> }} Served */

/**
 * Listens on the port (0: a free one).
 *
 * @param {import('node:http').RequestListener} listener
 * @param {number} port
 * @param {string} path What the address of the server ends in.
 * @returns {Promise<Served>}
 */
export async function serve(listener, port, path) {
  const server = createServer(listener)
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
