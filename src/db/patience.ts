/** Waiting at start: said where it takes long, and not for ever. */
import { StartupError } from '../errors.ts'

/** Is told what the start waits for. */
export type OnWait = (what: string) => void

interface Patience {
  /** What is waited for, as in "waits for …". */
  readonly what: string
  /** Seconds. */
  readonly atMost: number
  /** What an operator can do about it. */
  readonly remedy: string
  readonly onWait?: OnWait | undefined
}

/** Milliseconds of waiting that nobody has to hear of. */
const unremarkable = 2_000

/** What the work comes to; `onWait` is told where that takes more than two seconds. */
export function saidIfLong<T>(work: Promise<T>, what: string, onWait: OnWait | undefined): Promise<T> {
  const notice = setTimeout(() => onWait?.(what), unremarkable)
  return work.finally(() => clearTimeout(notice))
}

/**
 * The same, and throws StartupError where it takes longer than it may. The work itself goes on then: whoever has begun it
 * ends it.
 */
export function withPatience<T>(work: Promise<T>, { what, atMost, remedy, onWait }: Patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StartupError(`Waited ${atMost} s for ${what}: ${remedy}`)), atMost * 1_000)
  })
  return saidIfLong(Promise.race([work, late]), what, onWait).finally(() => clearTimeout(timer))
}
