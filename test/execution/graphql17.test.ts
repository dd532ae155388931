/**
 * What production executes is held against graphql-js 17, byte for byte. What 17 does otherwise than 16, which runs here what
 * plans do not, is none of the gateway's doing, and all of it stands here:
 *
 * - What a request asks about the schema itself is answered by 17's own types: it has further ones, and takes no null for
 *   `includeDeprecated`. Such questions are passed over.
 * - A condition that is null fails, in other words, at a fragment that has been spread before, too, where 16 does not look at it.
 *   Questions with one are passed over.
 * - A null in an argument that takes none is told in other words, and by its own place: both are left out of the comparison.
 * - Of several errors that leave nothing of the same object, 17 tells the first, and 16 all that it meets until it answers; in
 *   which order fields fail that wait for something is neither's promise. So where an error takes more with it than its own
 *   field, the same must be null for one.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostErrors } from '../../src/errors.ts'
import { schema } from '../../src/schema/index.ts'
import { createSubgraph } from '../../src/schema/subgraph.ts'
import { type Ask, asking, expectSame, type Question, type Reply, referenceGateway } from '../support/bothWays.ts'
import { graphqlJs17 } from '../support/graphql17.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'
import { breakRows } from './brokenRows.ts'
import { callers } from './callers.ts'
import { decider } from './choices.ts'
import { withCursors } from './cursors.ts'
import { questions } from './generated.ts'
import { manyShapes } from './manyShapes.ts'
import { repositoryOperations, variablesFor } from './repository.ts'
import { scale } from './scale.ts'
import { addUnusualRows } from './unusualRows.ts'
import { demoVocabulary, type Vocabulary } from './vocabulary.ts'

const patient = { timeout: scale.patience }

passOverLeftBehind()

const graphs = [
  { path: '/graphql', schema },
  { path: '/subgraph', schema: createSubgraph().schema },
] as const

let harness: Harness
let production: Ask
let by17: Ask
let vocabulary: Vocabulary

beforeAll(async () => {
  harness = await createHarness(manyShapes)
  await addUnusualRows(harness)
  production = asking(harness, harness.gateway)
  by17 = asking(harness, referenceGateway(harness, { otherwise: graphqlJs17 }))
  vocabulary = await withCursors(demoVocabulary, production)
})
afterAll(() => harness.close())

interface ToldError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly locations?: unknown
}

interface Told {
  readonly data?: unknown
  readonly errors?: readonly ToldError[]
}

/** Asks both, and gives what production said. Throws where they differ in what must be the same. */
async function compared(question: Question): Promise<Told> {
  const [said, reference] = [await production(question), await by17(question)]
  const [told, toldBy17] = [JSON.parse(said.body) as Told, JSON.parse(reference.body) as Told]
  const areAllTold = [told, toldBy17].every(({ errors = [] }) => errors.length < mostErrors)
  expectSame(question, presented(said, told, areAllTold), presented(reference, toldBy17, areAllTold))
  return told
}

/** The answer as far as it must be the same: all of it where nothing failed, or nothing was executed. */
function presented(reply: Reply, { data, errors }: Told, areAllTold: boolean): Reply {
  if (data === undefined || errors === undefined) return reply
  const failures = new Set(errors.map((error) => failureIn(data, error)))
  return { ...reply, body: JSON.stringify({ data, failures: areAllTold ? [...failures].sort() : 'many' }) }
}

/** The error where it leaves null in its own place, else what it leaves null; without the words for a null that is not taken. */
function failureIn(data: unknown, error: ToldError): string {
  const { path = [], message } = error
  const place = nullIn(data, path)
  if (place.length < path.length) return JSON.stringify(place)
  const isOfNull = /^Argument ".+" (of non-null type|has invalid value)\b/.test(message)
  return JSON.stringify(isOfNull ? { ...error, message: 'an argument', locations: [] } : error)
}

/** The beginning of the path that leads to a null. */
function nullIn(data: unknown, path: readonly (string | number)[]): readonly (string | number)[] {
  let value = data
  for (const [index, key] of path.entries()) {
    if (value === null) return path.slice(0, index)
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return path
}

/** Whether the schema itself is asked for. */
function asksForSchema({ document }: Question): boolean {
  return /\b__(schema|type)\b/.test(document)
}

/** Whether a condition is null, as it is given or by itself. */
function hasNullCondition({ document, variables = {} }: Question): boolean {
  const names = [...document.matchAll(/@(?:skip|include)\(if: \$(\w+)\)/g)].map(([, name = '']) => name)
  return names.some((name) =>
    name in variables ? variables[name] === null : document.includes(`$${name}: Boolean = null`),
  )
}

/** Compares generated questions, and tells how many answers had data, and how many had errors. */
async function compareGenerated(graph: (typeof graphs)[number], numRuns: number) {
  const told = { data: 0, errors: 0 }
  await fc.assert(
    fc.asyncProperty(questions(graph, 'query', vocabulary), async (question) => {
      fc.pre(!asksForSchema(question) && !hasNullCondition(question))
      const { data, errors } = await compared(question)
      if (data) told.data += 1
      if (errors !== undefined && data !== undefined) told.errors += 1
    }),
    { seed: scale.seed, numRuns },
  )
  return { data: told.data / numRuns, errors: told.errors / numRuns }
}

describe('a gateway as in production answers as graphql-js 17 does', () => {
  it('which is told by its words', async () => {
    const document = 'query ($if: Boolean = true) { viewer { subject @skip(if: $if) } }'
    const { body } = await by17({ document, variables: { if: null }, caller: callers[0] ?? null })
    expect(JSON.parse(body)).toMatchObject({
      data: null,
      errors: [{ message: expect.stringContaining('"@skip(if:)"'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  it.each(graphs)(
    'to the queries of the repository, with values for their variables, at $path',
    patient,
    async (graph) => {
      const operations = repositoryOperations()
        .filter(({ operation }) => operation.operation === 'query')
        .filter(({ document }) => graph.path === '/graphql' || /_entities|_service/.test(document))
      expect(operations.length).toBeGreaterThan(2)
      for (const { document, operation, ...rest } of operations) {
        const question = {
          document,
          operationName: operation.name?.value,
          variables: variablesFor({ document, operation, ...rest }, graph.schema, vocabulary, decider([])),
          caller: callers[0] ?? null,
          path: graph.path,
        }
        if (!asksForSchema(question)) await compared(question)
      }
    },
  )

  it.each(graphs)('to generated queries at $path', patient, async (graph) => {
    const { casesOf17 } = scale
    const numRuns = graph.path === '/graphql' ? casesOf17 : Math.ceil(casesOf17 / 4)
    const shares = await compareGenerated(graph, numRuns)
    expect(shares.data).toBeGreaterThan(0.4)
    expect(shares.errors).toBeGreaterThan(0.03)
  })

  it('where rows break what the schema takes for granted', patient, async () => {
    await breakRows(harness)
    const shares = await compareGenerated(graphs[0], Math.ceil(scale.casesOf17 / 2))
    expect(shares.errors).toBeGreaterThan(0.1)
  })
})
