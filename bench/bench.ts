/** The whole benchmark: populations, comparison, the choice of the hand-tuned SQL, the rounds. */
import type { KeyObject } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { compareAnswers, type StatementCount } from './compare.ts'
import { node22, titles } from './contestants.ts'
import { type Cores, describeMachine, pin, twoCores } from './machine.ts'
import { createMeter, startGenerator } from './measure.ts'
import type { Options } from './options.ts'
import { openPopulation, type Population } from './population.ts'
import { type Processes, printed } from './processes.ts'
import type { Tools } from './program.ts'
import { createCallers, createIssuer } from './requests.ts'
import type { FormTrial, Result, Results } from './results.ts'
import { type Course, runRounds, tryForms } from './rounds.ts'
import { workloads } from './workloads/index.ts'

/** Runs what the options ask for. */
export async function bench(options: Options, { server, folder, processes, say }: Tools): Promise<Results> {
  const startedAt = new Date().toISOString()
  const cores = twoCores()
  if (cores !== null) pin(process.pid, cores.others)
  const { privateKey, ...jwt } = createIssuer(folder)
  const start = { processes, core: cores?.server, folder, jwt }

  const populations: Population[] = []
  for (const users of options.populations) {
    say(`population of ${users.toLocaleString('en')} users`)
    populations.push(await openPopulation(server, users, processes))
  }
  const filledAt = performance.now()
  const clients = new Map<Population, pg.Client>()
  try {
    for (const population of populations) {
      const client = new pg.Client({ connectionString: population.url, application_name: 'bench' })
      await client.connect()
      clients.set(population, client)
    }
    const clientOf = (population: Population) => clients.get(population) as pg.Client

    let current = populations[0] as Population
    const results: Result[] = []
    const meter = createMeter(startGenerator(processes, cores?.others), () => clientOf(current), cores?.others)
    const course: Course = {
      options,
      meter,
      start,
      signingKey: privateKey,
      onResult: (result) => {
        results.push(result)
        say(line(result))
      },
    }
    const statements: StatementCount[] = []
    const forms: FormTrial[] = []
    for (current of populations) {
      if (current === populations[0]) {
        say('comparing answers and counting statements')
        statements.push(...(await compared(course, current)))
      }
      say(`choosing the hand-tuned SQL at ${current.users.toLocaleString('en')} users`)
      forms.push(...(await tryForms(course, current, clientOf(current))))
    }
    const memory = await runRounds(course, populations, clientOf, forms, (round, population) => {
      say(`round ${round + 1} of ${options.rounds}, ${population.users.toLocaleString('en')} users`)
      current = population
    })
    const measuresGateway = options.contestants.includes('gateway')
    return {
      startedAt,
      quick: options.quick,
      rounds: options.rounds,
      duration: options.duration / 1_000,
      machine: {
        ...describeMachine(),
        node: await versionOf(processes),
        postgres: (await clientOf(current).query('SHOW server_version')).rows[0]?.server_version,
      },
      notes: notesOf(cores, meter.databaseIs, results),
      took: Math.round((performance.now() - filledAt) / 1_000),
      forms,
      statements,
      results,
      memory,
      warmCredential: measuresGateway ? await warmCredential(start, current, privateKey) : null,
    }
  } finally {
    await Promise.all([...clients.values()].map((client) => client.end()))
  }
}

async function compared({ options, start, signingKey }: Course, population: Population) {
  return compareAnswers({
    population,
    workloads: workloads.filter(({ name }) => options.workloads.includes(name)),
    contestants: options.contestants.filter((name) => name !== 'bare'),
    callers: await createCallers(population, signingKey),
    start: { ...start, databaseUrl: population.url },
  })
}

async function warmCredential({ processes, core, jwt }: Course['start'], population: Population, key: KeyObject) {
  const organizations = population.organizations.slice(0, 20)
  const callers = await createCallers({ ...population, organizations }, key)
  const path = fileURLToPath(new URL('credential.ts', import.meta.url))
  const child = processes.start(node22(), ['--import', 'tsx', path], {
    core,
    environment: {
      NODE_ENV: 'production',
      DATABASE_URL: population.url,
      JWT_KEY_FILE: jwt.keyFile,
      JWT_ISSUER: jwt.issuer,
      JWTS: organizations.map(({ id }) => callers.administratorOf(id)).join(),
    },
  })
  const [, microseconds] = await printed(child, /([\d.]+) µs/)
  return Number(microseconds)
}

async function versionOf(processes: Processes): Promise<string> {
  const [version] = await printed(processes.start(node22(), ['--version'], { core: undefined }), /v[\d.]+/)
  return version
}

function line({ population, workload, shape, connections, contestant, figures }: Result): string {
  const { rate, p50, p99, serverCpu, databaseCpu } = figures
  return [
    `  ${workload.padEnd(14)} ${String(population).padStart(7)} users ${String(connections).padStart(3)} conn.`,
    `${titles[contestant].padEnd(14)} ${rate.toFixed(1).padStart(9)}/s  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms`,
    `CPU ${serverCpu.toFixed(3)} + ${databaseCpu?.toFixed(3) ?? '?'} ms${shape === 'any callers' ? '' : `  ${shape}`}`,
  ].join('  ')
}

/** What stands against the figures. */
function notesOf(
  cores: Cores | null,
  database: { readonly local: boolean; readonly pinned: boolean } | null,
  results: readonly Result[],
): readonly string[] {
  const notes: string[] = []
  if (cores === null) notes.push('nothing was pinned: it takes taskset and two cores')
  else notes.push(`the server ran on core ${cores.server}, the load generator and the database on core ${cores.others}`)
  if (database?.local === false) notes.push('the database is on another machine: neither pinned nor its CPU measured')
  else if (database?.pinned === false) notes.push("the database's processes could not be pinned")
  const foreign = Math.max(...results.map(({ figures }) => figures.foreignLoad))
  if (foreign > 0.1)
    notes.push(`up to ${foreign.toFixed(2)} cores were busy with something else: the figures are noisy`)
  return notes
}
