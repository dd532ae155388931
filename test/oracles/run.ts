/**
 * Holds the evaluator, and the naive one of the tests, against Cedar and SpiceDB in worlds made at random. Prints how many
 * answers differ, and ends with 1 where one does. Run by `npm run test:oracles`.
 *
 * Each engine has a process of its own: Cedar is WebAssembly, SpiceDB brings Go's runtime along, and V8 does not outlive both.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { decide } from '../../src/auth/decide.ts'
import { aWorld, catalogueOf, naive, questions } from '../auth/worlds.ts'
import { openCedar } from './cedar.ts'
import type { Case, Oracle } from './oracle.ts'
import { openSpiceDb } from './spicedb.ts'

const openEvaluator = (): Oracle => ({
  name: 'the evaluator',
  decide: async (cases) =>
    cases.map(({ world, questions: asked }) => {
      const catalogue = catalogueOf(world.roles, world.permissions)
      return asked.map((question) => decide(question, world.subject, catalogue).allowed)
    }),
})

const engines: Readonly<Record<string, () => Oracle | Promise<Oracle>>> = {
  evaluator: openEvaluator,
  cedar: openCedar,
  spicedb: openSpiceDb,
}

const worlds = Number(process.env.ORACLE_WORLDS ?? 10_000)
const seed = Number(process.env.ORACLE_SEED ?? 20_261_128)
/** Worlds that an engine is told at once. */
const batch = 100

const [, , chosen] = process.argv
const open = engines[chosen ?? '']
process.exitCode = open === undefined ? askEach() : await ask(await open())

function askEach(): number {
  const ends = Object.keys(engines).map((engine) => {
    const args = ['--import', 'tsx', fileURLToPath(import.meta.url), engine]
    return spawnSync(process.execPath, args, { stdio: 'inherit' }).status
  })
  return ends.every((end) => end === 0) ? 0 : 1
}

/** Asks the engine about all of the worlds. */
async function ask(oracle: Oracle): Promise<number> {
  const drawn = fc.sample(fc.tuple(aWorld, questions), { seed, numRuns: worlds })
  const cases: readonly Case[] = drawn.map(([world, asked]) => ({ world, questions: asked }))
  const differences: object[] = []
  let allowed = 0
  let total = 0
  for (let from = 0; from < cases.length; from += batch) {
    const some = cases.slice(from, from + batch)
    const answers = await oracle.decide(some)
    for (const [index, { world, questions: asked }] of some.entries()) {
      for (const [place, question] of asked.entries()) {
        const expected = naive(world, question)
        const told = answers[index]?.[place]
        total += 1
        if (expected) allowed += 1
        if (told !== expected) differences.push({ world, question, told, expected })
      }
    }
  }
  const counts = `${worlds} worlds (seed ${seed}), ${total} questions, ${allowed} allowed`
  process.stdout.write(`${oracle.name}: ${counts}, ${differences.length} answered otherwise\n`)
  if (differences[0] !== undefined) process.stdout.write(`${JSON.stringify(differences[0], null, 2)}\n`)
  return differences.length === 0 && allowed > total / 20 ? 0 : 1
}
