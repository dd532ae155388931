/**
 * The connections to the database, shared among callers. Nobody has more than his share of them at once, so that there are
 * always some for others; where all are taken, those who wait get the next ones in turn, not in the order of their demands.
 */
import { GatewayError } from '../errors.ts'

/** What a request of one caller has of the connections. */
export interface Share {
  /** Whose it is: equal for all requests of one caller. */
  readonly caller: string
  /** Takes a connection if the caller may have one at once. Returns what gives it back; null where he may not. */
  begin(): (() => void) | null
  /**
   * Does the work, which takes one connection, as soon as the caller may have one. Once nobody waits for the answer any
   * more, it is not begun: rejects with the signal's reason. Work must not wait for other work of the same caller.
   */
  use<T>(work: () => Promise<T>): Promise<T>
  /** Throws RATE_LIMITED where so much of the caller's work waits that there is no use in adding to it. */
  admit(): void
}

export interface SharesOptions {
  /** All of them. */
  readonly connections: number
  /** What one caller may have at once. */
  readonly perCaller: number
}

/** What may wait for each connection of a share: some seconds' worth, where each takes a hundredth. */
const waitingPerConnection = 100

/** Work that waits for a connection. */
interface Waiting {
  begin(): void
  giveUp(reason: unknown): void
}

interface Queue {
  underWay: number
  /** First come, first served. */
  readonly waiting: Set<Waiting>
}

/** Gives requests their share: by what names the caller, and what gives the signal that ends the request. */
export function createShares({
  connections,
  perCaller,
}: SharesOptions): (caller: string, ends: () => AbortSignal) => Share {
  /** Those who have something under way or waiting; who got something longest ago comes first. */
  const callers = new Map<string, Queue>()
  const mostWaiting = perCaller * waitingPerConnection
  let free = connections

  const queueOf = (caller: string): Queue => {
    const queue = callers.get(caller) ?? { underWay: 0, waiting: new Set() }
    callers.set(caller, queue)
    return queue
  }
  const take = (queue: Queue) => {
    free -= 1
    queue.underWay += 1
  }
  const forgetIdle = (caller: string, { underWay, waiting }: Queue) => {
    if (underWay === 0 && waiting.size === 0) callers.delete(caller)
  }
  const beginNext = () => {
    for (const [caller, queue] of callers) {
      if (free === 0) return
      const [next] = queue.waiting
      if (next === undefined || queue.underWay >= perCaller) continue
      // To the end of the line, where this loop meets him again.
      callers.delete(caller)
      callers.set(caller, queue)
      queue.waiting.delete(next)
      take(queue)
      next.begin()
    }
  }

  const turn = (caller: string, queue: Queue, own: Set<Waiting>, signal: AbortSignal) =>
    new Promise<void>((begin, giveUp) => {
      const waiting = { begin, giveUp }
      if (own.size === 0) signal.addEventListener('abort', () => giveUpAll(caller, own, signal.reason))
      own.add(waiting)
      queue.waiting.add(waiting)
    })
  const giveUpAll = (caller: string, own: ReadonlySet<Waiting>, reason: unknown) => {
    const queue = queueOf(caller)
    for (const waiting of own) if (queue.waiting.delete(waiting)) waiting.giveUp(reason)
    forgetIdle(caller, queue)
  }

  const release = (queue: Queue, caller: string) => {
    free += 1
    queue.underWay -= 1
    forgetIdle(caller, queue)
    beginNext()
  }

  return (caller, ends) => {
    const own = new Set<Waiting>()
    return {
      caller,
      begin() {
        const queue = queueOf(caller)
        if (free === 0 || queue.underWay >= perCaller) return null
        take(queue)
        return () => release(queue, caller)
      },
      async use(work) {
        const signal = ends()
        signal.throwIfAborted()
        const queue = queueOf(caller)
        if (free > 0 && queue.underWay < perCaller) take(queue)
        else await turn(caller, queue, own, signal)
        try {
          return await work()
        } finally {
          release(queue, caller)
        }
      },
      admit() {
        const waiting = callers.get(caller)?.waiting.size ?? 0
        if (waiting < mostWaiting) return
        const message = `expected fewer requests at once: ${waiting} statements of the caller are waiting already`
        throw new GatewayError('RATE_LIMITED', message, { retryAfter: 1 })
      },
    }
  }
}
