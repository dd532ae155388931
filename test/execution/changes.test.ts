/** What changes something is held against graphql-js as well: the same mutations, in turn, on two copies of the database. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Gateway } from '../../src/gateway.ts'
import { schema } from '../../src/schema/index.ts'
import { asking, expectSame, type Question, type Reply, referenceGateway } from '../support/bothWays.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { passOverLeftBehind } from '../support/leftBehind.ts'
import { callers } from './callers.ts'
import { decider, decisions } from './choices.ts'
import { questions } from './generated.ts'
import { manyShapes } from './manyShapes.ts'
import { repositoryOperations, variablesFor } from './repository.ts'
import { scale } from './scale.ts'
import { demoVocabulary } from './vocabulary.ts'

passOverLeftBehind()

/** Those of the repository, and generated ones. */
function mutations(): readonly Question[] {
  const { seed, cases } = scale
  const own = repositoryOperations().filter(({ operation }) => operation.operation === 'mutation')
  expect(own.length).toBeGreaterThan(15)
  const drawn = fc.sample(decisions(40), { seed, numRuns: own.length })
  const asked = own.map((operation, index) => ({
    document: operation.document,
    operationName: operation.operation.name?.value,
    variables: variablesFor(operation, schema, demoVocabulary, decider(drawn[index] ?? [])),
    caller: callers[index % 3] ?? null,
  }))
  const generated = questions({ schema, path: '/graphql' }, 'mutation', demoVocabulary)
  return [...asked, ...fc.sample(generated, { seed, numRuns: Math.ceil(cases / 3) })]
}

interface Made {
  readonly replies: readonly Reply[]
  /** What stands in the tables at the end, as text. */
  readonly rows: readonly string[]
}

/** Asks all of it of one gateway over a database of its own. */
async function made(asked: readonly Question[], gatewayOf: (harness: Harness) => Gateway): Promise<Made> {
  const harness = await createHarness({ ...manyShapes, MAX_MUTATION_FIELDS: '20' })
  try {
    const { prisma } = harness
    const before = await prisma.token.count()
    const known = new Set((await prisma.user.findMany()).map(({ id }) => id))
    // Some tokens belong to nobody: what is told of them fails once they have been changed.
    await prisma.$executeRawUnsafe('ALTER TABLE tokens DROP CONSTRAINT tokens_organization_id_live_access_id_fkey')
    await prisma.$executeRawUnsafe('UPDATE tokens SET access_id = 999999 WHERE id IN (2, 5, 9)')
    const ask = asking(harness, gatewayOf(harness))
    const replies: Reply[] = []
    for (const question of asked) replies.push(await ask(question))

    const tokens = await prisma.token.findMany({ orderBy: { id: 'asc' } })
    const events = await prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })
    const keys = await prisma.idempotencyKey.findMany({ orderBy: [{ organizationId: 'asc' }, { key: 'asc' }] })
    const assignments = await prisma.roleAssignment.findMany({ orderBy: { id: 'asc' } })
    const roles = await prisma.role.findMany({ orderBy: { id: 'asc' }, include: { permissions: true } })
    const users = await prisma.user.findMany({ orderBy: [{ createdAt: 'asc' }, { email: 'asc' }] })
    const accesses = await prisma.access.findMany({ orderBy: { id: 'asc' } })
    const created = users.filter(({ id }) => !known.has(id))
    const mask = masking(tokens.slice(before), created)
    return {
      replies: replies.map((reply) => ({ ...reply, body: mask(reply.body) })),
      rows: [
        ...users.map((user) => mask(JSON.stringify(user))),
        ...accesses.map((access) => mask(JSON.stringify(access))),
        ...tokens.map(({ secretHash: _, ...token }) => mask(JSON.stringify(token))),
        ...events.map(({ id: _, ...event }) => mask(JSON.stringify(event))),
        ...keys.map(({ requestHash: _, ...key }) => mask(JSON.stringify(key))),
        ...assignments.map(({ id: _, ...assignment }) => JSON.stringify(assignment)),
        ...roles.map((role) => JSON.stringify(role)),
      ],
    }
  } finally {
    await harness.close()
  }
}

/** Puts a number in the place of what is random: secrets with their hints; and of ids, which may have gaps. */
function masking(
  issued: readonly { readonly id: number; readonly hint: string }[],
  created: readonly { readonly id: string }[],
): (text: string) => string {
  const places = new Map([
    ...created.flatMap(({ id }, place) => [
      [id, `the user ${place}`] as const,
      [Buffer.from(`User:${id}`).toString('base64url'), `the node of user ${place}`] as const,
    ]),
    ...issued.flatMap(({ id, hint }, place) => [
      [String(id), `the token ${place}`] as const,
      [Buffer.from(`Token:${id}`).toString('base64url'), `the node of token ${place}`] as const,
      [hint, `the hint of token ${place}`] as const,
    ]),
  ])
  return (text) =>
    text
      .replace(/iamt_\w{45}(\w{4})/g, (_, hint: string) => `the secret with ${places.get(hint)}`)
      .replace(/"([\w-]+)"/g, (quoted, inner: string) => (places.has(inner) ? `"${places.get(inner)}"` : quoted))
      .replace(
        /"(id|tokenId|rotatedFromId)":(\d+)/g,
        (_, name: string, id: string) => `"${name}":"${places.get(id) ?? id}"`,
      )
}

it('mutations answer as by graphql-js, and leave the same rows and audit events', {
  timeout: scale.patience,
}, async () => {
  const asked = mutations()
  const production = await made(asked, ({ gateway }) => gateway)
  const reference = await made(asked, referenceGateway)
  for (const [index, question] of asked.entries()) {
    const [said, expected] = [production.replies[index], reference.replies[index]]
    if (said === undefined || expected === undefined) throw new Error('expected a reply to each question')
    expectSame(question, said, expected)
  }
  expect(production.rows).toEqual(reference.rows)
  // All kinds of ends are among them, and more than one root field after another.
  const bodies = production.replies.map(({ body }) => body).join('\n')
  for (const part of ['the secret with', 'IssueTokenPayload', 'NotFoundError', 'BAD_USER_INPUT', '"completed"']) {
    expect(bodies).toContain(part)
  }
})
