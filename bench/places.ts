/** Which loads there are at a population, who gets each, and the requests that they are made of. */
import type { ContestantName, Server } from './contestants.ts'
import type { Options } from './options.ts'
import type { Population } from './population.ts'
import { type Callers, createRandom, draw, organizationsFor, requestOf, written } from './requests.ts'
import type { Shape } from './results.ts'
import { workloads as everyWorkload } from './workloads/index.ts'
import type { Workload } from './workloads/workload.ts'

/** One place of a population's plan: a load, and who gets it. */
export interface Place {
  readonly workload: Workload
  readonly shape: Shape
  readonly connections: number
  readonly contestants: readonly ContestantName[]
}

const unmergedWorkloads: ReadonlySet<string> = new Set(['W1', 'K2', 'W3', 'W5'])
const unmergedConnections = 32

/**
 * What is measured at a population. The first one gets everything; at the others, 32 connections tell how all grow, and a
 * quick run only looks at the gateway's own growth.
 */
export function placesOf(options: Options, population: Population): readonly Place[] {
  const { quick, connections, contestants } = options
  const workloads = everyWorkload.filter(({ name }) => options.workloads.includes(name))
  const isFirst = population.users === options.populations[0]
  const places: Place[] = []
  for (const workload of workloads) {
    const runners = contestants.filter((name) => takesPart(name, workload))
    if (isFirst) {
      for (const count of connections) {
        // A thousand users are work enough: more of them at once only wait for each other.
        if (workload.byLatency && (count > 32 || (quick && count > 1))) continue
        places.push({ workload, shape: 'any callers', connections: count, contestants: runners })
      }
    } else if (!quick) {
      places.push({ workload, shape: 'any callers', connections: 32, contestants: runners })
    } else if (workload.name === 'W1' || workload.name === 'K2') {
      const ourselves = runners.filter((name) => name === 'gateway')
      places.push({ workload, shape: 'any callers', connections: 32, contestants: ourselves })
    }
    if (unmergedWorkloads.has(workload.name) && hasManyOrganizations(population)) {
      places.push({
        workload,
        shape: 'one organization each',
        connections: unmergedConnections,
        contestants: runners.filter((name) => name === 'raw' || name === 'gateway'),
      })
    }
  }
  return places
}

/** Whether a contestant has an answer to the workload. */
export function takesPart(name: ContestantName, workload: Workload): boolean {
  if (name === 'bare') return workload.name === 'T'
  return name !== 'cerbos' || workload.cerbos !== undefined
}

function hasManyOrganizations({ organizations }: Population): boolean {
  return organizations.filter(({ users }) => users.length >= 1_000).length >= unmergedConnections
}

/** The lists of requests that a contestant gets: the same ones for all, and in the same order. */
export function listsOf(
  { workload, shape }: Place,
  population: Population,
  server: Server,
  callers: Callers,
  form: string | undefined,
): readonly (readonly string[])[] {
  const random = createRandom(population.users + workload.size)
  const organizations = organizationsFor(workload, population)
  const groups =
    shape === 'any callers'
      ? [organizations]
      : organizations.slice(0, unmergedConnections).map((organization) => [organization])
  const length = Math.ceil((workload.size === 1_000 ? 100 : 2_000) / groups.length)
  return groups.map((among) =>
    Array.from({ length }, (_, turn) => {
      const parameters = draw(among, workload.size, population.permissions, random)
      return written(requestOf(workload, server, parameters, { form, callers, turn }), server.port)
    }),
  )
}
