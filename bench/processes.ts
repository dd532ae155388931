/** Every process that is started here, so that none is left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { pinned } from './machine.ts'

export interface ProcessOptions {
  readonly core: number | undefined
  readonly environment?: Readonly<Record<string, string>>
  /** Where standard error goes. Left out: to this program's own. */
  readonly log?: string
  readonly ipc?: boolean
}

/** What the benchmark starts. */
export interface Processes {
  /** Starts a program on a core. It sees these variables of the environment, and nothing of this program's own. */
  start(command: string, args: readonly string[], options: ProcessOptions): ChildProcess
  /** Ends everything that was started, and lets nothing be started any more. */
  end(): Promise<void>
}

export function createProcesses(): Processes {
  const running = new Set<ChildProcess>()
  let hasEnded = false
  return {
    start(command, args, { core, environment = {}, log, ipc = false }) {
      if (hasEnded) throw new Error('expected to start nothing after the end')
      const called = pinned(core, command, args)
      const child = spawn(called.command, called.args, {
        cwd: new URL('..', import.meta.url),
        env: { PATH: process.env.PATH, ...environment },
        stdio: ['ignore', 'pipe', log === undefined ? 'inherit' : openSync(log, 'a'), ...(ipc ? ['ipc' as const] : [])],
      })
      running.add(child)
      child.once('exit', () => running.delete(child))
      return child
    },
    async end() {
      hasEnded = true
      await Promise.all([...running].map(stopProcess))
    },
  }
}

/** What a program prints until it matches; rejects where it ends before that, or takes a minute. */
export async function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let text = ''
  const late = AbortSignal.timeout(60_000)
  const ended = once(child, 'exit', { signal: late }).then(() => {
    throw new Error(`expected ${pattern} of ${child.spawnargs.join(' ')}, but it ended`)
  })
  const matched = new Promise<RegExpExecArray>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      const match = pattern.exec(text)
      if (match !== null) resolve(match)
    })
  })
  return Promise.race([matched, ended])
}

/** Ends a program at once and waits until it is gone. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
