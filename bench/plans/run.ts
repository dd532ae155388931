/**
 * `npm run plans`: asks every condition, order, page and total as callers of a small organization, of one that has half of
 * all rows, and of all organizations, and says what takes longer than it may. The README of the benchmark tells more.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Command } from 'commander'
import { connected } from '../population.ts'
import { openGateway } from './gateway.ts'
import { type Kind, ordersOf, questionsOf } from './questions.ts'
import { drawSamples } from './samples.ts'

interface Options {
  readonly users: number
  readonly large: number
  readonly times: number
  readonly only: RegExp
  readonly caller?: string
  readonly all: boolean
}

const whole = (text: string) => Number.parseInt(text, 10)
const options = new Command('npm run plans --')
  .description('Every condition, order, page and total over a large population, on the server of DATABASE_URL.')
  .option('--users <count>', 'users of many organizations', whole, 500_000)
  .option('--large <count>', 'users of one more', whole, 500_000)
  .option('--times <count>', 'how often each is asked after the first time', whole, 7)
  .option('--only <pattern>', 'only questions whose name matches', (text) => new RegExp(text), /./)
  .option('--caller <name>', 'only this caller: small, large or all')
  .option('--all', 'print all of them, not only those that took too long', false)
  .parse()
  .opts<Options>()

/** Milliseconds that an answer may take. A total may take what it takes, beside an estimate, within the database's timeout. */
const goals: Readonly<Record<'organization' | 'everybody', number>> = { organization: 50, everybody: 200 }

const server = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
const name = `plans_${options.users}_${options.large}`
const url = Object.assign(new URL(server), { pathname: `/${name}` }).href

await connected(server, async (client) => {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} TEMPLATE template0 LC_COLLATE 'C' ENCODING 'UTF8'`)
})
const counts = ['--users', `${options.users}`, '--large', `${options.large}`]
const seed = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'seed', ...counts], {
  cwd: new URL('../..', import.meta.url),
  env: { ...process.env, DATABASE_URL: url, DEMO_DATA: 'false', DATABASE_TIMEOUT: '1h' },
  stdio: ['ignore', 'ignore', 'inherit'],
})
const [code] = await once(seed, 'exit')
if (code !== 0) throw new Error(`the seed ended with code ${code}`)

interface Row {
  readonly caller: string
  readonly question: string
  readonly kind: Kind
  readonly goal: number
  readonly median: number
  readonly least: number
  readonly code: string | null
}

const organizationOf = (customer: number) =>
  connected(url, async (client) => {
    const { rows } = await client.query<{ id: string }>('SELECT id FROM organizations WHERE customer_id = $1', [
      customer,
    ])
    if (rows[0] === undefined) throw new Error(`expected customer ${customer}`)
    return rows[0].id
  })
const callers: readonly (readonly [string, string | null, number])[] = [
  ['small', await organizationOf(1_001), goals.organization],
  ['large', await organizationOf(2_001), goals.organization],
  ['all', null, goals.everybody],
]

const gateway = await openGateway(url)
const orders = { users: ordersOf('users'), accesses: ordersOf('accesses'), tokens: ordersOf('tokens') }
const rows: Row[] = []
for (const [caller, organization, goal] of callers) {
  if (options.caller !== undefined && options.caller !== caller) continue
  const samples = await connected(url, (client) => drawSamples(client, organization, orders))
  for (const question of questionsOf(samples)) {
    if (!options.only.test(question.name)) continue
    const { kind, name: asked } = question
    const first = await gateway.ask(question, organization)
    const durations: number[] = []
    let failed = first.code
    let spent = 0
    while (durations.length < options.times && spent < 3_000) {
      const { duration, code: failure } = await gateway.ask(question, organization)
      durations.push(duration)
      spent += duration
      failed ??= failure
    }
    durations.sort((a, b) => a - b)
    const median = durations[Math.floor(durations.length / 2)] ?? Number.NaN
    rows.push({ caller, question: asked, kind, goal, median, least: durations[0] ?? Number.NaN, code: failed })
  }
}
await gateway.close()

const isSlow = ({ median, goal }: Row) => median > goal
const isMissed = (row: Row) => row.code !== null || (row.kind !== 'total' && isSlow(row))
const shown = rows.filter((row) => options.all || isMissed(row) || isSlow(row)).sort((a, b) => b.median - a.median)
console.log('| caller | question | median ms | least | goal | |\n|---|---|---|---|---|---|')
for (const row of shown) {
  const { caller, question, median, least, goal, code: failure } = row
  const verdict = isMissed(row) ? (failure ?? 'missed') : isSlow(row) ? 'a total, beside an estimate' : ''
  console.log(`| ${caller} | ${question} | ${median.toFixed(1)} | ${least.toFixed(1)} | ${goal} | ${verdict} |`)
}
const missed = rows.filter(isMissed).length
console.log(`\n${rows.length} questions, ${rows.filter(isSlow).length} above their goal, ${missed} missed`)
process.exitCode = missed === 0 ? 0 : 1
