/** The connections of a server that is to stop: which answer is the last on each, and which wait for nothing any more. */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Connections {
  /**
   * Takes note of a request. False where an earlier answer on its connection says that it is the last: then nothing may be
   * done for the request, and its client knows that (RFC 9112, section 9.6).
   */
  begin(response: ServerResponse): boolean
  /** From now on each answer is the last on its connection. */
  drain(): void
  /** Resolves when what has arrived at this machine has been taken, be it connections or requests on them. */
  settled(): Promise<void>
  /** Closes the connections on which nothing is under way, now and whenever something has ended. No new ones may come. */
  closeIdle(): void
  /** Closes all connections, and says how many answers that cut off. */
  cutOff(): number
}

/** How often the event loop is asked for more at most: it takes one of the connections that wait at a time. */
const mostTurns = 1_000

/** Milliseconds that a new connection has for its first request: who opens one is about to send something. */
const firstRequestTimeout = 1_000

/** Follows the connections that the server takes from now on. */
export function trackConnections(server: Server): Connections {
  /** The answers under way on each connection, oldest first: clients may send requests without waiting for answers. */
  const underWay = new Map<Socket, Set<ServerResponse>>()
  const openedAt = new WeakMap<Socket, number>()
  const ending = new WeakSet<Socket>()
  let draining = false
  let closing = false
  let arrived = 0

  server.on('connection', (socket: Socket) => {
    arrived += 1
    underWay.set(socket, new Set())
    openedAt.set(socket, performance.now())
    socket.once('close', () => underWay.delete(socket))
  })

  /** Decides when the head is written: only then it is known whether another request has come behind this one. */
  const announceEnd = (socket: Socket, response: ServerResponse) => {
    const { writeHead } = response
    response.writeHead = (...head: unknown[]) => {
      const newest = [...(underWay.get(socket) ?? [])].at(-1)
      if (newest === response) {
        response.setHeader('Connection', 'close')
        ending.add(socket)
      }
      return Reflect.apply(writeHead, response, head)
    }
  }

  const sweep = () => {
    // Node takes a connection for idle when its answer has been written, and would cut off what is not sent yet.
    for (const answers of underWay.values()) for (const answer of answers) if (answer.writableEnded) return
    server.closeIdleConnections()
    // It takes none for idle that is new. Browsers open some that they never use.
    const openedBefore = performance.now() - firstRequestTimeout
    for (const socket of underWay.keys()) {
      if (socket.bytesRead === 0 && (openedAt.get(socket) ?? 0) <= openedBefore) socket.destroy()
    }
  }

  /** The answer that has ended, sent or not, is not under way any more. */
  function forget(this: ServerResponse): void {
    underWay.get(this.req.socket)?.delete(this)
    if (closing) sweep()
  }

  return {
    begin(response) {
      const { socket } = response.req
      if (ending.has(socket)) return false
      arrived += 1
      underWay.get(socket)?.add(response)
      if (draining) announceEnd(socket, response)
      response.on('close', forget)
      return true
    },
    drain() {
      draining = true
      for (const [socket, answers] of underWay) for (const answer of answers) announceEnd(socket, answer)
    },
    async settled() {
      for (let turn = 0; turn < mostTurns; turn += 1) {
        const before = arrived
        await eventLoop()
        await eventLoop()
        if (arrived === before) return
      }
    },
    closeIdle() {
      closing = true
      sweep()
      // No new ones come any more: all are older then.
      setTimeout(sweep, firstRequestTimeout).unref()
    },
    cutOff() {
      const count = [...underWay.values()].reduce((sum, answers) => sum + answers.size, 0)
      server.closeAllConnections()
      return count
    },
  }
}

/** Resolves when the event loop has looked for news once more. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
