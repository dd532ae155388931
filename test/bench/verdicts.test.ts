import { describe, expect, it } from 'vitest'
import type { ContestantName } from '../../bench/contestants.ts'
import { goals } from '../../bench/goals.ts'
import { goalsReport } from '../../bench/report.ts'
import { type Cell, quotient, type Result, type Results, spreadOf } from '../../bench/results.ts'
import { type Verdict, verdicts } from '../../bench/verdicts.ts'

function result(
  contestant: ContestantName,
  rate: number,
  cell: Partial<Cell> & { readonly round?: number } = {},
): Result {
  return {
    population: 20_000,
    workload: 'W1',
    shape: 'any callers',
    connections: 32,
    round: 0,
    ...cell,
    contestant,
    figures: {
      rate,
      p50: 1_000 / rate,
      p99: 2_000 / rate,
      serverCpu: 1,
      databaseCpu: 1,
      kilobytes: 1,
      generatorLoad: 0,
      foreignLoad: 0,
    },
  }
}

function resultsWith(part: Partial<Results>): Results {
  return {
    startedAt: '',
    quick: true,
    rounds: 1,
    duration: 2,
    took: 0,
    machine: {},
    notes: [],
    forms: [],
    statements: [],
    results: [],
    memory: [],
    warmCredential: null,
    ...part,
  }
}

function verdictOn(title: string, part: Partial<Results>): Verdict {
  const found = verdicts(resultsWith(part)).find(({ goal }) => goal.title === title)
  if (found === undefined) throw new Error(`expected a goal "${title}"`)
  return found
}

describe('the ratio of two contestants', () => {
  it('is taken within each round, before the median', () => {
    // The machine was half as fast in the second round, and the third has no partner.
    const results = [
      result('gateway', 300, { round: 0 }),
      result('raw', 100, { round: 0 }),
      result('gateway', 100, { round: 1 }),
      result('raw', 50, { round: 1 }),
      result('gateway', 1_000, { round: 2 }),
    ]
    expect(quotient({ results }, ({ rate }) => rate, { contestant: 'gateway' }, { contestant: 'raw' })).toEqual({
      median: 2.5,
      least: 2,
      most: 3,
    })
  })

  it('is null of nothing', () => {
    expect(spreadOf([])).toBeNull()
  })
})

describe('a goal', () => {
  it('is met at its limit, and missed below', () => {
    const title = 'W1 ÷ hand-tuned SQL'
    expect(verdictOn(title, { results: [result('gateway', 130), result('raw', 100)] }).met).toBe(true)
    expect(verdictOn(title, { results: [result('gateway', 129), result('raw', 100)] }).met).toBe(false)
  })

  it('about W4 is about the time for an answer', () => {
    const cell = { workload: 'W4', connections: 1 }
    const results = [result('gateway', 150, cell), result('raw', 100, cell)]
    expect(verdictOn('W4 ÷ hand-tuned SQL, p50 at 1 connection', { results }).value?.median).toBeCloseTo(1.5)
  })

  it('with an upper limit is missed above it', () => {
    const statements = [10, 50, 500].map((size) => ({
      workload: 'K2',
      contestant: 'gateway' as const,
      form: null,
      size,
      statements: size === 500 ? 4 : 3,
      roundTrips: 3,
    }))
    expect(verdictOn('K2, statements at any page size', { statements }).met).toBe(false)
    expect(verdictOn('K2, statements at any page size', { statements: statements.slice(0, 2) }).met).toBe(true)
  })

  it('of the smallest population looks at that one alone', () => {
    const larger = { population: 200_000 }
    const results = [result('gateway', 200), result('raw', 100), result('gateway', 1, larger), result('raw', 1, larger)]
    expect(verdictOn('W1 ÷ hand-tuned SQL', { results }).value?.median).toBe(2)
    expect(verdictOn('W1 at 200,000 users ÷ at 20,000', { results }).met).toBe(false)
  })

  it('that was not measured is neither met nor missed, and says why', () => {
    const unmeasured = verdicts(resultsWith({}))
    expect(unmeasured.every(({ met, why }) => met === null && why !== null)).toBe(true)
  })

  it('has a title of its own', () => {
    expect(new Set(goals.map(({ title }) => title)).size).toBe(goals.length)
  })
})

describe('the last line of the report', () => {
  it('counts what was measured only', () => {
    const results = [result('gateway', 200), result('raw', 100), result('plain', 100)]
    const lines = goalsReport(verdicts(resultsWith({ results }))).split('\n')
    // Met: against hand-tuned SQL, and its p99. Missed: against the plain way.
    expect(lines.at(-1)).toBe('goals met 2 of 3')
  })
})
