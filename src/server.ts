/** A node:http server around a gateway: bounded, and stopping without dropping what has been sent to it. */
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { trackConnections } from './connections.ts'
import { GatewayError, StartupError } from './errors.ts'
import type { Gateway } from './gateway.ts'
import { requestIdOf, standardHeaders } from './http/standardHeaders.ts'
import type { Observer } from './observer.ts'

export interface ServerOptions {
  readonly gateway: Gateway
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly observe: Observer
  /** Seconds for which a connection without a request is kept open. */
  readonly keepAliveTimeout: number
  /** Seconds in which it goes on taking requests when it is closed, so that balancers see that it is not ready. */
  readonly drainDelay: number
  /** Seconds after which the last request must have ended when it is closed; the delay is part of them. */
  readonly drainTimeout: number
}

export interface Server {
  /** Where it listens, for example `http://127.0.0.1:4000`. */
  readonly url: string
  /**
   * Says "not ready" and answers on for the delay, each answer the last on its connection. Then takes no new connections,
   * answers what has arrived, and cuts off what has not ended at the deadline; resolves to how many requests that were.
   * Safe to call twice.
   */
  close(): Promise<number>
}

/**
 * Milliseconds that a client has for sending its headers, and for a whole request (slow senders hold no connection). Both
 * are counted from the first byte of a request, so they may be shorter than connections are kept.
 */
const headersTimeout = 10_000
const requestTimeout = 30_000
/** Milliseconds between looks at who has had its time. Node's 30 seconds would make 10 into 40. */
const connectionsCheckingInterval = 1_000

/** Listens. Throws StartupError where the port or the address can't be had. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { gateway, host, port, observe, drainDelay, drainTimeout } = options
  const timeouts = { headersTimeout, requestTimeout, keepAliveTimeout: options.keepAliveTimeout * 1_000 }
  const server = createServer({ ...timeouts, connectionsCheckingInterval }, async (request, response) => {
    if (!connections.begin(response)) return
    try {
      await gateway.listener(request, response)
    } catch (error) {
      const requestId = requestIdOf(request.headers['x-request-id']?.toString() ?? null)
      observe({ kind: 'unexpected', requestId, error })
      endUnexpectedly(response, requestId)
    }
  })
  const connections = trackConnections(server)
  server.maxHeadersCount = 100
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, host, port)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const stop = async () => {
    let cutOff = 0
    const deadline = setTimeout(() => {
      cutOff = connections.cutOff()
    }, drainTimeout * 1_000)
    gateway.drain()
    connections.drain()
    await delay(drainDelay * 1_000)
    await connections.settled()
    // That of node:http would close at once what it takes for idle, requests that have just arrived among it.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve))
    await connections.settled()
    connections.closeIdle()
    await closed
    clearTimeout(deadline)
    return cutOff
  }
  let stopped: Promise<number> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close() {
      stopped ??= stop()
      return stopped
    },
  }
}

/** A masked 500; where the answer had begun already, its connection breaks, so that nobody takes it for a whole one. */
function endUnexpectedly(response: ServerResponse, requestId: string): void {
  if (response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { message, extensions } = new GatewayError('INTERNAL_SERVER_ERROR', 'something unexpected happened', {
    extensions: { requestId },
  })
  response.writeHead(500, { ...standardHeaders(requestId), 'Content-Type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify({ errors: [{ message, extensions }] }))
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): StartupError {
  if (error.code === 'EADDRINUSE')
    return new StartupError(`Port ${port} on ${host} is taken: set PORT to another one, or to 0`, 1, error)
  if (error.code === 'EACCES')
    return new StartupError(`Port ${port} may not be opened by this user: set PORT to one above 1023`, 1, error)
  return new StartupError(`The gateway can't listen on ${host}:${port}: ${error.code}`, 1, error)
}
