/** The command line of the benchmark. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ContestantName } from './contestants.ts'
import { workloads } from './workloads/index.ts'

export interface Options {
  /** Whether it is a short look: one round of two seconds each, and at the larger population only what a goal needs. */
  readonly quick: boolean
  readonly rounds: number
  /** Milliseconds. */
  readonly duration: number
  /** The first time that a contestant gets a workload, it is six times as long. */
  readonly warmUp: number
  readonly populations: readonly number[]
  readonly connections: readonly number[]
  readonly workloads: readonly string[]
  readonly contestants: readonly ContestantName[]
  readonly output: string
}

const everyContestant: readonly ContestantName[] = ['bare', 'raw', 'postgraphile', 'plain', 'cerbos', 'gateway']

/** Cerbos's package of another architecture is not among the benchmark's. */
const runsHere = (name: ContestantName) => name !== 'cerbos' || process.arch === 'x64'

const list = (text: string) => text.split(',').filter((item) => item !== '')
const numbers = (text: string) => list(text).map(number)

function number(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected whole numbers from 1.')
  return Number(text)
}

function oneOf<T extends string>(allowed: readonly T[]) {
  return (text: string): readonly T[] =>
    list(text).map((item) => {
      const found = allowed.find((name) => name === item)
      if (found === undefined) throw new InvalidArgumentError(`Expected some of ${allowed.join(', ')}.`)
      return found
    })
}

/** Reads the command line; ends the process where it is wrong or asks for help. */
export function readOptions(args: readonly string[]): Options {
  const names = workloads.map(({ name }) => name)
  const command = new Command('npm run bench --')
    .description('iam-graph beside hand-tuned SQL, PostGraphile 5 and the plain way, on the server of DATABASE_URL.')
    .option('--quick', 'one round of 2 seconds each, some 6 minutes in all; the figures are rough', false)
    .option('--rounds <count>', 'rounds, each with every contestant (default: 5; quick: 1)', number)
    .option('--seconds <count>', 'seconds of each measurement (default: 8; quick: 2)', number)
    .addOption(
      new Option('--populations <users>', 'sizes of the population').argParser(numbers).default([20_000, 200_000]),
    )
    .addOption(new Option('--connections <counts>', 'connections').argParser(numbers).default([1, 32, 128]))
    .addOption(new Option('--workloads <names>', 'workloads').argParser(oneOf(names)).default(names))
    .addOption(
      new Option('--contestants <names>', 'contestants')
        .argParser(oneOf(everyContestant))
        .default(everyContestant.filter(runsHere)),
    )
    .option('--output <path>', 'where the figures go as JSON', 'bench/results.json')
    .parse(args, { from: 'user' })
  const { quick, rounds, seconds, populations, ...chosen } = command.opts<Given>()
  return {
    ...chosen,
    quick,
    rounds: rounds ?? (quick ? 1 : 5),
    duration: (seconds ?? (quick ? 2 : 8)) * 1_000,
    warmUp: quick ? 250 : 1_000,
    populations: [...populations].sort((a, b) => a - b),
  }
}

type Given = Omit<Options, 'rounds' | 'duration' | 'warmUp'> & { readonly rounds?: number; readonly seconds?: number }
