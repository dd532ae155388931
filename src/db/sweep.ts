/**
 * What a database needs done now and then, whoever asks for what: it forgets what nobody will ask for any more, and tells of
 * tokens that end soon.
 */
import type { Observer } from '../observer.ts'
import type { Database } from './client.ts'
import { warnOfEnds } from './expiryWarnings.ts'
import { databaseFailure } from './failure.ts'
import { forgetOldRequests } from './idempotency.ts'

const interval = 10 * 60 * 1_000

interface SweepOptions {
  readonly database: Database
  readonly clock: () => Date
  readonly observe: Observer
  /** Seconds after which a token that is not used stops; null: it does not by that. */
  readonly tokenIdleLifetime: number | null
  /** Milliseconds from one sweep to the next. */
  readonly every?: number
}

/** Sweeps in the background until the function that it returns is called; that one waits for a sweep under way. */
export function startSweeping(options: SweepOptions): () => Promise<void> {
  const { database, clock, observe, tokenIdleLifetime: idleLifetime, every = interval } = options
  const { write } = database
  let underWay: Promise<void> = Promise.resolve()
  const tryTo = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      // What is out of reach now is told by those who wait for it, and swept the next time.
      if (databaseFailure(error) === undefined) observe({ kind: 'unexpected', requestId: 'sweep', error })
    }
  }
  const sweep = async (): Promise<void> => {
    await tryTo(() => forgetOldRequests(write, clock()))
    await tryTo(() => warnOfEnds({ write, now: clock(), idleLifetime, observe }))
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
