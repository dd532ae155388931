/** The address that a request is for: its target and its Host header (RFC 9112, section 3.2). */
import { GatewayError } from '../errors.ts'
import { hostnameOf } from './hosts.ts'
import type { HttpRequest } from './message.ts'

export type Address = Pick<HttpRequest, 'host' | 'path' | 'query'>

/**
 * The address of a target in origin-form, or in absolute-form as a proxy may send it: the Host header says nothing then.
 * The path is empty where it is neither, or has a user's name and password in it (RFC 9110, section 4.2.4).
 */
export function addressOf(target: string, host: string | null): Address {
  if (target.startsWith('/')) {
    const mark = target.indexOf('?')
    if (mark === -1) return { host, path: target, query: '' }
    return { host, path: target.slice(0, mark), query: target.slice(mark + 1) }
  }
  const url = /^https?:\/\/[^/]/i.test(target) && URL.canParse(target) ? new URL(target) : null
  if (url === null || url.username !== '' || url.password !== '') return { host, path: '', query: '' }
  return { host: url.host, path: url.pathname, query: url.search.slice(1) }
}

/** Throws BAD_REQUEST for a host and a path that make no address. */
export function checkAddress({ host, path }: Address): void {
  if (path !== '' && (host === null || host === '' || hostnameOf(host) !== undefined)) return
  throw new GatewayError('BAD_REQUEST', 'expected a Host header and a path that make an address')
}
