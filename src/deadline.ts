/** How long an operation may take, and what ends then, or as soon as nobody waits for its answer any more. */
import { GatewayError } from './errors.ts'

export interface Deadline {
  /** Aborted when the operation may begin nothing any more, with the TIMEOUT that clients are told. */
  readonly signal: AbortSignal
  /** Aborted when nothing may be read any more. */
  readonly readingEnds: AbortSignal
  /** What `read` gives. Rejects when nothing may be read any more, whatever is under way; nothing is begun from then on. */
  reading<T>(read: () => Promise<T>): Promise<T>
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

interface Ends {
  readonly all: AbortController
  /** The same, unless the operation changes something. */
  readonly reads: AbortController
}

class LazyDeadline implements Deadline {
  readonly #options: DeadlineOptions
  /** What rejects each reading that is under way. */
  readonly #underWay = new Set<(reason: unknown) => void>()
  #begun: Ends | undefined
  readonly #timers: NodeJS.Timeout[] = []
  #stopListening: (() => void) | undefined
  #isOver = false

  constructor(options: DeadlineOptions) {
    this.#options = options
  }

  get signal(): AbortSignal {
    return (this.#begun ?? this.#begin()).all.signal
  }

  get readingEnds(): AbortSignal {
    return (this.#begun ?? this.#begin()).reads.signal
  }

  reading<T>(read: () => Promise<T>): Promise<T> {
    const { readingEnds } = this
    if (readingEnds.aborted) return Promise.reject(readingEnds.reason)
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject)
      read().then(
        (result) => {
          this.#underWay.delete(reject)
          resolve(result)
        },
        (error: unknown) => {
          this.#underWay.delete(reject)
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

  #begin(): Ends {
    const { seconds, changes } = this.#options
    const all = new AbortController()
    const ends = { all, reads: changes ? new AbortController() : all }
    this.#begun = ends
    if (this.#isOver) return ends
    if (changes) this.#timers.push(setTimeout(() => all.abort(this.#late()), seconds * 1_000))
    this.#timers.push(setTimeout(() => this.#abort(ends, this.#late()), (changes ? seconds + grace : seconds) * 1_000))
    this.#stopListening = this.#options.client.whenAbandoned(() =>
      this.#abort(ends, new GatewayError('TIMEOUT', 'the client has left')),
    )
    return ends
  }

  /** An error with its stack is made where it is needed only, and not for each operation. */
  #late(): GatewayError {
    return new GatewayError('TIMEOUT', `the operation took longer than ${this.#options.seconds} s`)
  }

  #abort({ all, reads }: Ends, reason: GatewayError): void {
    for (const end of [all, reads]) end.abort(reason)
    for (const reject of this.#underWay) reject(reason)
    this.#underWay.clear()
  }
}
