/** `npm run bench:transfer`: how fast import and export are, and how much memory they take. The README of the benchmark tells more. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { connected } from '../population.ts'
import { writePopulation } from './population.ts'

const { users } = new Command('npm run bench:transfer --')
  .description('Imports and exports so many users, with the server of DATABASE_URL or the embedded database.')
  .option('--users <count>', 'how many', Number, 20_000)
  .parse()
  .opts<{ users: number }>()

const server = process.env.DATABASE_URL
const folder = mkdtempSync(join(tmpdir(), 'iam-graph-bench-'))
const name = `transfer_${process.pid}`

/** Runs a command and tells how long it took, and the most memory that it had: its process, and the backend that works for it. */
async function measured(title: string, args: readonly string[], output?: string): Promise<void> {
  const started = performance.now()
  const child = spawn(process.execPath, ['src/main.mjs', ...args], {
    cwd: new URL('../..', import.meta.url),
    env: {
      PATH: process.env.PATH,
      DATA_DIR: join(folder, 'data'),
      ...(server ? { DATABASE_URL: databaseUrl(server) } : {}),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.pipe(output === undefined ? process.stdout : createWriteStream(output), { end: output !== undefined })
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid))
  }, 50)
  const [code] = await once(child, 'close')
  clearInterval(watch)
  if (code !== 0) throw new Error(`expected ${args.join(' ')} to end with 0, received ${code}`)
  const seconds = (performance.now() - started) / 1_000
  process.stdout.write(
    `${title}: ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows a second, ${peak} MB at most\n`,
  )
}

/** Megabytes, from /proc; 0 where the process is gone. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kilobytes) / 1_024)
  } catch {
    return 0
  }
}

function databaseUrl(address: string): string {
  return Object.assign(new URL(address), { pathname: `/${name}` }).href
}

const file = join(folder, 'population.jsonl')
const rows = 3 * users + Math.floor(users / 10)
try {
  await writePopulation(file, users)
  if (server) await connected(server, (client) => client.query(`CREATE DATABASE ${name}`))
  process.stdout.write(`${users} users, ${rows} rows, ${Math.round(statSync(file).size / 1e6)} MB\n`)
  await measured('only checked', ['import', '--check', file])
  await measured('imported', ['import', file])
  await measured('imported again', ['import', file])
  await measured('exported', ['export'], join(folder, 'exported.jsonl'))
} finally {
  if (server) await connected(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  rmSync(folder, { recursive: true, force: true })
}
