/** Watches over the database's state, and tells where it changes. */
import type { DatabaseState, Observer } from '../observer.ts'
import { adviceOn, readOnlyAdvice } from './advice.ts'
import { databaseFailure } from './failure.ts'
import type { Probe } from './health.ts'

export interface Watch {
  /** Whether the database answers and takes changes, asked of it now. Never rejects. */
  isReady(): Promise<boolean>
  /** Is told of what statements and connections fail with; left out, of silence. */
  suspect(failure?: unknown): void
  close(): Promise<void>
}

/** Milliseconds after which a database that could not be used is asked again. */
const again = 1_000

/** Milliseconds without a failure after which a database that was short of something is taken to be well. */
const convalescence = 30_000

/** Takes the database to be reachable until it shows otherwise. The observer is told of each change, once. */
export function createWatch(probe: Probe, observe: Observer): Watch {
  let state: DatabaseState['state'] = 'reachable'
  let impairedUntil = 0
  let asking: Promise<boolean> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const become = (next: typeof state, reason: string | null) => {
    if (closed) return
    if (next !== state) observe({ kind: 'database', state: next, reason })
    state = next
    clearTimeout(timer)
    if (next !== 'reachable') timer = setTimeout(ask, again).unref()
  }
  const settle = (answer: 'reachable' | 'readOnly') => {
    if (answer === 'readOnly') become('readOnly', readOnlyAdvice)
    // What it was short of does not show in an answer to a question.
    else if (state !== 'impaired' || performance.now() > impairedUntil) become('reachable', null)
    else become('impaired', null)
    return answer === 'reachable'
  }
  const ask = () => {
    asking ??= probe
      .ask()
      .then(settle, (error: unknown) => {
        become('unreachable', adviceOn(error))
        return false
      })
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  return {
    isReady: ask,
    suspect(failure) {
      const kind = failure === undefined ? 'unreachable' : databaseFailure(failure)
      if (kind === 'unreachable' || kind === 'readOnly') void ask()
      if (kind !== 'impaired') return
      impairedUntil = performance.now() + convalescence
      if (state === 'reachable') become('impaired', adviceOn(failure))
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await probe.close()
    },
  }
}
