/** What a run found out, as text: tables of figures and ratios, the README's table, and the goals. */
import { type ContestantName, titles } from './contestants.ts'
import type { Figures } from './measure.ts'
import { quotient, type Result, type Results, resultsOf, spreadOf } from './results.ts'
import { digits, table, withSpread } from './table.ts'
import type { Verdict } from './verdicts.ts'
import { workloads } from './workloads/index.ts'

const medianOf = (results: readonly Result[], figure: (figures: Figures) => number | null) => {
  const values = results.map(({ figures }) => figure(figures)).filter((value) => value !== null)
  return spreadOf(values)?.median ?? null
}

const show = (value: number | null) => (value === null ? '-' : digits(value))

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]

/** Every load that was put on anybody, in the order in which it was. */
function loadsOf({ results }: Results) {
  const loads = new Map(
    results.map(({ population, workload, shape, connections }) => [
      JSON.stringify([population, workload, shape, connections]),
      { population, workload, shape, connections },
    ]),
  )
  return [...loads.values()]
}

/** Everything that was measured, a row for each contestant under each load. */
export function figuresTable(results: Results): string {
  const head = ['load', 'users', 'conn.', 'contestant', 'req/s', 'p50 ms', 'p99 ms']
  const more = ['server CPU ms', 'database CPU ms', 'KB', 'statements', 'generator', 'foreign']
  const rows = loadsOf(results).flatMap((load) =>
    distinct(resultsOf(results, load).map(({ contestant }) => contestant)).map((contestant) => {
      const measured = resultsOf(results, { ...load, contestant })
      const statements = results.statements.find(
        ({ workload, contestant: whose, form }) =>
          workload === load.workload &&
          whose === contestant &&
          (form === null ||
            results.forms.some((trial) => trial.chosen && trial.workload === workload && trial.form === form)),
      )
      return [
        load.workload + (load.shape === 'any callers' ? '' : ', unmerged'),
        load.population.toLocaleString('en'),
        String(load.connections),
        titles[contestant],
        show(medianOf(measured, ({ rate }) => rate)),
        show(medianOf(measured, ({ p50 }) => p50)),
        show(medianOf(measured, ({ p99 }) => p99)),
        show(medianOf(measured, ({ serverCpu }) => serverCpu)),
        show(medianOf(measured, ({ databaseCpu }) => databaseCpu)),
        show(medianOf(measured, ({ kilobytes }) => kilobytes)),
        statements === undefined ? '-' : `${digits(statements.statements)} in ${digits(statements.roundTrips)}`,
        show(medianOf(measured, ({ generatorLoad }) => generatorLoad)),
        show(medianOf(measured, ({ foreignLoad }) => foreignLoad)),
      ]
    }),
  )
  return table([[...head, ...more], ...rows])
}

const rivals: readonly ContestantName[] = ['raw', 'postgraphile', 'plain', 'bare', 'cerbos']

/** How many times as fast as each other contestant the gateway is, with the least and the most of all rounds. */
export function ratioTable(results: Results): string {
  const rows = loadsOf(results).flatMap((load) => {
    const byLatency = workloads.find(({ name }) => name === load.workload)?.byLatency === true && load.connections === 1
    const ratios = rivals.map((contestant) => {
      const ours = { ...load, contestant: 'gateway' } as const
      const theirs = { ...load, contestant } as const
      return byLatency
        ? quotient(results, ({ p50 }) => p50, theirs, ours)
        : quotient(results, ({ rate }) => rate, ours, theirs)
    })
    if (ratios.every((ratio) => ratio === null)) return []
    return [
      [
        load.workload + (byLatency ? ' (p50)' : ''),
        load.population.toLocaleString('en'),
        String(load.connections),
        load.shape,
        ...ratios.map((ratio) => (ratio === null ? '-' : withSpread(ratio))),
      ],
    ]
  })
  const against = rivals.map((contestant) => `÷ ${titles[contestant]}`)
  return table([['workload', 'users', 'conn.', 'callers', ...against], ...rows])
}

/** The table for the README: requests a second at 32 connections, W4 by its p50 at one. */
export function readmeTable(results: Results): string {
  const population = Math.min(...results.results.map((result) => result.population))
  const shown: readonly ContestantName[] = ['gateway', 'raw', 'postgraphile', 'plain']
  const rows = workloads.map((workload) => {
    const where = {
      population,
      workload: workload.name,
      shape: 'any callers',
      connections: workload.byLatency ? 1 : 32,
    } as const
    const figures = shown.map((contestant) => {
      const measured = resultsOf(results, { ...where, contestant })
      return workload.byLatency
        ? `${show(medianOf(measured, ({ p50 }) => p50))} ms`
        : show(medianOf(measured, ({ rate }) => rate))
    })
    return [`${workload.name}: ${workload.title}`, ...figures]
  })
  return table([['requests a second', ...shown.map((contestant) => titles[contestant])], ...rows])
}

/** How the hand-tuned SQL was chosen. */
export function formsTable({ forms }: Results): string {
  const rows = forms.map(({ population, workload, form, rate, p50, chosen }) => [
    workload,
    population.toLocaleString('en'),
    form,
    digits(rate),
    digits(p50),
    chosen ? 'yes' : '',
  ])
  return table([['workload', 'users', 'hand-tuned SQL as', 'req/s', 'p50 ms', 'taken'], ...rows])
}

export function memoryTable({ memory }: Results): string {
  const rows = distinct(memory.map(({ contestant }) => contestant)).map((contestant) => [
    titles[contestant],
    String(Math.max(...memory.filter((each) => each.contestant === contestant).map(({ megabytes }) => megabytes))),
  ])
  return table([['contestant', 'memory at most, MB'], ...rows])
}

/** Every goal with what came of it, and as the last line how many of those that were measured were met. */
export function goalsReport(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ goal, value, met, why }) => [
    goal.title,
    `${goal.bound} ${goal.limit}${goal.unit}`,
    value === null ? '-' : withSpread(value),
    met === null ? (why ?? '') : met ? 'met' : 'MISSED',
  ])
  const measured = verdicts.filter(({ met }) => met !== null)
  const met = measured.filter((verdict) => verdict.met === true)
  return `${table([['goal', 'limit', 'measured', ''], ...rows])}\n\ngoals met ${met.length} of ${measured.length}`
}
