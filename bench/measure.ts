/** One measurement: a contestant under the load of a workload. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { node22, type Server, titles } from './contestants.ts'
import type { Command, Measured } from './generator.ts'
import { isPostgres, pin } from './machine.ts'
import type { Processes } from './processes.ts'

export interface Figures {
  /** Requests a second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Milliseconds of CPU a request; null where the database is on another machine. */
  readonly serverCpu: number
  readonly databaseCpu: number | null
  /** Kilobytes a response. */
  readonly kilobytes: number
  /** Cores that the load generator used, and everything that has nothing to do with this. */
  readonly generatorLoad: number
  readonly foreignLoad: number
}

export interface Load {
  /** What it is called where it fails. */
  readonly title: string
  readonly lists: readonly (readonly string[])[]
  readonly connections: number
  readonly mark: string
  /** Milliseconds. */
  readonly warmUp: number
  readonly duration: number
}

/** Milliseconds beyond which the load generator, or who it waits for, is taken for dead. */
const patience = 90_000

export interface Meter {
  measure(server: Server, load: Load): Promise<Figures>
  /** Whether the database's processes are on this machine, and on their core. Null before anything was measured. */
  readonly databaseIs: { readonly local: boolean; readonly pinned: boolean } | null
}

/** `client` is a connection to the database under load; `core` is where its backends go. */
export function createMeter(generator: ChildProcess, client: () => pg.Client, core: number | undefined): Meter {
  let local = true
  let pinnedAll = core !== undefined
  let wasUsed = false
  const pinnedBackends = new Set<number>()

  const answer = (command: Command, within: number) => {
    const answered = once(generator, 'message', { signal: AbortSignal.timeout(within) })
    generator.send(command)
    return answered
  }

  /** The backends of this database, which the contestants opened. Each ends with its connection, and its pinning with it. */
  const backends = async (): Promise<readonly number[]> => {
    const { rows } = await client().query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    const pids = rows.map(({ pid }) => pid)
    if (!pids.every(isPostgres)) local = false
    if (!local) return []
    if (core !== undefined) {
      for (const pid of pids) {
        if (pinnedBackends.has(pid)) continue
        if (pin(pid, core)) pinnedBackends.add(pid)
        else pinnedAll = false
      }
    }
    return pids
  }

  return {
    async measure(server, { title, lists, connections, mark, warmUp, duration }) {
      wasUsed = true
      generator.send({ type: 'load', port: server.port, lists, connections, mark } satisfies Command)
      // The first requests open the connections, which are pinned then; what comes later counts.
      await delay(warmUp / 2)
      await backends()
      await delay(warmUp / 2)
      const database = await backends()
      const [{ requests, seconds, cpu, p50, p99, bytes, wrong }]: [Measured] = (await answer(
        { type: 'measure', duration, server: server.pid, database },
        duration + patience,
      )) as [Measured]
      if (wrong !== null || requests === 0) {
        throw new Error(`${title}: ${titles[server.name]} answered wrong: ${wrong ?? 'nothing at all'}`)
      }
      // Nothing of this load may be under way when the next one begins.
      await answer({ type: 'stop' }, patience)
      return {
        rate: requests / seconds,
        p50,
        p99,
        serverCpu: (cpu.server / requests) * 1_000,
        databaseCpu: local ? (cpu.database / requests) * 1_000 : null,
        kilobytes: bytes / requests / 1_024,
        generatorLoad: cpu.generator / seconds,
        foreignLoad: Math.max(0, (cpu.machine - cpu.server - cpu.database - cpu.generator) / seconds),
      }
    },
    get databaseIs() {
      return wasUsed ? { local, pinned: local && pinnedAll } : null
    },
  }
}

/** Starts the load generator. */
export function startGenerator(processes: Processes, core: number | undefined): ChildProcess {
  return processes.start(node22(), [fileURLToPath(new URL('generator.ts', import.meta.url))], { core, ipc: true })
}
