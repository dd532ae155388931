/**
 * Changes of one kind that are asked for at the same moment are made by one statement, which takes one connection and one
 * commit, and not one each. They are made all together or each alone, so that none fails for the sake of another.
 */
import { GatewayError } from '../errors.ts'
import type { Share } from './shares.ts'

/** Who asks for a change. */
export interface Asking {
  readonly share: Share
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

interface Waiting<Job, Answer> extends Asking {
  readonly job: Job
  answer(answer: Answer): void
  fail(error: unknown): void
}

/** Makes the changes of the jobs and answers each in turn, all of them or none; the signal is that of `Write`. */
export type MakeChanges<Job, Answer> = (jobs: readonly Job[], signal: AbortSignal) => Promise<readonly Answer[]>

/** Jobs that a statement has at most, so that none waits for many others. */
const mostJobs = 32

/**
 * Gathers what is asked for in one turn of the event loop, and further while all of those who ask wait for a connection:
 * the first of them who gets one takes the others along. An answer is rejected as `make` does for its job alone; and with
 * the signal's reason where that was aborted before the job was begun.
 */
export function mergeChanges<Job, Answer>(
  make: MakeChanges<Job, Answer>,
): (job: Job, asking: Asking) => Promise<Answer> {
  type Each = Waiting<Job, Answer>
  let gathered: Each[] = []
  /** What waits for a connection. */
  const waiting = new Set<Each>()

  const sendAll = () => {
    const all = gathered
    gathered = []
    for (let from = 0; from < all.length; from += mostJobs) {
      const batch = all.slice(from, from + mostJobs)
      const release = beginAny(batch)
      if (release !== null) void send(batch).finally(release)
      else batch.forEach(wait)
    }
  }

  const wait = (own: Each) => {
    waiting.add(own)
    own.share
      .use(async () => {
        if (!waiting.delete(own)) return
        const along = [...waiting].slice(0, mostJobs - 1)
        for (const each of along) waiting.delete(each)
        await send([own, ...along])
      })
      .catch((error: unknown) => {
        if (waiting.delete(own)) own.fail(error)
      })
  }

  const send = async (batch: readonly Each[]): Promise<void> => {
    const wanted = batch.filter(isWanted)
    if (wanted.length === 0) return
    const end = whenAllAborted(wanted.map(({ signal }) => signal))
    try {
      const answers = await make(
        wanted.map(({ job }) => job),
        end.signal,
      )
      wanted.forEach(({ answer }, index) => {
        answer(answers[index] as Answer)
      })
    } catch (error) {
      // What may have happened is never done again.
      const isUnknown = error instanceof GatewayError && error.code === 'OUTCOME_UNKNOWN'
      if (wanted.length === 1 || isUnknown) for (const { fail } of wanted) fail(error)
      else for (const each of wanted) await send([each])
    } finally {
      end.stop()
    }
  }

  return (job, { share, signal }) =>
    new Promise((answer, fail) => {
      if (gathered.length === 0) setImmediate(sendAll)
      gathered.push({ job, share, signal, answer, fail })
    })
}

/** A connection for one of them, who can take the others along; null where none of them may have one at once. */
function beginAny(asking: readonly Asking[]): (() => void) | null {
  for (const { share } of asking) {
    const release = share.begin()
    if (release !== null) return release
  }
  return null
}

function isWanted<Job, Answer>({ signal, fail }: Waiting<Job, Answer>): boolean {
  if (signal.aborted) fail(signal.reason)
  return !signal.aborted
}

/** A signal that is aborted once all of these are. */
function whenAllAborted(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; stop(): void } {
  const all = new AbortController()
  let left = signals.length
  const count = ({ target }: Event) => {
    left -= 1
    if (left === 0) all.abort((target as AbortSignal).reason)
  }
  for (const signal of signals) signal.addEventListener('abort', count, { once: true })
  return {
    signal: all.signal,
    stop() {
      for (const signal of signals) signal.removeEventListener('abort', count)
    },
  }
}
