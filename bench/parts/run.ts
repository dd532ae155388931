/** `npm run bench:parts`: what each part of the execution gains: the gateway beside itself without that part. */
import { Command } from 'commander'
import pg from 'pg'
import { positiveInteger } from '../../src/arguments.ts'
import { parts } from '../../src/execution/index.ts'
import { type Server, startContestant } from '../contestants.ts'
import { pin, twoCores } from '../machine.ts'
import { createMeter, type Figures, startGenerator } from '../measure.ts'
import { listsOf, type Place } from '../places.ts'
import { openPopulation } from '../population.ts'
import { runProgram, type Tools } from '../program.ts'
import { createCallers, createIssuer } from '../requests.ts'
import { spreadOf } from '../results.ts'
import { rotated } from '../rounds.ts'
import { table, withSpread } from '../table.ts'
import { workloads } from '../workloads/index.ts'

interface Options {
  readonly rounds: number
  readonly users: number
}

const options = new Command('npm run bench:parts --')
  .description('The gateway beside itself without each part of what makes answers fast, on the server of DATABASE_URL.')
  .option('--rounds <count>', 'rounds of a second for each workload and each part', positiveInteger, 9)
  .option('--users <count>', 'size of the population', positiveInteger, 20_000)
  .parse()
  .opts<Options>()

const measured = workloads.filter(({ name }) => ['W1', 'K2', 'W3', 'W6'].includes(name))
const connections = 32
/** Milliseconds. Turns are short, so that what else the machine does meets all alike. */
const [duration, warmUp, firstWarmUp] = [1_000, 300, 5_000]

/** The figures of each gateway, by workload: one for each round. */
type Taken = ReadonlyMap<string, readonly Figures[]>

async function measure({ server, folder, processes, say }: Tools): Promise<ReadonlyMap<string | null, Taken>> {
  const cores = twoCores()
  if (cores !== null) pin(process.pid, cores.others)
  const { privateKey, ...jwt } = createIssuer(folder)
  const population = await openPopulation(server, options.users, processes)
  const callers = await createCallers(population, privateKey)
  const client = new pg.Client({ connectionString: population.url, application_name: 'bench' })
  await client.connect()
  try {
    const servers = new Map<string | null, Server>()
    for (const part of [null, ...parts]) {
      const settings = part === null ? {} : { EXECUTION_WITHOUT: part }
      const start = { processes, core: cores?.server, databaseUrl: population.url, folder, jwt, settings }
      servers.set(part, await startContestant('gateway', start))
    }
    const meter = createMeter(startGenerator(processes, cores?.others), () => client, cores?.others)
    const taken = new Map([...servers.keys()].map((part) => [part, new Map<string, Figures[]>()]))
    for (let round = 0; round < options.rounds; round += 1) {
      say(`round ${round + 1} of ${options.rounds}`)
      for (const workload of measured) {
        const place: Place = { workload, shape: 'any callers', connections, contestants: ['gateway'] }
        for (const [part, gateway] of rotated([...servers], round)) {
          const figures = await meter.measure(gateway, {
            title: workload.name,
            lists: listsOf(place, population, gateway, callers, undefined),
            connections,
            mark: workload.mark,
            warmUp: round === 0 ? firstWarmUp : warmUp,
            duration,
          })
          const ofPart = taken.get(part)
          ofPart?.set(workload.name, [...(ofPart.get(workload.name) ?? []), figures])
        }
      }
    }
    return taken
  } finally {
    await client.end()
  }
}

/** The quotient within each round, whose median and spread are told. */
function quotients(all: readonly Figures[], without: readonly Figures[], quotient: (a: Figures, b: Figures) => number) {
  const spread = spreadOf(without.map((figures, round) => quotient(all[round] as Figures, figures)))
  return spread === null ? '-' : withSpread(spread)
}

function report(taken: ReadonlyMap<string | null, Taken>): string {
  const rows = (quotient: (all: Figures, without: Figures) => number) =>
    parts.map((part) => [
      part,
      ...measured.map(({ name }) =>
        quotients(taken.get(null)?.get(name) ?? [], taken.get(part)?.get(name) ?? [], quotient),
      ),
    ])
  const names = measured.map(({ name }) => name)
  const cpu = ({ serverCpu, databaseCpu }: Figures) => serverCpu + (databaseCpu ?? 0)
  return [
    `${connections} connections, ${options.users.toLocaleString('en')} users, ${options.rounds} rounds of ${duration / 1_000} s`,
    `Requests a second with it ÷ without it, median (least-most) of the rounds:`,
    table([['part', ...names], ...rows((all, without) => all.rate / without.rate)]),
    'CPU a request, of gateway and database, without it ÷ with it:',
    table([['part', ...names], ...rows((all, without) => cpu(without) / cpu(all))]),
  ].join('\n\n')
}

await runProgram(async (tools) => {
  process.stdout.write(`${report(await measure(tools))}\n`)
  return 0
})
