/** A node:http server around a gateway: bounded, and stopping without dropping what is under way. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartupError } from './errors.ts'
import type { Gateway } from './gateway.ts'

export interface ServerOptions {
  readonly gateway: Gateway
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Seconds that requests under way have to end when the server is closed. */
  readonly drainTimeout: number
}

export interface Server {
  /** Where it listens, for example `http://127.0.0.1:4000`. */
  readonly url: string
  /** Says "not ready", takes no new connections, lets what is under way end, and cuts off what is left at the deadline. */
  close(): Promise<void>
}

/** Milliseconds that a client has for sending its headers, and for a whole request (slow senders hold no connection). */
const headersTimeout = 10_000
const requestTimeout = 30_000

/** Listens. Throws StartupError where the port or the address can't be had. */
export async function startServer({ gateway, host, port, drainTimeout }: ServerOptions): Promise<Server> {
  let closing = false
  const server = createServer({ headersTimeout, requestTimeout }, (request, response) => {
    if (closing) response.setHeader('Connection', 'close')
    // A connection that becomes idle while the server is closing would be kept for its client's next request.
    response.once('close', () => {
      if (closing) server.closeIdleConnections()
    })
    gateway.listener(request, response)
  })
  server.maxHeadersCount = 100
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, host, port)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close() {
      closing = true
      gateway.drain()
      return new Promise((resolve) => {
        const deadline = setTimeout(() => server.closeAllConnections(), drainTimeout * 1_000)
        server.close(() => {
          clearTimeout(deadline)
          resolve()
        })
        server.closeIdleConnections()
      })
    },
  }
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): StartupError {
  if (error.code === 'EADDRINUSE')
    return new StartupError(`Port ${port} on ${host} is taken: set PORT to another one, or to 0`, 1, error)
  if (error.code === 'EACCES')
    return new StartupError(`Port ${port} may not be opened by this user: set PORT to one above 1023`, 1, error)
  return new StartupError(`The gateway can't listen on ${host}:${port}: ${error.code}`, 1, error)
}
