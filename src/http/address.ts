/** The address that a request is for: its target and its Host header (RFC 9112, section 3.2). */
import { GatewayError } from '../errors.ts'
import type { HttpRequest } from './message.ts'

export type Address = Pick<HttpRequest, 'host' | 'path' | 'query'>

/** The address of a target, or an empty path where it is none. */
export function addressOf(target: string, host: string | null): Address {
  if (!target.startsWith('/')) return { host, path: '', query: '' }
  const mark = target.indexOf('?')
  if (mark === -1) return { host, path: target, query: '' }
  return { host, path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** Throws BAD_REQUEST for a host and a path that make no address. A host with a slash in it would take the path's place. */
export function checkAddress({ host, path }: Address): void {
  if (path !== '' && !/[/\\?#@]/.test(host ?? '') && URL.canParse(`http://${host || 'localhost'}${path}`)) return
  throw new GatewayError('BAD_REQUEST', 'expected a Host header and a path that make an address')
}
