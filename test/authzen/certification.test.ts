/**
 * The checks of AuthZEN's certification scenario (openid/authzen, certification/authorization-api-1_0-scenario.md), each by
 * its number, on a fixture of the gateway's own types: users by their UUIDs, zones for records, permissions for actions.
 *
 * What the scenario tells in `properties`, that a record is archived or that somebody is an administrator, is a fact of roles
 * here: a check that repeats it in its properties is answered by the roles. Two checks have no meaning here, c-2-2-6 and
 * c-2-2-7, in which the same action is allowed or not by a property of its own: what may be allowed by itself is a permission.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Post, posting, type Sending, user, zone } from '../support/authzen.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { organizationId } = demoCallers.administrator
const aliceId = 'a0000000-0000-4000-8000-00000000000a'
const bobId = 'b0000000-0000-4000-8000-00000000000b'
const alice = user(aliceId)
const bob = user(bobId)
const record1 = zone('record-1.example')
const record2 = zone('record-2.example')
const [read, write] = [{ name: 'record.read' }, { name: 'record.write' }]
const archived = { ...record2, properties: { status: 'archived' } }
const admin = { ...bob, properties: { role: 'admin' } }
const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' }

let harness: Harness
let post: Post

beforeAll(async () => {
  harness = await createHarness({ PUBLIC_URL: 'https://gateway.example' })
  post = posting(harness)
  const { prisma } = harness
  const at = { createdAt: harness.now, updatedAt: harness.now }
  await prisma.permission.createMany({ data: [read, write].map(({ name }) => ({ id: name, description: name })) })
  await prisma.role.createMany({ data: ['record-reader', 'record-writer'].map((id) => ({ id, description: id })) })
  await prisma.rolePermission.createMany({
    data: [
      { roleId: 'record-reader', permissionId: read.name },
      { roleId: 'record-writer', permissionId: read.name },
      { roleId: 'record-writer', permissionId: write.name },
    ],
  })
  await prisma.user.createMany({
    data: [aliceId, bobId].map((id, index) => ({
      ...{ ...at, id, organizationId, firstname: `Person ${index}`, lastname: 'Record', language: 'EN' as const },
      email: `person${index}@record.example`,
    })),
  })
  // Of two accesses each has a part of what its user may.
  const accesses = [
    { id: 9001, userId: aliceId, roleId: 'record-writer', resourceId: record1.id },
    { id: 9002, userId: bobId, roleId: 'record-reader', resourceId: record1.id },
    { id: 9003, userId: bobId, roleId: 'record-writer', resourceId: record2.id },
  ]
  await prisma.access.createMany({
    data: accesses.map(({ id, userId }) => ({
      ...{ ...at, id, organizationId, userId, type: 'UI_CONNECTION' as const, twoFaEnabled: true },
    })),
  })
  await prisma.roleAssignment.createMany({
    data: accesses.map(({ id, roleId, resourceId }) => ({
      ...{ organizationId, accessId: id, roleId, resourceType: 'ZONE' as const, resourceId },
    })),
  })
})
afterAll(() => harness.close())

const evaluate = async (body: unknown, sending?: Sending) => {
  const { status, headers, body: answer } = await post('evaluation', body, sending)
  return { status, type: headers.get('content-type'), ...(answer as { decision?: boolean; context?: object }) }
}
const decided = (decision: boolean) => ({ status: 200, type: 'application/json', decision })
const reading = { subject: alice, action: read, resource: record1 }

describe('Basic Core', () => {
  it('c-2-2-1: a permit', async () => {
    expect(await evaluate(reading)).toEqual(decided(true))
  })

  it('c-2-2-2: a deny', async () => {
    const answer = await evaluate({ subject: bob, action: write, resource: record1 })
    expect(answer).toMatchObject(decided(false))
    expect(answer.context).toEqual(expect.any(Object))
  })

  it('c-2-2-3: with a context', async () => {
    expect(await evaluate({ ...reading, context })).toEqual(decided(true))
  })

  it('c-2-2-8: with further properties', async () => {
    const asked = {
      subject: { ...alice, properties: { department: 'Sales', role: 'manager' } },
      action: { ...read, properties: { method: 'GET' } },
      resource: { ...record1, properties: { status: 'active', owner: 'bob' } },
    }
    expect(await evaluate(asked)).toEqual(decided(true))
  })

  it('c-2-2-9: with fields that nobody knows', async () => {
    expect(await evaluate({ ...reading, foo: 'bar', futureField: { nested: true } })).toEqual(decided(true))
  })

  it.each([
    [alice, write, record1, true],
    [bob, read, record1, true],
  ])('c-1-4: the other decisions of the fixture', async (subject, action, resource, decision) => {
    expect(await evaluate({ subject, action, resource })).toMatchObject(decided(decision))
  })

  it.each<[string, unknown]>([
    ['c-2-4-1: no subject', { action: read, resource: record1 }],
    ['c-2-4-1: no action', { subject: alice, resource: record1 }],
    ['c-2-4-1: no resource', { subject: alice, action: read }],
    ['c-2-4-2: a subject without a type', { ...reading, subject: { id: aliceId } }],
    ['c-2-4-2: a subject without an id', { ...reading, subject: { type: 'user' } }],
    ['c-2-4-2: an action without a name', { ...reading, action: {} }],
    ['c-2-4-2: a resource without a type', { ...reading, resource: { id: record1.id } }],
    ['c-2-4-2: a resource without an id', { ...reading, resource: { type: 'zone' } }],
    ['c-2-4-4: what is no JSON', '{"subject":'],
    ['c-2-4-5: nothing', ''],
    ['c-2-4-6: a subject that is a text', { ...reading, subject: aliceId }],
    ['c-2-4-6: a name that is a number', { ...reading, action: { name: 123 } }],
  ])('%s is a bad request', async (_title, body) => {
    expect((await evaluate(body)).status).toBe(400)
  })

  it('c-2-4-3: another content type is a bad request', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/graphql+json']) {
      expect((await evaluate(reading, { headers: { 'content-type': type } })).status).toBe(400)
    }
  })

  it.each(['bfe9eb29-ab87-4ca3-be83-a1d5d8305716', 'two words; and {more}'])(
    'c-2-5-1: the request id %s comes back',
    async (id) => {
      const headers = { 'x-request-id': id }
      for (const body of [reading, '', { ...reading, subject: bob, action: write }]) {
        expect((await post('evaluation', body, { headers })).headers.get('x-request-id')).toBe(id)
      }
      expect((await post('evaluation', reading, { headers, caller: null })).headers.get('x-request-id')).toBe(id)
    },
  )

  it('c-2-5-2: without a request id one is made', async () => {
    expect((await post('evaluation', reading)).headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  })

  it('c-2-6: the same request has the same decision', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => evaluate(reading)))
    expect(answers).toEqual(answers.map(() => decided(true)))
  })
})

describe('Basic Properties, as facts of roles', () => {
  it.each([
    ['c-2-2-4: nobody writes what is archived', alice, archived, false],
    ['c-2-2-5: but an administrator', admin, archived, true],
  ])('%s', async (_title, subject, resource, decision) => {
    expect(await evaluate({ subject, action: write, resource })).toMatchObject(decided(decision))
  })
})

const batch = async (body: object) => {
  const { status, body: answer } = await post('evaluations', body)
  const { evaluations } = answer as { evaluations: { decision: boolean; context?: object }[] }
  return { status, decisions: evaluations?.map(({ decision }) => decision), evaluations }
}
const decisions = (...all: readonly boolean[]) => ({ status: 200, decisions: all })

describe('Batch Core', () => {
  it('c-3-2-1: a decision for each evaluation', async () => {
    const asked = { subject: alice, action: read, evaluations: [{ resource: record1 }, { resource: record2 }] }
    expect(await batch(asked)).toMatchObject(decisions(true, false))
  })

  it('c-3-2-2, c-3-3: in the order asked', async () => {
    const asked = { subject: bob, resource: record1, evaluations: [{ action: read }, { action: write }] }
    expect(await batch(asked)).toMatchObject(decisions(true, false))
    expect(await batch({ ...asked, evaluations: asked.evaluations.toReversed() })).toMatchObject(decisions(false, true))
  })

  it('c-3-2-5: without defaults', async () => {
    const asked = { evaluations: [reading, { subject: bob, action: write, resource: record1 }] }
    expect(await batch(asked)).toMatchObject(decisions(true, false))
  })

  it('c-3-2-6: with a context for all, and one of its own', async () => {
    const own = { resource: record2, context: { time: '2025-06-27T19:00-07:00', source: 'batch-override' } }
    const asked = { subject: alice, action: read, context, evaluations: [{ resource: record1 }, own] }
    expect(await batch(asked)).toMatchObject(decisions(true, false))
  })

  it('c-3-4-1: one that can not be made is a deny that says why', async () => {
    const options = { evaluations_semantic: 'execute_all' }
    const asked = { subject: alice, action: read, options, evaluations: [{ resource: record1 }, {}] }
    const answer = await batch(asked)
    expect(answer).toMatchObject(decisions(true, false))
    expect(answer.evaluations[1]?.context).toEqual({
      error: { status: 400, code: 'BAD_REQUEST', message: '"resource": expected an object, received none' },
    })
  })

  it.each([
    ['c-3-4-2: no evaluations', {}],
    ['c-3-4-3: an empty list of them', { evaluations: [] }],
  ])('%s are a single one', async (_title, given) => {
    expect((await post('evaluations', { ...reading, ...given })).body).toEqual({ decision: true })
  })
})

describe('Batch Properties, as facts of roles', () => {
  const active = { ...record1, properties: { status: 'active' } }

  it('c-3-2-3: those of resources', async () => {
    const asked = { subject: alice, action: write, evaluations: [{ resource: active }, { resource: archived }] }
    expect(await batch(asked)).toMatchObject(decisions(true, false))
  })

  it('c-3-2-4: those of subjects', async () => {
    const asked = { action: write, resource: archived, evaluations: [{ subject: alice }, { subject: admin }] }
    expect(await batch(asked)).toMatchObject(decisions(false, true))
  })

  it('c-3-2-7: what is given takes the place of the default, whole', async () => {
    const asked = { subject: alice, action: write, resource: active, evaluations: [{}, { resource: archived }] }
    expect(await batch(asked)).toMatchObject(decisions(true, false))
  })
})

interface Searched {
  readonly page: { readonly next_token: unknown }
  readonly results: readonly object[]
}

const search = async (what: string, body: object) => {
  const { status, headers, body: answer } = await post(`search/${what}`, body)
  const { page, results } = answer as Searched
  return { status, type: headers.get('content-type'), page, results }
}
const found = (...results: readonly object[]) => ({ status: 200, type: 'application/json', results })
const subjects = { subject: { type: 'user' }, action: read, resource: record1 }
const resources = { subject: alice, action: read, resource: { type: 'zone' } }
const actions = { subject: alice, resource: record1 }

describe('Search Core', () => {
  it.each([
    ['c-4-2-1: who may', {}],
    ['c-4-2-2: with a context', { context }],
    ['c-4-2-3: with an id, which is ignored', { subject: alice }],
  ])('%s', async (_title, given) => {
    expect(await search('subject', { ...subjects, ...given })).toMatchObject(found(alice, bob))
  })

  it.each([
    ['c-4-3-1: to what', {}],
    ['c-4-3-2: with a context', { context }],
    ['c-4-3-3: with an id, which is ignored', { resource: record2 }],
  ])('%s', async (_title, given) => {
    expect(await search('resource', { ...resources, ...given })).toMatchObject(found(record1))
  })

  it.each([
    ['c-4-4-1: what', {}],
    ['c-4-4-2: with a context', { context }],
  ])('%s', async (_title, given) => {
    expect(await search('action', { ...actions, ...given })).toMatchObject(found(read, write))
  })

  it('c-4-5: a page, and the one that its token leads to', async () => {
    const first = await search('subject', { ...subjects, page: { limit: 1 } })
    expect(first).toMatchObject({ ...found(alice), page: { next_token: expect.stringMatching(/./), count: 1 } })
    const second = await search('subject', { ...subjects, page: { token: first.page.next_token } })
    expect(second).toMatchObject({ ...found(bob), page: { next_token: '', count: 1 } })
  })

  it.each<[string, string, object]>([
    ['c-4-6-1: an id of nobody', 'action', { ...actions, subject: user('nonexistent-user') }],
    ['c-4-6-1: an id of nobody', 'resource', { ...resources, subject: user('nonexistent-user') }],
    ['c-4-6-1: an id of nothing', 'subject', { ...subjects, resource: zone('nonexistent.example') }],
    ['c-4-6-2: a type that is not there', 'subject', { ...subjects, subject: { type: 'spaceship' } }],
    ['c-4-6-2: a type that is not there', 'resource', { ...resources, resource: { type: 'spaceship' } }],
    ['c-4-6-2: a type that is not there', 'action', { ...actions, resource: { type: 'spaceship', id: '1' } }],
  ])('%s finds nothing: %s', async (_title, what, body) => {
    expect(await search(what, body)).toEqual({ ...found(), page: { next_token: '', count: 0 } })
  })

  it.each<[string, string, object]>([
    ['c-4-7-1: no action', 'subject', { subject: { type: 'user' }, resource: record1 }],
    ['c-4-7-1: no subject', 'resource', { action: read, resource: { type: 'zone' } }],
    ['c-4-7-1: no resource', 'action', { subject: alice }],
    ['c-4-7-2: a resource without an id', 'subject', { ...subjects, resource: { type: 'zone' } }],
    ['c-4-7-2: a subject without an id', 'resource', { ...resources, subject: { type: 'user' } }],
    ['c-4-7-2: a subject without an id', 'action', { ...actions, subject: { type: 'user' } }],
  ])('%s is a bad request: %s', async (_title, what, body) => {
    expect((await post(`search/${what}`, body)).status).toBe(400)
  })
})

describe('Search Properties, as facts of roles', () => {
  it('c-4-2-4: those of the resource', async () => {
    const asked = { subject: { type: 'user' }, action: write, resource: archived }
    expect(await search('subject', asked)).toMatchObject(found(bob))
  })

  it('c-4-3-4: those of the subject', async () => {
    const asked = { subject: admin, action: write, resource: { type: 'zone' } }
    expect(await search('resource', asked)).toMatchObject(found(record2))
  })

  it('c-4-4-3: those of both', async () => {
    expect(await search('action', { subject: admin, resource: archived })).toMatchObject(found(read, write))
  })
})

describe('Discovery', () => {
  const path = '/.well-known/authzen-configuration'

  it('c-6: the metadata names the gateway and its endpoints', async () => {
    const response = await harness.fetch(path)
    expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'application/json',
    })
    const at = (name: string) => `https://gateway.example/access/v1/${name}`
    expect(await response.json()).toEqual({
      policy_decision_point: 'https://gateway.example',
      access_evaluation_endpoint: at('evaluation'),
      access_evaluations_endpoint: at('evaluations'),
      search_subject_endpoint: at('search/subject'),
      search_resource_endpoint: at('search/resource'),
      search_action_endpoint: at('search/action'),
    })
  })

  it('is read only, and may be remembered for a while', async () => {
    expect((await harness.fetch(path)).headers.get('cache-control')).toBe('max-age=300')
    expect((await harness.fetch(path, { method: 'HEAD' })).status).toBe(200)
    const { status, headers } = await harness.fetch(path, { method: 'POST' })
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' })
  })
})

it('nothing of all that was unexpected', () => {
  expect(harness.unexpected).toEqual([])
})
