/** The command line as its users start it: a process of its own, with an environment of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface LogLine {
  /** pino's: 30 is info, 40 warn, 50 error. */
  readonly level: number
  readonly msg: string
  readonly [member: string]: unknown
}

/** What a gateway logged at `warn` or worse; its access lines and the like are left out. */
export function warningsIn({ stderr }: Ended): readonly LogLine[] {
  const lines = stderr.split('\n').filter((line) => line !== '')
  return lines.map((line): LogLine => JSON.parse(line)).filter(({ level }) => level >= 40)
}

export interface Running {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  /** The first match in what was printed; waits for it. Rejects where the process ends before, or it takes too long. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  signal(name: NodeJS.Signals): void
  ended(): Promise<Ended>
}

export interface Cli {
  /** Starts a command. It sees these environment variables, and nothing of the tests' own. */
  start(args: readonly string[], environment?: Readonly<Record<string, string>>): Running
  /** Runs a command to its end. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>
  /** Ends every process that is still running. */
  end(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const usualPatience = 60_000

export interface CliOptions {
  /** What stands before the command line: Node's own options. */
  readonly nodeArguments?: readonly string[]
  /** The folder of the clone; this one where it is left out. */
  readonly clone?: string
  /** Milliseconds that are waited for what is printed; left out: a minute. */
  readonly patience?: number
}

/** The command line of a clone. */
export function createCli({ nodeArguments = [], clone = root, patience = usualPatience }: CliOptions = {}): Cli {
  const processes = new Set<ChildProcess>()
  const start: Cli['start'] = (args, environment = {}) => {
    const child = spawn(process.execPath, [...nodeArguments, 'src/main.mjs', ...args], {
      cwd: clone,
      env: { PATH: process.env.PATH, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    processes.add(child)
    child.once('exit', () => processes.delete(child))
    return follow(child, patience)
  }
  return {
    start,
    run: (args, environment) => start(args, environment).ended(),
    async end() {
      await Promise.all(
        [...processes].map(async (child) => {
          child.kill('SIGKILL')
          await once(child, 'exit')
        }),
      )
    },
  }
}

function follow(child: ChildProcess, patience: number): Running {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const closed = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr }))
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return stdout
    },
    get stderr() {
      return stderr
    },
    async until(pattern) {
      const deadline = Date.now() + patience
      for (;;) {
        const match = pattern.exec(stdout)
        if (match !== null) return match
        const left = deadline - Date.now()
        const news = once(child.stdout ?? child, 'data').then(() => undefined)
        const late = delay(Math.max(left, 0), undefined, { ref: false })
        const end = await Promise.race([news, closed, late])
        if (pattern.test(stdout)) continue
        if (end !== undefined || left <= 0) throw new Error(`expected ${pattern}, received:\n${stdout}\n${stderr}`)
      }
    },
    signal: (name) => void child.kill(name),
    ended: () => closed,
  }
}
