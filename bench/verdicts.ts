/** Whether the goals were met. */
import { type Goal, goals, type Measure } from './goals.ts'
import { quotient, type Results, type Spread, spreadOf } from './results.ts'

/** A goal that was not measured has no value, and is neither met nor missed. */
export interface Verdict {
  readonly goal: Goal
  readonly value: Spread | null
  readonly met: boolean | null
  /** Why it was not measured. */
  readonly why: string | null
}

export function verdicts(results: Results): readonly Verdict[] {
  return goals.map((goal) => {
    const value = measured(goal.measure, results)
    if (value === null) return { goal, value, met: null, why: whyNot(goal.measure) }
    const met = goal.bound === 'at least' ? value.median >= goal.limit : value.median <= goal.limit
    return { goal, value, met, why: null }
  })
}

function whyNot(measure: Measure): string {
  if (measure.kind === 'elsewhere') return measure.why
  return 'not part of this run'
}

function measured(measure: Measure, results: Results): Spread | null {
  switch (measure.kind) {
    case 'speed': {
      const { workload, against, by, connections, shape } = measure
      // "Any callers" are compared at the smallest population.
      const population = shape === 'any callers' ? smallest(results) : undefined
      const where = { workload, connections, shape, ...(population === undefined ? {} : { population }) }
      const [ours, theirs] = [
        { ...where, contestant: 'gateway' as const },
        { ...where, contestant: against },
      ]
      return by === 'rate'
        ? quotient(results, ({ rate }) => rate, ours, theirs)
        : quotient(results, ({ p50 }) => p50, theirs, ours)
    }
    case 'p99': {
      const { workload, connections } = measure
      const where = { workload, connections, shape: 'any callers' as const, population: smallest(results) }
      return quotient(results, ({ p99 }) => p99, { ...where, contestant: 'gateway' }, { ...where, contestant: 'raw' })
    }
    case 'growth': {
      const { workload, connections, from, to } = measure
      const where = { workload, connections, shape: 'any callers' as const, contestant: 'gateway' as const }
      return quotient(results, ({ rate }) => rate, { ...where, population: to }, { ...where, population: from })
    }
    case 'deep page':
      return quotient(results, ({ p50 }) => p50, { workload: 'deep by offset' }, { workload: 'deep by keys' })
    case 'statements':
    case 'round trips': {
      const counts = results.statements.filter(
        ({ workload, contestant }) => workload === measure.workload && contestant === 'gateway',
      )
      const most = Math.max(
        ...counts.map((count) => (measure.kind === 'statements' ? count.statements : count.roundTrips)),
      )
      return counts.length === 0 ? null : spreadOf([most])
    }
    case 'memory': {
      const peaks = results.memory
        .filter(({ contestant }) => contestant === 'gateway')
        .map(({ megabytes }) => megabytes)
      return peaks.length === 0 ? null : spreadOf([Math.max(...peaks)])
    }
    case 'warm credential':
      return results.warmCredential === null ? null : spreadOf([results.warmCredential])
    case 'elsewhere':
      return null
  }
}

function smallest({ results }: Results): number {
  return Math.min(...results.map(({ population }) => population))
}
