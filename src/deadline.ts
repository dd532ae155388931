/** How long an operation may take, and what ends then, or as soon as nobody waits for its answer any more. */
import { GatewayError } from './errors.ts'

export interface Deadline {
  /** Aborted when the operation may begin nothing any more, with the TIMEOUT that clients are told. */
  readonly signal: AbortSignal
  /** Aborted when nothing may be read any more. */
  readonly readingEnds: AbortSignal
  /** What `read` gives. Rejects when nothing may be read any more, whatever is under way; nothing is begun from then on. */
  reading<T>(read: () => Promise<T>): Promise<T>
  /** Says that nobody waits for the answer any more: everything ends now. */
  abandon(): void
  /** Says that the operation is over. */
  end(): void
}

/**
 * Seconds after the end in which a mutation may still read what it has changed: a secret is shown in its own answer or
 * never.
 */
const grace = 5

/** A deadline in so many seconds. Queries read until then; mutations change nothing from then on, and read a little longer. */
export function startDeadline(seconds: number, changes: boolean): Deadline {
  const timers: NodeJS.Timeout[] = []
  const abortIn = (delay: number): AbortController => {
    const controller = new AbortController()
    // An error with its stack is made where it is needed only, and not for each operation.
    const late = () => controller.abort(new GatewayError('TIMEOUT', `the operation took longer than ${seconds} s`))
    timers.push(setTimeout(late, delay * 1_000))
    return controller
  }
  const ending = abortIn(seconds)
  const endingReads = changes ? abortIn(seconds + grace) : ending
  const { signal } = ending
  const { signal: readingEnds } = endingReads
  const closed = new Promise<never>((_, reject) => {
    readingEnds.addEventListener('abort', () => reject(readingEnds.reason), { once: true })
  })
  closed.catch(() => {})
  return {
    signal,
    readingEnds,
    reading: (read) => (readingEnds.aborted ? closed : Promise.race([read(), closed])),
    abandon() {
      const left = new GatewayError('TIMEOUT', 'the client has left')
      for (const controller of [ending, endingReads]) controller.abort(left)
    },
    end() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
