/** How long an operation may take, and what ends then, or as soon as nobody waits for its answer any more. */
import { GatewayError } from './errors.ts'

export interface Deadline {
  /** Aborted when the operation may begin nothing any more, with the TIMEOUT that clients are told. */
  readonly signal: AbortSignal
  /** Aborted when nothing may be read any more. */
  readonly readingEnds: AbortSignal
  /**
   * What `read` gives. Rejects when nothing may be read any more, whatever is under way; nothing is begun from then on.
   * `onFailure` is told what `read` itself fails by.
   */
  reading<T>(read: () => Promise<T>, onFailure?: (error: unknown) => void): Promise<T>
  /** Says that the operation is over. */
  end(): void
}

/**
 * Seconds after the end in which a mutation may still read what it has changed: a secret is shown in its own answer or
 * never.
 */
const grace = 5

export interface DeadlineOptions {
  readonly seconds: number
  /** Queries read until then; mutations change nothing from then on, and read a little longer. */
  readonly changes: boolean
  readonly client: {
    /**
     * Calls the listener when nobody waits for the answer any more, at once where nobody does already, until what it
     * returns is called. Everything ends then.
     */
    whenAbandoned(listener: () => void): () => void
  }
}

/**
 * A deadline that begins when the operation first asks for it, which is before the first thing that takes time: an
 * operation that waits for nothing needs no timer and no listener.
 */
export function createDeadline(options: DeadlineOptions): Deadline {
  return new LazyDeadline(options)
}

class LazyDeadline implements Deadline {
  readonly #options: DeadlineOptions
  /** What rejects each reading that is under way. */
  readonly #underWay = new Set<(reason: unknown) => void>()
  readonly #timers: NodeJS.Timeout[] = []
  #stopListening: (() => void) | undefined
  #isBegun = false
  #isOver = false
  /** Why nothing may be begun any more, and why nothing may be read. */
  #ended: GatewayError | undefined
  #readingEnded: GatewayError | undefined
  /** Made for who listens: most operations end before their deadline, and nobody does. */
  #all: AbortController | undefined
  #reads: AbortController | undefined

  constructor(options: DeadlineOptions) {
    this.#options = options
  }

  get signal(): AbortSignal {
    this.#begin()
    this.#all ??= abortedBy(this.#ended)
    return this.#all.signal
  }

  get readingEnds(): AbortSignal {
    this.#begin()
    this.#reads ??= abortedBy(this.#readingEnded)
    return this.#reads.signal
  }

  reading<T>(read: () => Promise<T>, onFailure?: (error: unknown) => void): Promise<T> {
    this.#begin()
    if (this.#readingEnded !== undefined) return Promise.reject(this.#readingEnded)
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject)
      read().then(
        (result) => {
          this.#underWay.delete(reject)
          resolve(result)
        },
        (error: unknown) => {
          this.#underWay.delete(reject)
          onFailure?.(error)
          reject(error)
        },
      )
    })
  }

  end(): void {
    this.#isOver = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#stopListening?.()
  }

  #begin(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    if (this.#isOver) return
    const { seconds, changes, client } = this.#options
    if (changes) this.#timers.push(setTimeout(() => this.#end(this.#late()), seconds * 1_000))
    this.#timers.push(setTimeout(() => this.#endReading(this.#late()), (changes ? seconds + grace : seconds) * 1_000))
    this.#stopListening = client.whenAbandoned(() =>
      this.#endReading(new GatewayError('TIMEOUT', 'the client has left')),
    )
  }

  /** An error with its stack is made where it is needed only, and not for each operation. */
  #late(): GatewayError {
    return new GatewayError('TIMEOUT', `the operation took longer than ${this.#options.seconds} s`)
  }

  #end(reason: GatewayError): void {
    this.#ended ??= reason
    this.#all?.abort(this.#ended)
  }

  /** With reading everything ends. */
  #endReading(reason: GatewayError): void {
    this.#end(reason)
    this.#readingEnded ??= reason
    this.#reads?.abort(this.#readingEnded)
    for (const reject of this.#underWay) reject(this.#readingEnded)
    this.#underWay.clear()
  }
}

/** A controller that has aborted already where there is a reason. */
function abortedBy(reason: GatewayError | undefined): AbortController {
  const controller = new AbortController()
  if (reason !== undefined) controller.abort(reason)
  return controller
}
