/** The goals of the gateway's speed, as data. */
import type { ContestantName } from './contestants.ts'
import type { Shape } from './results.ts'

/** How the value of a goal is found. */
export type Measure =
  /** How many times as fast as another contestant: by requests a second, or by the time for an answer. */
  | {
      readonly kind: 'speed'
      readonly workload: string
      readonly against: ContestantName
      readonly by: 'rate' | 'p50'
      readonly connections: number
      readonly shape: Shape
    }
  /** p99, as a multiple of hand-tuned SQL's. */
  | { readonly kind: 'p99'; readonly workload: string; readonly connections: number }
  /** Requests a second at a larger population, as a part of those at a smaller one. */
  | {
      readonly kind: 'growth'
      readonly workload: string
      readonly connections: number
      readonly from: number
      readonly to: number
    }
  /** A page deep in a population: by offset, as a multiple of by keys. */
  | { readonly kind: 'deep page' }
  /** The most of all page sizes. */
  | { readonly kind: 'statements' | 'round trips'; readonly workload: string }
  | { readonly kind: 'memory' | 'warm credential' }
  | { readonly kind: 'elsewhere'; readonly why: string }

export interface Goal {
  readonly title: string
  readonly bound: 'at least' | 'at most'
  readonly limit: number
  readonly unit: string
  readonly measure: Measure
}

/** At 32 connections with everything on; W4 by the time for an answer at one connection. */
const table: Readonly<Record<'raw' | 'postgraphile' | 'plain', Readonly<Record<string, number>>>> = {
  raw: { W1: 1.3, K2: 1.6, W3: 1.5, W4: 1.5, W5: 1.4, W6: 1.0 },
  postgraphile: { W1: 5, K2: 7, W3: 4, W4: 10, W5: 3, W6: 5 },
  plain: { W1: 14, K2: 16, W3: 5, W4: 12, W5: 6, W6: 10 },
}

/** Where nothing can be merged, because each organization asks one thing at a time. */
const unmerged: Readonly<Record<string, number>> = { W1: 1.0, K2: 1.3, W3: 1.3, W5: 0.8 }

const alone: Readonly<Record<string, number>> = { W1: 0.9, K2: 1.0, W3: 1.0 }

const names = { raw: 'hand-tuned SQL', postgraphile: 'PostGraphile 5', plain: 'the plain way' } as const

function speed(
  workload: string,
  against: 'raw' | 'postgraphile' | 'plain',
  limit: number,
  connections: number,
  shape: Shape = 'any callers',
): Goal {
  const byLatency = workload === 'W4'
  const where = byLatency ? 'p50 at 1 connection' : connections === 1 ? 'at 1 connection' : ''
  const title = [workload, `÷ ${names[against]}`, where, shape === 'any callers' ? '' : 'nothing to merge']
  return {
    title: title
      .filter((part) => part !== '')
      .join(', ')
      .replace(', ÷', ' ÷'),
    bound: 'at least',
    limit,
    unit: '×',
    measure: {
      kind: 'speed',
      workload,
      against,
      by: byLatency ? 'p50' : 'rate',
      connections: byLatency ? 1 : connections,
      shape,
    },
  }
}

const atMost = (title: string, limit: number, unit: string, measure: Measure): Goal => ({
  title,
  bound: 'at most',
  limit,
  unit,
  measure,
})

export const goals: readonly Goal[] = Object.freeze([
  ...(['raw', 'postgraphile', 'plain'] as const).flatMap((against) =>
    Object.entries(table[against]).map(([workload, limit]) => speed(workload, against, limit, 32)),
  ),
  ...Object.entries(unmerged).map(([workload, limit]) => speed(workload, 'raw', limit, 32, 'one organization each')),
  ...Object.entries(alone).map(([workload, limit]) => speed(workload, 'raw', limit, 1)),
  {
    title: 'T ÷ bare node:http',
    bound: 'at least',
    limit: 0.55,
    unit: '×',
    measure: { kind: 'speed', workload: 'T', against: 'bare', by: 'rate', connections: 32, shape: 'any callers' },
  },
  ...['W1', 'K2', 'W4'].map((workload) =>
    atMost(`${workload}, statements at any page size`, 3, '', { kind: 'statements', workload }),
  ),
  atMost('W5, round trips', 1, '', { kind: 'round trips', workload: 'W5' }),
  ...['W1', 'K2'].map(
    (workload): Goal => ({
      title: `${workload} at 200,000 users ÷ at 20,000`,
      bound: 'at least',
      limit: 0.8,
      unit: '×',
      measure: { kind: 'growth', workload, connections: 32, from: 20_000, to: 200_000 },
    }),
  ),
  {
    title: 'a page deep in 200,000 users: by keys ÷ by offset',
    bound: 'at least',
    limit: 30,
    unit: '×',
    measure: { kind: 'deep page' },
  },
  ...['W1', 'K2', 'W3', 'W4', 'W5'].map((workload) =>
    atMost(`${workload}, p99 ÷ p99 of hand-tuned SQL`, 3, '×', {
      kind: 'p99',
      workload,
      connections: workload === 'W4' ? 1 : 32,
    }),
  ),
  atMost('memory', 350, ' MB', { kind: 'memory' }),
  atMost('a warm credential', 5, ' µs', { kind: 'warm credential' }),
  {
    title: 'two processes on two cores ÷ one process on one core',
    bound: 'at least',
    limit: 1.8,
    unit: '×',
    measure: { kind: 'elsewhere', why: 'it takes a machine with more cores than the two of this measurement' },
  },
])
