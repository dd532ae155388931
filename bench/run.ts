/** `npm run bench`: everything side by side on one machine and one PostgreSQL. The README beside this file says how to read it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bench } from './bench.ts'
import { readOptions } from './options.ts'
import { createProcesses } from './processes.ts'
import { figuresTable, formsTable, goalsReport, memoryTable, ratioTable, readmeTable } from './report.ts'
import type { Results } from './results.ts'
import { verdicts } from './verdicts.ts'

const say = (text: string) => process.stderr.write(`${text}\n`)

function report(results: Results, output: string): boolean {
  const judged = verdicts(results)
  writeFileSync(output, `${JSON.stringify({ ...results, verdicts: judged }, null, 1)}\n`)
  const { cpu, cores, node, postgres } = results.machine
  const parts = [
    `${cpu}, ${cores} cores, Node ${node}, PostgreSQL ${postgres}`,
    `Rounds: ${results.rounds}, ${results.duration} s for each measurement; ${results.took} s in all.`,
    results.notes.map((note) => `- ${note}`).join('\n'),
    formsTable(results),
    figuresTable(results),
    memoryTable(results),
    `Times as fast, median (least-most) of the rounds:\n\n${ratioTable(results)}`,
    `For the README:\n\n${readmeTable(results)}`,
    goalsReport(judged),
  ]
  process.stdout.write(`${parts.join('\n\n')}\n`)
  return judged.every(({ met }) => met !== false)
}

const options = readOptions(process.argv.slice(2))
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
try {
  const results = await bench(options, server, folder, processes, say)
  await leaveNothing()
  process.exit(report(results, options.output) ? 0 : 1)
} catch (error) {
  if (!interrupted) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    await leaveNothing()
    process.exit(2)
  }
}
