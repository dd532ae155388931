/** What the machine says and does: cores, pinning, and what processes used, from /proc. Linux only. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** The core of the server under test, and the core of everything else: database, load generator, this program. */
export interface Cores {
  readonly server: number
  readonly others: number
}

/** Two cores of those that this process may use; null where there are less, or nothing can be pinned. */
export function twoCores(): Cores | null {
  if (spawnSync('taskset', ['-V']).status !== 0) return null
  const [server, others] = allowedCores()
  return server === undefined || others === undefined ? null : { server, others }
}

function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** Moves all threads of a process to a core. False where that is not permitted. */
export function pin(pid: number, core: number): boolean {
  return spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]).status === 0
}

/** The command that runs another one on a core, or the command as it is. */
export function pinned(core: number | undefined, command: string, args: readonly string[]) {
  return core === undefined ? { command, args } : { command: 'taskset', args: ['-c', String(core), command, ...args] }
}

const ticksPerSecond = 100 // USER_HZ, the same on every Linux that Node runs on

/** Seconds of CPU that a process has used; 0 once it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    // Behind the command's name, which may hold anything: field 14 is utime, field 15 stime (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}

/** Seconds of CPU that the whole machine has used. */
export function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/\s+/).slice(1).map(Number) ?? []
  return (user + nice + system + irq + softirq) / ticksPerSecond
}

/** The most memory that a process has had at once, in MB. */
export function peakMemory(pid: number): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1_024)
}

/** Whether a process of this number on this machine is one of PostgreSQL's. */
export function isPostgres(pid: number): boolean {
  const path = `/proc/${pid}/comm`
  return existsSync(path) && readFileSync(path, 'utf8').startsWith('postgres')
}

/** What the figures come from. */
export function describeMachine(): { readonly cpu: string; readonly cores: number } {
  const all = cpus()
  return { cpu: all[0]?.model ?? 'unknown', cores: all.length }
}
