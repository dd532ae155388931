/** What production executes is held against graphql-js, byte for byte: every operation of the repository, and generated ones. */
import fc from 'fast-check'
import { parse, specifiedRules, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoExamples } from '../../examples/data/demo/callers.ts'
import type { Read } from '../../src/db/read.ts'
import { exampleTabs } from '../../src/graphiql/examples.ts'
import { schema } from '../../src/schema/index.ts'
import { createSubgraph } from '../../src/schema/subgraph.ts'
import { pages } from '../operation/fixtures/pages.ts'
import {
  type Ask,
  type BothWays,
  createBothWays,
  expectSame,
  type Reply,
  referenceGateway,
} from '../support/bothWays.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'
import { callers } from './callers.ts'
import { type Decide, decider, decisions } from './choices.ts'
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
let ways: BothWays
let vocabulary: Vocabulary

beforeAll(async () => {
  harness = await createHarness(manyShapes)
  await addUnusualRows(harness)
  ways = createBothWays(harness)
  vocabulary = await withCursors(demoVocabulary, ways.reference)
})
afterAll(() => harness.close())

describe('a gateway as in production answers as graphql-js does', () => {
  const operations = repositoryOperations().filter(({ operation }) => operation.operation === 'query')

  it('to the operations of the repository, which are found', () => {
    const found = new Set(operations.map(({ file }) => file.split('/')[0]))
    expect([...found].sort()).toEqual(['README.md', 'bench', 'examples', 'src', 'test'])
    expect(operations.length).toBeGreaterThan(250)
  })

  it.each(graphs)(
    'to the queries of the repository, with values for their variables, at $path',
    patient,
    async (graph) => {
      const asked = operations.filter(
        ({ document }) => graph.path === '/graphql' || /_entities|_service/.test(document),
      )
      expect(asked.length).toBeGreaterThan(2)
      const draws = fc.sample(fc.tuple(fc.nat(), decisions(30)), { seed: scale.seed, numRuns: asked.length })
      for (const [index, { document, operation, ...rest }] of asked.entries()) {
        const [caller, taken] = draws[index] ?? [0, []]
        const ask = (who: Caller | undefined, decide: Decide) =>
          ways.compared({
            document,
            operationName: operation.name?.value,
            variables: variablesFor({ document, operation, ...rest }, graph.schema, vocabulary, decide),
            caller: who ?? null,
            path: graph.path,
          })
        await ask(callers[0], decider([]))
        await ask(callers[caller % callers.length], decider(taken))
      }
    },
  )

  it.each([
    ...exampleTabs({ ...demoExamples, accessId: String(demoExamples.accessId), tokenId: String(demoExamples.tokenId) })
      .filter(({ query }) => !/^mutation/m.test(query))
      .map(({ name, query, variables }) => ({ name, document: query, variables })),
    ...Object.entries(pages).map(([name, page]) => ({ name, ...page })),
  ])('to what users see first, with the variables that it has there: $name', async ({ document, variables }) => {
    for (const caller of callers) await ways.compared({ document, variables, caller })
  })

  const rules = specifiedRules.filter(({ name }) => name !== 'MaxIntrospectionDepthRule')
  it.each(graphs)('to generated queries at $path', patient, async (graph) => {
    const told: Record<string, number> = {}
    const numRuns = graph.path === '/graphql' ? scale.cases : Math.ceil(scale.cases / 4)
    await fc.assert(
      fc.asyncProperty(questions(graph, 'query', vocabulary), async (question) => {
        expect(validate(graph.schema, parse(question.document), rules), question.document).toEqual([])
        const { body } = await ways.compared(question)
        const kind = kindOf(JSON.parse(body))
        told[kind] = (told[kind] ?? 0) + 1
      }),
      { seed: scale.seed, numRuns },
    )
    // What is refused before it is executed proves nothing, and what never fails proves little.
    const share = (kind: Kind) => (told[kind] ?? 0) / numRuns
    expect(share('refused'), JSON.stringify(told)).toBeLessThan(0.4)
    expect(share('data')).toBeGreaterThan(0.4)
    expect(share('data and errors')).toBeGreaterThan(0.03)
    expect(share('errors')).toBeGreaterThan(0.03)
  })
})

type Kind = 'refused' | 'data' | 'data and errors' | 'errors'

function kindOf({ data, errors }: { readonly data?: unknown; readonly errors?: unknown }): Kind {
  if (data === undefined) return 'refused'
  if (data === null) return 'errors'
  return errors === undefined ? 'data' : 'data and errors'
}

describe('the comparison', () => {
  const comparing = (compared: Ask, numRuns: number, endOnFailure: boolean) =>
    fc.check(
      fc.asyncProperty(questions(graphs[0], 'query', vocabulary), async (question) => void (await compared(question))),
      { seed: scale.seed, numRuns, endOnFailure },
    )

  it('tells of a gateway that gives rows in another order', patient, async () => {
    const { opened } = harness
    const read: Read = async (statement) => (await opened.read<never>(statement)).reverse()
    const reversed = referenceGateway(harness, { database: { ...opened, read } })
    const { failed, errorInstance } = await comparing(
      createBothWays(harness, { reference: reversed }).compared,
      50,
      true,
    )
    expect(failed).toBe(true)
    expect(String(errorInstance)).toMatch(/--- production\n200 /)
  })

  it('tells so with a document that has nothing to spare', patient, async () => {
    const reply = (body: string): Reply => ({ status: 200, type: null, body, headers: [] })
    const compared: Ask = async (question) => {
      expectSame(question, reply(String(question.document.includes('roleAssignments'))), reply('false'))
      return reply('')
    }
    const { counterexample, errorInstance } = await comparing(compared, 1_000, false)
    const document = counterexample?.[0].document ?? ''
    expect(document.split(/[\s{}]+/).length, document).toBeLessThan(20)
    expect(String(errorInstance)).toContain(`\n${document}\n`)
  })
})
