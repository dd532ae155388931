/** Fields that fail in the middle of an answer: what becomes of the others, and of what they stand in, is graphql-js's to say. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { select } from '../schema/idPlaces.ts'
import { type BothWays, createBothWays } from '../support/bothWays.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'
import { breakRows } from './brokenRows.ts'
import { callers } from './callers.ts'
import { withCursors } from './cursors.ts'
import { questions } from './generated.ts'
import { manyShapes } from './manyShapes.ts'
import { scale } from './scale.ts'
import { demoVocabulary, type Vocabulary } from './vocabulary.ts'

const patient = { timeout: scale.patience }
passOverLeftBehind()

const graph = { schema, path: '/graphql' }

describe('where rows break what the schema takes for granted', () => {
  let harness: Harness
  let ways: BothWays
  let vocabulary: Vocabulary
  beforeAll(async () => {
    harness = await createHarness(manyShapes)
    ways = createBothWays(harness)
    vocabulary = await withCursors(demoVocabulary, ways.reference)
    await breakRows(harness)
  })
  afterAll(() => harness.close())

  /** Every field of the type by itself, so that each failure has an answer of its own, and two levels of them at once. */
  const everyField = (['User', 'Access', 'Token', 'Role'] as const).flatMap((name) => {
    const list = { User: 'users', Access: 'accesses', Token: 'tokens', Role: 'roles' }[name]
    const page = name === 'Role' ? '' : '(limit: 200)'
    const fields = select(schema.getType(name) as never, 1).slice('{ __typename '.length, -2)
    const each = fields.match(/\w+(?: \{[^}]*(?:\{[^}]*\}[^}]*)*\})?/g) ?? []
    return each.map((field) => ({
      title: `${name}.${field.split(' ')[0]}`,
      document: `{ ${list}${page} { total results { __typename ${field} } } }`,
    }))
  })

  it.each(everyField)('answers as graphql-js does of all of $title', async ({ document }) => {
    for (const caller of callers.slice(0, 3)) await ways.compared({ document, caller })
  })

  it.each([
    [
      'a field of one type among four',
      '{ accesses { results { id ... on ApiConnectionAccess { name language } ... on UiConnectionAccess { twoFaEnabled } ... on SsoConnectionAccess { ssoId } ... on ProfileAccess { name } } } }',
    ],
    ['a list below a root that can be null', '{ a: token(id: "1") { scope } b: token(id: "4") { id scope } }'],
    [
      'several at once, under several names',
      '{ a: tokens { results { id user { id } } } b: tokens { results { allowedScopes { generalScopes servicesScopes { roles { name } } organizationScopes { roles { name resource { id } } permissions { permissionId } } } } } c: roles { total } }',
    ],
    [
      'one behind nullable links',
      '{ users { results { id createdBy { firstname user { id organization { id } } access { id user { id } ... on ApiConnectionAccess { name } } } } } }',
    ],
    ['a list, while another one waits', '{ tokens { results { userId scope } a: results { status } } }'],
    [
      'nodes of all types',
      '{ accesses(limit: 200) { results { nodeId } } nodes(ids: ["QWNjZXNzOjI", "QWNjZXNzOjE", "VG9rZW46OQ", "no node", "VG9rZW46MQ"]) { __typename nodeId ... on Access { type user { id } ... on ApiConnectionAccess { name } } ... on Token { scope access { id } } } }',
    ],
  ])('answers as graphql-js does where it fails in %s', async (_, document) => {
    for (const caller of callers) await ways.compared({ document, caller })
  })

  it('answers generated queries as graphql-js does', patient, async () => {
    let failed = 0
    await fc.assert(
      fc.asyncProperty(questions(graph, 'query', vocabulary), async (question) => {
        const { body } = await ways.compared(question)
        if (body.includes('"INTERNAL_SERVER_ERROR"')) failed += 1
      }),
      { seed: scale.seed, numRuns: Math.ceil(scale.cases / 2) },
    )
    expect(failed).toBeGreaterThan(scale.cases / 60)
  })
})

describe('where the database refuses statements', () => {
  let harness: Harness
  let ways: BothWays
  let vocabulary: Vocabulary
  beforeAll(async () => {
    harness = await createHarness(manyShapes)
    ways = createBothWays(harness)
    vocabulary = await withCursors(demoVocabulary, ways.reference)
  })
  afterAll(() => harness.close())

  /** A statement that makes others fail from now on, and one that mends it. */
  const damages = [
    [
      'a column of users',
      'ALTER TABLE users RENAME organization_id TO gone',
      'ALTER TABLE users RENAME gone TO organization_id',
    ],
    [
      'a column of accesses',
      'ALTER TABLE accesses RENAME last_login_at TO gone',
      'ALTER TABLE accesses RENAME gone TO last_login_at',
    ],
    ['all tokens', 'ALTER TABLE tokens RENAME TO gone', 'ALTER TABLE gone RENAME TO tokens'],
    [
      'the roles that accesses hold',
      'ALTER TABLE role_assignments RENAME TO gone',
      'ALTER TABLE gone RENAME TO role_assignments',
    ],
  ] as const

  it.each(damages)('answers as graphql-js does without %s', patient, async (_, damage, mend) => {
    const { prisma } = harness
    // Who has asked before is known: no statement about the caller itself fails.
    for (const caller of callers) await ways.compared({ document: '{ viewer { subject } }', caller })
    await prisma.$executeRawUnsafe(damage)
    try {
      let failed = 0
      await fc.assert(
        fc.asyncProperty(questions(graph, 'query', vocabulary), async (question) => {
          const { body } = await ways.compared(question)
          if (body.includes('"INTERNAL_SERVER_ERROR"')) failed += 1
        }),
        { seed: scale.seed, numRuns: Math.ceil(scale.cases / 8) },
      )
      expect(failed).toBeGreaterThan(0)
    } finally {
      await prisma.$executeRawUnsafe(mend)
    }
  })
})
