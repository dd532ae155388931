/** What a gateway lacks until it is ready, in words for its operator. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Readiness } from './http/routes.ts'
import type { Observation } from './observer.ts'

export interface ReadinessWatch {
  /** Remembers why a part is missing. */
  note(observation: Observation): void
  /**
   * Waits until nothing is missing, or for so many milliseconds. Resolves to what is missing then, a sentence each: none
   * where the gateway is ready.
   */
  missing(readiness: () => Promise<Readiness>, patience: number): Promise<readonly string[]>
  /** Lets those who wait go on. */
  close(): void
}

/** Milliseconds between looks. */
const interval = 250

const parts: Readonly<Record<string, string>> = {
  keys: "the key set can't be had",
  database: "the database can't be used",
  accepting: 'it has been told to stop',
}

export function watchReadiness(): ReadinessWatch {
  const reasons = new Map<string, string | null>()
  let closed = false

  const sentence = (part: string) => {
    const reason = reasons.get(part)
    return (parts[part] ?? part) + (reason ? `: ${reason}` : '')
  }
  return {
    note(observation) {
      if (observation.kind === 'keySet') reasons.set('keys', observation.reason)
      if (observation.kind === 'database') reasons.set('database', observation.reason)
    },
    async missing(readiness, patience) {
      const deadline = performance.now() + patience
      for (;;) {
        const missing = Object.entries(await readiness()).filter(([, isThere]) => !isThere)
        if (missing.length === 0 || closed || performance.now() >= deadline)
          return missing.map(([part]) => sentence(part))
        await delay(interval, undefined, { ref: false })
      }
    },
    close() {
      closed = true
    },
  }
}
