/** What a run of the benchmark finds out, and how figures of rounds become one. */
import type { StatementCount } from './compare.ts'
import type { ContestantName } from './contestants.ts'
import type { Figures } from './measure.ts'

/** What the callers are: any of them at once, or each connection that of another organization, one request at a time. */
export type Shape = 'any callers' | 'one organization each'

/** What is measured: a contestant under a load. */
export interface Cell {
  readonly population: number
  readonly workload: string
  readonly shape: Shape
  readonly connections: number
  readonly contestant: ContestantName
}

export interface Result extends Cell {
  readonly round: number
  readonly figures: Figures
}

/** How fast a form of the hand-tuned SQL was when the fastest one was chosen: requests a second, or p50 for W4. */
export interface FormTrial {
  readonly population: number
  readonly workload: string
  readonly form: string
  readonly rate: number
  readonly p50: number
  readonly chosen: boolean
}

export interface Results {
  readonly startedAt: string
  readonly quick: boolean
  readonly rounds: number
  /** Seconds. */
  readonly duration: number
  readonly machine: Readonly<Record<string, string | number | boolean>>
  /** Seconds that it took, without the filling of the databases. */
  readonly took: number
  /** What was not as it should be while it was measured. */
  readonly notes: readonly string[]
  readonly forms: readonly FormTrial[]
  readonly statements: readonly StatementCount[]
  readonly results: readonly Result[]
  /** The most memory that each had, in MB. */
  readonly memory: readonly {
    readonly contestant: ContestantName
    readonly population: number
    readonly megabytes: number
  }[]
  /** Microseconds of CPU that a credential costs that was verified before; null where it was not measured. */
  readonly warmCredential: number | null
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** The median with its spread; null of nothing. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)]
  const lower = sorted[Math.ceil(middle) - 1]
  const least = sorted[0]
  const most = sorted.at(-1)
  if (upper === undefined || lower === undefined || least === undefined || most === undefined) return null
  return { median: (upper + lower) / 2, least, most }
}

type Which = Readonly<Partial<Cell>>

/** The results of a cell, one for each round. */
export function resultsOf({ results }: Pick<Results, 'results'>, which: Which): readonly Result[] {
  return results.filter((result) =>
    Object.entries(which).every(([name, value]) => result[name as keyof Cell] === value),
  )
}

/** A quotient of two cells within each round, then its median: what disturbs a round disturbs both. */
export function quotient(
  all: Pick<Results, 'results'>,
  figure: (figures: Figures) => number,
  dividend: Which,
  divisor: Which,
): Spread | null {
  const divisors = new Map(resultsOf(all, divisor).map(({ round, figures }) => [round, figure(figures)]))
  return spreadOf(
    resultsOf(all, dividend).flatMap(({ round, figures }) => {
      const below = divisors.get(round)
      return below === undefined ? [] : [figure(figures) / below]
    }),
  )
}
