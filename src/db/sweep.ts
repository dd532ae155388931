/** What a database needs done now and then, whoever asks for what: it forgets what nobody will ask for any more. */
import type { Observer } from '../observer.ts'
import type { Database } from './client.ts'
import { databaseFailure } from './failure.ts'
import { forgetOldRequests } from './idempotency.ts'

const interval = 10 * 60 * 1_000

interface SweepOptions {
  readonly database: Database
  readonly clock: () => Date
  readonly observe: Observer
  /** Milliseconds from one sweep to the next. */
  readonly every?: number
}

/** Sweeps in the background until the function that it returns is called; that one waits for a sweep under way. */
export function startSweeping({ database, clock, observe, every = interval }: SweepOptions): () => Promise<void> {
  let underWay: Promise<void> = Promise.resolve()
  const sweep = async (): Promise<void> => {
    try {
      await forgetOldRequests(database.write, clock())
    } catch (error) {
      // What is out of reach now is told by those who wait for it, and swept the next time.
      if (databaseFailure(error) === undefined) observe({ kind: 'unexpected', requestId: 'sweep', error })
    }
  }
  const timer = setInterval(() => {
    underWay = underWay.then(sweep)
  }, every)
  timer.unref()
  return () => {
    clearInterval(timer)
    return underWay
  }
}
