/** `npm run bench`: everything side by side on one machine and one PostgreSQL. The README beside this file says how to read it. */
import { writeFileSync } from 'node:fs'
import { bench } from './bench.ts'
import { readOptions } from './options.ts'
import { runProgram } from './program.ts'
import { figuresTable, formsTable, goalsReport, memoryTable, ratioTable, readmeTable } from './report.ts'
import type { Results } from './results.ts'
import { verdicts } from './verdicts.ts'

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

await runProgram(async (tools) => (report(await bench(options, tools), options.output) ? 0 : 1))
