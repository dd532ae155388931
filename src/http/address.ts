/** The address of a request, of its Host header and its path (RFC 9112, section 3.2). */
import type { ServerResponse } from 'node:http'
import { requestIdOf, standardHeaders } from './standardHeaders.ts'

/** Whether they make an address whose path is that of the request: a host with a slash in it would take its place. */
export function makesAddress(host: string | undefined, path: string | undefined): boolean {
  return !/[/\\?#@]/.test(host ?? '') && URL.canParse(`http://${host || 'localhost'}${path}`)
}

/** Answers a request that has no address, and so can't be made a Request of. */
export function refuseAddress(response: ServerResponse): void {
  const message = 'expected a Host header and a path that make an address'
  const headers = { ...standardHeaders(requestIdOf(null)), 'Content-Type': 'application/json; charset=utf-8' }
  response.writeHead(400, headers)
  response.end(JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] }))
}
