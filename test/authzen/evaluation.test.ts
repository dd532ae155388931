import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { type Post, posting, user, zone } from '../support/authzen.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const update = { name: 'dns.record.update' }
const zoe = demoAccess('zoe.hartmann@lakeside.example')
const bruno = demoAccess('bruno.steiner@lakeside.example')
const ada = demoAccess('ada.lovelace@lakeside.example')
const checking = asDemoUser('ada.lovelace@lakeside.example', 'permissions:check')

let harness: Harness
let post: Post
beforeAll(async () => {
  harness = await createHarness({ MAX_PAGE_SIZE: '100' })
  post = posting(harness)
  await post('evaluation', { subject: user(zoe.person.userId), action: update, resource: zone('example.com') })
})
afterAll(() => harness.close())

describe('an evaluation', () => {
  const answer = async (subject: object, action: object, resource: object, caller = checking) => {
    const { status, body } = await post('evaluation', { subject, action, resource }, { caller })
    expect(status).toBe(200)
    return body as { decision: boolean; context?: { reason: string; missing: { kind: string }[] } }
  }
  const kinds = async (...asked: Parameters<typeof answer>) =>
    (await answer(...asked)).context?.missing.map(({ kind }) => kind)

  it('is about an access, a token, or a user, who may what any of its accesses may', async () => {
    const access = { type: 'access', id: String(zoe.accessId) }
    expect(await answer(access, update, zone('example.com'))).toEqual({ decision: true })
    expect(await answer(user(zoe.person.userId.toUpperCase()), update, zone('example.com'))).toEqual({ decision: true })
    // One by the role of a user interface, one by that of a profile.
    for (const name of ['iam.role.assign', 'dns.record.update']) {
      expect(await answer(user(ada.person.userId), { name }, zone('example.com'))).toEqual({ decision: true })
    }
    expect((await answer({ type: 'access', id: String(ada.accessId) }, update, zone('a.example'))).decision).toBe(true)
    const token = { type: 'token', id: String(demoTokenId('Terraform Cloud')) }
    const { data } = await harness.askRaw(
      `{ checkPermissions(checks: [{ tokenId: "${token.id}", permissionId: "dns.zone.read", resource: { type: ZONE, id: "example.com" } }]) { allowed } }`,
    )
    const { decision } = await answer(token, { name: 'dns.zone.read' }, zone('example.com'))
    expect(data).toEqual({ checkPermissions: [{ allowed: decision }] })
  })

  it('takes a zone in any of its spellings', async () => {
    expect(await answer(user(zoe.person.userId), update, zone('EXAMPLE.com.'))).toEqual({ decision: true })
  })

  it('says why not, with roles where the caller may read them', async () => {
    const asked = [user(zoe.person.userId), update, zone('a.example')] as const
    const held = (id: string) => ({ kind: 'OTHER_RESOURCE', role: 'zone-editor', resource: zone(id) })
    const reader = asDemoUser('ada.lovelace@lakeside.example', 'permissions:check roles:read')
    expect(await answer(...asked, reader)).toEqual({
      decision: false,
      context: {
        reason:
          'Denied: held is only the role zone-editor on zone:example.com and the role zone-editor on zone:example.net.',
        missing: [held('example.com'), held('example.net')],
      },
    })
    expect(await answer(...asked)).toEqual({
      decision: false,
      context: {
        reason: 'Denied: it is held on another resource only.',
        missing: [{ kind: 'OTHER_RESOURCE' }],
      },
    })
  })

  it('tells each kind of what is missing', async () => {
    const everybody = user(zoe.person.userId)
    expect(await kinds(everybody, { name: 'iam.role.assign' }, zone('example.com'))).toEqual(['NO_ROLE'])
    expect(await kinds(user(bruno.person.userId), update, zone('example.com'))).toEqual(['EXPIRED'])
    expect(await kinds(everybody, { name: 'no.such.permission' }, zone('example.com'))).toEqual(['UNKNOWN_PERMISSION'])
    expect(await kinds(everybody, { name: '\0' }, zone('example.com'))).toEqual(['UNKNOWN_PERMISSION'])
  })

  it.each([
    ['a UUID of nobody', { type: 'user', id: '00000000-0000-4000-8000-000000000000' }],
    ['no UUID', { type: 'user', id: 'alice' }],
    ['no number', { type: 'access', id: '1e3' }],
    ['a number beyond all', { type: 'token', id: '99999999999999999999' }],
    ['another type', { type: 'spaceship', id: '1' }],
    ['the name of a member of objects', { type: 'constructor', id: '1' }],
    ['nothing', { type: '', id: '' }],
  ])('denies a subject that is not there: %s', async (_title, subject) => {
    expect(await kinds(subject, update, zone('example.com'))).toEqual(['UNKNOWN_SUBJECT'])
  })

  it.each([
    ['another type', { type: 'record', id: 'example.com' }],
    ['a type in upper case', { type: 'ZONE', id: 'example.com' }],
    ['a wildcard', zone('*.example')],
    ['nothing', zone('')],
  ])('denies a resource that can not be, to whoever may everything: %s', async (_title, resource) => {
    expect(await kinds(user(ada.person.userId), { name: 'iam.role.assign' }, resource)).toEqual(['UNKNOWN_RESOURCE'])
  })

  it('knows a user without accesses from none', async () => {
    const id = '90000000-0000-4000-8000-000000000001'
    const at = { createdAt: harness.now, updatedAt: harness.now }
    const { organization } = ada.person
    await harness.prisma.user.create({
      data: {
        ...{ ...at, id, organizationId: organization.id, firstname: 'New', lastname: 'New' },
        ...{ email: 'new@lakeside.example', language: 'EN' },
      },
    })
    expect(await kinds(user(id), update, zone('example.com'))).toEqual(['NO_ROLE'])
  })
})

describe('evaluations', () => {
  const [may, mayNot] = [{ resource: zone('example.com') }, { resource: zone('a.example') }]
  const broken = { resource: 'example.com' }
  const decide = async (evaluations: unknown, semantic?: unknown) => {
    const options = semantic === undefined ? {} : { options: { evaluations_semantic: semantic } }
    const body = { subject: user(zoe.person.userId), action: update, evaluations, ...options }
    const reply = await post('evaluations', body, { caller: checking })
    const answer = reply.body as { evaluations?: { decision: boolean; context?: object }[] }
    return { ...reply, decisions: answer.evaluations?.map(({ decision }) => decision) }
  }

  it.each<[string | undefined, readonly object[], readonly boolean[]]>([
    [undefined, [may, mayNot, broken, may], [true, false, false, true]],
    ['execute_all', [mayNot, may, broken, may], [false, true, false, true]],
    ['deny_on_first_deny', [may, may, mayNot, may], [true, true, false]],
    ['deny_on_first_deny', [may, broken, may], [true, false]],
    ['deny_on_first_deny', [may, may], [true, true]],
    ['permit_on_first_permit', [mayNot, broken, may, mayNot], [false, false, true]],
    ['permit_on_first_permit', [mayNot, mayNot], [false, false]],
  ])('%s ends where it says', async (semantic, asked, expected) => {
    expect((await decide(asked, semantic)).decisions).toEqual(expected)
  })

  it('takes nothing of a default where an evaluation has its own, be that null', async () => {
    const body = { subject: user(zoe.person.userId), action: update, ...may }
    const asked = [{ resource: null }, { subject: { type: 'user' } }, 1, { action: null }, {}]
    const reply = await post('evaluations', { ...body, evaluations: asked })
    expect(reply.body).toEqual({
      evaluations: [
        ...asked.slice(0, -1).map(() => ({
          decision: false,
          context: { error: { status: 400, code: 'BAD_REQUEST', message: expect.any(String) } },
        })),
        { decision: true },
      ],
    })
  })

  it.each<[string, object]>([
    ['a list that is none', { evaluations: {} }],
    ['more than a page has rows', { evaluations: Array.from({ length: 101 }, () => may) }],
    ['a semantic that is not there', { evaluations: [may], options: { evaluations_semantic: 'toString' } }],
    ['options that are none', { evaluations: [may], options: 'execute_all' }],
    ['a default that is not whole', { evaluations: [may], subject: { type: 'user' } }],
    ['a context that is no object', { evaluations: [may], context: [] }],
  ])('is refused whole for %s', async (_title, given) => {
    const body = { subject: user(zoe.person.userId), action: update, ...given }
    const { status, body: message, statements } = await post('evaluations', body)
    expect({ status, statements }).toEqual({ status: 400, statements: [] })
    expect(message).toMatch(/^BAD_REQUEST: ".*": expected /)
  })

  it('gives the same for the same question twice, and for another one straight after', async () => {
    expect((await decide([may, may, mayNot, mayNot, may])).decisions).toEqual([true, true, false, false, true])
  })

  it.each([1, 100])('takes one statement for %i evaluations of users, accesses and tokens', async (count) => {
    const kinds = [user(zoe.person.userId), { type: 'access', id: '1' }, { type: 'token', id: '1' }]
    const asked = Array.from({ length: count }, (_, index) => ({
      ...{ subject: kinds[index % 3], action: update, resource: zone(`${index % 7}.example`) },
    }))
    const { status, statements } = await decide(asked)
    expect({ status, statements: statements.length }).toEqual({ status: 200, statements: 1 })
  })

  it('says the same as checkPermissions', async () => {
    const { data } = await harness.askRaw('{ accesses(limit: 100) { results { id } } permissions { results { id } } }')
    const { accesses, permissions } = data as Record<string, { results: { id: string }[] }>
    const asked = (accesses?.results ?? []).slice(0, 50).map(({ id }, index) => ({
      accessId: id,
      permissionId: permissions?.results[index % permissions.results.length]?.id ?? '',
      zoneName: ['example.com', 'example.net', 'lakeside.example'][index % 3] ?? '',
    }))
    const checks = asked.map(({ accessId, permissionId, zoneName }) => ({
      ...{ accessId, permissionId, resource: { type: 'ZONE', id: zoneName } },
    }))
    const checked = await harness.askRaw(
      'query ($checks: [PermissionCheck!]!) { checkPermissions(checks: $checks) { allowed } }',
      { checks },
    )
    const { body } = await post('evaluations', {
      evaluations: asked.map(({ accessId, permissionId, zoneName }) => ({
        ...{ subject: { type: 'access', id: accessId }, action: { name: permissionId }, resource: zone(zoneName) },
      })),
    })
    const { evaluations } = body as { evaluations: { decision: boolean }[] }
    expect(evaluations.map(({ decision }) => ({ allowed: decision }))).toEqual(checked.data?.checkPermissions)
    expect(new Set(evaluations.map(({ decision }) => decision)).size).toBe(2)
  })
})

it('nothing of all that was unexpected', () => {
  expect(harness.unexpected).toEqual([])
})
