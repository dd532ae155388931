/** The rounds: in each, every load is put on one contestant after the other, each round in another order. */
import type { KeyObject } from 'node:crypto'
import type pg from 'pg'
import { type ContestantName, type Server, type StartOptions, startContestant } from './contestants.ts'
import { deepPages } from './deepPages.ts'
import { peakMemory } from './machine.ts'
import type { Load, Meter } from './measure.ts'
import type { Options } from './options.ts'
import { listsOf, type Place, placesOf } from './places.ts'
import { type Population, removeIssuedTokens } from './population.ts'
import { createCallers } from './requests.ts'
import type { Cell, FormTrial, Result, Results } from './results.ts'
import type { Workload } from './workloads/workload.ts'

export interface Course {
  readonly options: Options
  readonly meter: Meter
  readonly start: Omit<StartOptions, 'databaseUrl'>
  readonly signingKey: KeyObject
  /** Told of what was measured. */
  readonly onResult: (result: Result) => void
}

/** Starts the contestants of a population, and stops them again whatever happens. */
async function withServers<T>(
  course: Course,
  population: Population,
  names: readonly ContestantName[],
  work: (servers: ReadonlyMap<ContestantName, Server>) => Promise<T>,
): Promise<T> {
  const servers = new Map<ContestantName, Server>()
  try {
    for (const name of names) {
      servers.set(name, await startContestant(name, { ...course.start, databaseUrl: population.url }))
    }
    return await work(servers)
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }
}

/**
 * Tries the forms of the hand-tuned SQL, and gives the fastest one of each workload. A quick run does so at the first
 * population only.
 */
export async function tryForms(
  course: Course,
  population: Population,
  client: pg.Client,
): Promise<readonly FormTrial[]> {
  const { quick, warmUp, populations } = course.options
  if (quick && population.users !== populations[0]) return []
  const places = placesOf(course.options, population).filter(({ contestants }) => contestants.includes('raw'))
  const workloads = [...new Set(places.map(({ workload }) => workload))]
  if (workloads.length === 0) return []
  const callers = await createCallers(population, course.signingKey)
  return withServers(course, population, ['raw'], async (servers) => {
    const server = servers.get('raw') as Server
    const trials: FormTrial[] = []
    for (const workload of workloads) {
      const connections = workload.byLatency ? 1 : 32
      const tried: Omit<FormTrial, 'chosen'>[] = []
      for (const form of Object.keys(workload.raw.forms)) {
        if (workload.writes) await removeIssuedTokens(client)
        const place: Place = { workload, shape: 'any callers', connections, contestants: ['raw'] }
        const { rate, p50 } = await course.meter.measure(server, {
          title: `${workload.name} (${form})`,
          lists: listsOf(place, population, server, callers, form),
          connections,
          mark: workload.mark,
          warmUp: warmUp * 3,
          duration: quick ? 700 : 3_000,
        })
        tried.push({ population: population.users, workload: workload.name, form, rate, p50 })
      }
      const best = tried.reduce((a, b) => ((workload.byLatency ? a.p50 <= b.p50 : a.rate >= b.rate) ? a : b))
      trials.push(...tried.map((trial) => ({ ...trial, chosen: trial === best })))
    }
    return trials
  })
}

/**
 * All rounds, each over one population after the other. The contestants of all of them run to the end, so that they need not be
 * warmed anew. Gives the memory that each had at most.
 */
export async function runRounds(
  course: Course,
  populations: readonly Population[],
  clientOf: (population: Population) => pg.Client,
  forms: readonly FormTrial[],
  onTurn: (round: number, population: Population) => void,
): Promise<Results['memory']> {
  const { options } = course
  const run = async (further: readonly Population[], turns: readonly Turn[]): Promise<Results['memory']> => {
    const [population, ...others] = further
    if (population !== undefined) {
      const places = placesOf(options, population)
      const names = options.contestants.filter((name) => places.some(({ contestants }) => contestants.includes(name)))
      return withServers(course, population, names, (servers) =>
        run(others, [...turns, { population, client: clientOf(population), places, servers, warm: new Set() }]),
      )
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const turn of turns) {
        onTurn(round, turn.population)
        await runRound(course, round, turn, forms)
        await removeIssuedTokens(turn.client)
      }
    }
    return turns.flatMap(({ population: { users }, servers }) =>
      [...servers.values()].map(({ name, pid }) => ({
        contestant: name,
        population: users,
        megabytes: peakMemory(pid),
      })),
    )
  }
  return run(populations, [])
}

/** A population in a round. */
interface Turn {
  readonly population: Population
  readonly client: pg.Client
  readonly places: readonly Place[]
  readonly servers: ReadonlyMap<ContestantName, Server>
  /** Who has had which workload. */
  readonly warm: Set<string>
}

async function runRound(
  { options, meter, signingKey, onResult }: Course,
  round: number,
  { population, client, places, servers, warm }: Turn,
  forms: readonly FormTrial[],
): Promise<void> {
  const callers = await createCallers(population, signingKey)
  const measure = async (server: Server, cell: Cell, load: Omit<Load, 'title' | 'warmUp' | 'duration'>) => {
    const known = `${server.name} ${cell.workload}`
    const warmUp = options.warmUp * (warm.has(known) ? 1 : 6)
    warm.add(known)
    const { duration } = options
    const figures = await meter.measure(server, { ...load, warmUp, duration, title: cell.workload })
    onResult({ ...cell, round, figures })
  }
  for (const [index, place] of places.entries()) {
    const { workload, shape, connections } = place
    for (const contestant of rotated(place.contestants, round + index)) {
      const server = servers.get(contestant) as Server
      const form = chosenForm(forms, workload.name, population.users)
      if (workload.writes) await removeIssuedTokens(client)
      const lists = listsOf(place, population, server, callers, form)
      const cell = { population: population.users, workload: workload.name, shape, connections, contestant }
      await measure(server, cell, { lists, connections, mark: markOf(workload, contestant) })
    }
  }
  const gateway = servers.get('gateway')
  if (gateway !== undefined && population.users >= 200_000 && options.workloads.includes('K2')) {
    for (const { name, lists, mark } of deepPages(population, gateway, callers)) {
      const cell = { population: population.users, workload: name, shape: 'any callers', connections: 1 } as const
      await measure(gateway, { ...cell, contestant: 'gateway' }, { lists, connections: 1, mark })
    }
  }
}

function markOf({ mark, cerbos }: Workload, contestant: ContestantName): string {
  return contestant === 'cerbos' ? (cerbos?.mark ?? mark) : mark
}

function chosenForm(forms: readonly FormTrial[], workload: string, population: number): string | undefined {
  const chosen = forms.filter((trial) => trial.chosen && trial.workload === workload)
  return (chosen.find((trial) => trial.population === population) ?? chosen[0])?.form
}

/** The items, from another one on in each round. */
export function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
