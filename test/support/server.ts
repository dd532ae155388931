/** A gateway behind a real port. */
import type { Gateway } from '../../src/gateway.ts'
import { type Server, type ServerOptions, startServer } from '../../src/server.ts'

/** A server on a free port of the loopback interface that stops without a delay, unless told otherwise. */
export function serve(gateway: Gateway, options: Partial<ServerOptions> = {}): Promise<Server> {
  const timeouts = { keepAliveTimeout: 60, drainDelay: 0, drainTimeout: 30 }
  return startServer({ gateway, host: '127.0.0.1', port: 0, observe() {}, ...timeouts, ...options })
}
