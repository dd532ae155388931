/** A server in front of another one, which passes everything through and remembers what was asked. */
import { request as ask } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { serve } from './serve.mjs'

/** @typedef {{ authorization: string | undefined, query: string, variables?: object }} Asked */

/**
 * @param {string} target
 * @returns {Promise<import('./serve.mjs').Served & { asked: Asked[] }>}
 */
export async function passThrough(target) {
  const { host, pathname } = new URL(target)
  /** @type {Asked[]} */
  const asked = []
  const served = await serve(
    async (request, response) => {
      const body = await buffer(request)
      asked.push({ authorization: request.headers.authorization, ...JSON.parse(body.toString()) })
      const options = { method: request.method, headers: { ...request.headers, host } }
      const passed = ask(target, options, (answer) => {
        response.writeHead(answer.statusCode, answer.headers)
        answer.pipe(response)
      })
      passed.on('error', () => response.destroy())
      passed.end(body)
    },
    0,
    pathname,
  )
  return { ...served, asked }
}
