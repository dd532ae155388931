/** What the programs that measure servers have in common: what they need, and that they leave nothing behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProcesses, type Processes } from './processes.ts'

export interface Tools {
  /** The address of PostgreSQL. */
  readonly server: string
  /** Takes keys and logs; it goes with the program. */
  readonly folder: string
  readonly processes: Processes
  /** Tells how far it is. */
  say(text: string): void
}

/**
 * Does the work and ends this process: with the exit code that the work gives, 2 where something goes wrong or is missing, 130
 * where it is interrupted. What the work has started is ended before.
 */
export async function runProgram(work: (tools: Tools) => Promise<number>): Promise<void> {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const server = process.env.DATABASE_URL
  if (process.platform !== 'linux') {
    say('expected Linux: processes are pinned by taskset, and what they use is read from /proc')
    process.exit(2)
  }
  if (!server) {
    say('DATABASE_URL: expected a PostgreSQL server where databases may be created, received none')
    process.exit(2)
  }
  const folder = mkdtempSync(join(tmpdir(), 'iam-graph-bench-'))
  const processes = createProcesses()
  const leaveNothing = async () => {
    await processes.end()
    rmSync(folder, { recursive: true, force: true })
  }
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupted) return
      interrupted = true
      say(`interrupted by ${signal}`)
      leaveNothing().finally(() => process.exit(130))
    })
  }
  let exitCode = 2
  try {
    exitCode = await work({ server, folder, processes, say })
  } catch (error) {
    if (!interrupted) say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  if (interrupted) return
  await leaveNothing()
  process.exit(exitCode)
}
