/**
 * Requests of two organizations at the same time, over HTTP: each gets what it gets alone, whatever the others ask for.
 * Statements that requests share have the tenant beside each key; without it there, rows go to whoever asked for the id.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { encodeOpaque } from '../../src/opaqueId.ts'
import type { Server } from '../../src/server.ts'
import { type Ask, asking, expectSame, type Question, type Reply, referenceGateway } from '../support/bothWays.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'
import { serve } from '../support/server.ts'
import { callers } from './callers.ts'
import { decider } from './choices.ts'
import { scale } from './scale.ts'

passOverLeftBehind()

const atOnce = 48

let harness: Harness
let server: Server
let ask: Ask
let alone: Ask
beforeAll(async () => {
  harness = await createHarness()
  server = await serve(harness.gateway)
  ask = asking(harness, { fetch: sentTo(server) })
  alone = asking(harness, referenceGateway(harness))
  // An access that fails by itself must not take others with it.
  await harness.prisma.$executeRawUnsafe('ALTER TABLE accesses DROP CONSTRAINT accesses_api_connection_check')
  await harness.prisma.access.update({ where: { id: demoAccess('Terraform').accessId }, data: { name: null } })
})
afterAll(async () => {
  await server.close()
  await harness.close()
})

/** Sends requests over a connection. */
function sentTo({ url }: Server): (request: Request) => Promise<Response> {
  return async (request) => {
    const { method, headers } = request
    const { pathname } = new URL(request.url)
    return fetch(new URL(pathname, url), { method, headers, body: await request.text() })
  }
}

/** People with accesses and tokens, of one organization and of the other; everybody asks for all of them. */
const own = ['ada.lovelace@lakeside.example', 'Provisioning', 'Terraform', 'oliver.bennett@lakeside.example']
const others = [
  'camille.rousseau@lumiere.example',
  'Site de campagne',
  'Déploiement',
  'etienne.lefevre@lumiere.example',
]
const wanted = [...own, ...others].map(demoAccess)
const userIds = wanted.map(({ person }) => person.userId)
const accessIds = wanted.map(({ accessId }) => String(accessId))
const tokenIds = ['Provisioning portal', 'Terraform Cloud', 'Campagne été'].map((name) => String(demoTokenId(name)))
const nodeIds = [
  ...userIds.map((id) => encodeOpaque('User', id)),
  ...accessIds.map((id) => encodeOpaque('Access', id)),
  ...tokenIds.map((id) => encodeOpaque('Token', id)),
  encodeOpaque('Role', 'zone-admin'),
]

const user =
  'id email organization { customerId } accesses { total results { id type roles { id } } } lastLoginAt tokens { total }'
const access =
  'id type user { id email } permissions { id } createdBy { user { email } access { id } } held: tokens(limit: 2) { total results { id name } }'
const token = 'id name hint user { id email } access { id type } rotatedFrom { id } orgId'

/** Single questions and lists, of ids that both organizations ask for, and some that fail or are refused. */
const documents: readonly Pick<Question, 'document' | 'variables'>[] = [
  ...[...userIds, '00000000-0000-4000-8000-000000000000', 'no id'].map((id) => ({
    document: `query ($id: ID!) { user(id: $id) { ${user} } }`,
    variables: { id },
  })),
  ...[...accessIds, '999999', '0'].map((id) => ({
    document: `query ($id: ID!) { access(id: $id) { ${access} ... on ApiConnectionAccess { name } } }`,
    variables: { id },
  })),
  ...[...tokenIds, '999999'].map((id) => ({
    document: `query ($id: ID!) { token(id: $id) { ${token} } }`,
    variables: { id },
  })),
  ...nodeIds.map((_, from) => ({
    document: `query ($ids: [ID!]!) { nodes(ids: $ids) { nodeId ... on User { ${user} } ... on Access { ${access} } ... on Token { ${token} } ... on Role { accesses(limit: 3) { total results { id } } } } }`,
    variables: { ids: [...nodeIds.slice(from), 'no node', ...nodeIds.slice(0, from)].slice(0, 3 + (from % 9)) },
  })),
  ...[1, 5, 60].map((limit) => ({
    document: `query ($limit: Int) { users(limit: $limit) { total results { ${user} } } }`,
    variables: { limit },
  })),
  {
    document: `query ($ids: [ID!]) { users(search: { ids: $ids }) { total results { ${user} } } }`,
    variables: { ids: userIds },
  },
  {
    document: `{ tokens(limit: 20) { total results { ${token} } } accessesConnection(last: 7) { nodes { ${access} } } }`,
  },
  { document: '{ accesses { results { id ... on ApiConnectionAccess { name } } } }' },
  {
    document:
      '{ viewer { subject organization { name } user { email } access { id roles { id permissions { id } } } } }',
  },
  { document: '{ users { results { id tokens(limit: 0) { total } } } }' },
]

/** Both organizations, all of them, and callers without an access. */
const everybody = [0, 1, 2, 4, 6, 7].map((index) => callers[index] ?? null)

it('each gets what it gets alone', { timeout: scale.patience }, async () => {
  const { requests, seed } = scale
  const questions = documents.flatMap((document) => everybody.map((caller): Question => ({ ...document, caller })))
  const expected: Reply[] = []
  for (const question of questions) expected.push(await alone(question))
  // What must not get from one organization to the other is there to be got.
  const differing = documents.filter((_, index) => {
    const [first, second] = expected.slice(index * everybody.length)
    return first?.body !== second?.body
  })
  expect(differing.length).toBeGreaterThan(documents.length * 0.7)

  const [draws = []] = fc.sample(fc.array(fc.nat(), { minLength: requests, maxLength: requests, size: 'max' }), {
    seed,
    numRuns: 1,
  })
  const next = decider(draws)
  let left: number = requests
  const worker = async () => {
    while (left > 0) {
      left -= 1
      const index = next(questions.length)
      const question = questions[index] as Question
      expectSame(question, await ask(question), expected[index] as Reply)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
})
