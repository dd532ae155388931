/** Which hosts requests may be for: a page whose name leads here by a trick (DNS rebinding) has its own in the Host header. */
import { GatewayError } from '../errors.ts'
import type { HttpRequest } from './message.ts'
import { remembering } from './remembering.ts'

/** Names and addresses of the loopback interface, as `hostnameOf` writes them. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** What probes ask, by whatever address they know. */
const forEveryHost: ReadonlySet<string> = new Set(['/health', '/ready'])

/** The name or the address of a host, in the one spelling of URLs and without a port; undefined where it is none. */
export const hostnameOf: (host: string) => string | undefined = remembering((host) => {
  // A host with a slash in it would take the path's place.
  if (/[/\\?#@]/.test(host)) return undefined
  const url = `http://${host}/`
  return URL.canParse(url) ? new URL(url).hostname : undefined
})

/** Throws MISDIRECTED_REQUEST where the request is for none of these hosts. Null: all of them are the gateway's. */
export function checkHost({ host, path }: HttpRequest, allowedHosts: readonly string[] | null): void {
  if (allowedHosts === null || forEveryHost.has(path)) return
  const name = hostnameOf(host ?? '')
  if (name !== undefined && allowedHosts.includes(name)) return
  throw new GatewayError(
    'MISDIRECTED_REQUEST',
    'expected a request for localhost, HOST or one of ALLOWED_HOSTS, received one for another host',
  )
}

/** What proxies say of themselves (RFC 7239; RFC 9110, section 7.6.3). */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/** Whether it is somebody on this machine who asks: by the connection, by the host, and without a proxy in between. */
export function isFromThisMachine(request: HttpRequest): boolean {
  const { host, peers } = request
  if (peers === null || !isLoopback(peers.remote) || !isLoopback(peers.local)) return false
  if (!loopbackHosts.includes(hostnameOf(host ?? '') ?? '')) return false
  return proxyHeaders.every((name) => request.header(name) === null)
}

/** Whether the address is one of the loopback interface, be it written as IPv4 in IPv6. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/i.test(address)
}
