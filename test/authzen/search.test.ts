import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Post, posting, zone } from '../support/authzen.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'

const { administrator, auditor } = demoCallers
const { organizationId } = administrator
const zones = ['a.example', 'b.example', 'none.example']

interface Searched {
  readonly page: { readonly next_token: string; readonly count: number }
  readonly context?: { readonly everywhere: boolean }
  readonly results: readonly { readonly type?: string; readonly id?: string; readonly name?: string }[]
}

/** What tokens may be limited to, in any mixture. */
const rights = fc.oneof(
  fc.constant(null),
  fc
    .record({
      allRoles: fc.boolean(),
      allPermissions: fc.boolean(),
      roles: fc.array(
        fc.record({
          name: fc.constantFrom('zone-reader', 'zone-editor', 'auditor'),
          resource: fc.constantFrom(null, 'zone:a.example', 'zone:b.example'),
        }),
        { maxLength: 2 },
      ),
      permissions: fc.array(
        fc.record({
          permissionId: fc.constantFrom('dns.zone.read', 'dns.record.update', 'iam.audit.read'),
          resources: fc.subarray(['zone:a.example', 'zone:b.example']),
        }),
        { maxLength: 2 },
      ),
    })
    // What allows all names none beside it.
    .map(({ allRoles, allPermissions, roles, permissions }) => ({
      ...{ allRoles, allPermissions, keptInToken: [] },
      ...{ roles: allRoles ? [] : roles, permissions: allPermissions ? [] : permissions },
    })),
)

let harness: Harness
let post: Post
let permissionIds: readonly string[]
let subjects: readonly { readonly type: string; readonly id: string }[]

beforeAll(async () => {
  harness = await createHarness({ MAX_PAGE_SIZE: '200' })
  post = posting(harness)
  const { prisma } = harness
  const accesses = await prisma.access.findMany({ orderBy: { id: 'asc' } })
  permissionIds = (await prisma.permission.findMany()).map(({ id }) => id).sort()
  const held = fc.uniqueArray(
    fc.record({
      roleId: fc.constantFrom('zone-reader', 'zone-editor', 'auditor', 'administrator'),
      resourceId: fc.constantFrom(null, 'a.example', 'b.example'),
      validUntil: fc.constantFrom(null, null, null, harness.now, new Date('2030-01-01')),
    }),
    { maxLength: 3, selector: ({ roleId, resourceId }) => `${roleId} ${resourceId}` },
  )
  const drawn = fc.sample(held, { numRuns: accesses.length, seed: 1 })
  await prisma.roleAssignment.deleteMany()
  await prisma.roleAssignment.createMany({
    data: accesses.flatMap((access, index) =>
      (drawn[index] ?? []).map(({ roleId, resourceId, validUntil }) => ({
        ...{ accessId: access.id, organizationId: access.organizationId, roleId, resourceId, validUntil },
        resourceType: resourceId === null ? null : ('ZONE' as const),
      })),
    ),
  })
  const own = accesses.filter((access) => access.organizationId === organizationId)
  const at = { createdAt: new Date('2019-01-01'), updatedAt: new Date('2019-01-01') }
  await prisma.token.createMany({
    data: fc.sample(rights, { numRuns: 120, seed: 2 }).map((organizationScopes, index) => ({
      ...{
        ...at,
        id: 9_000 + index,
        organizationId,
        accessId: own[index % own.length]?.id ?? 0,
        name: `Token ${index}`,
      },
      ...{ hint: 'abcd', secretHash: createHash('sha256').update(`${index}`).digest(), scope: [] },
      expiresAt: new Date(index % 13 === 0 ? '2020-01-01' : '2030-01-01'),
      deactivated: index % 11 === 0,
      revokedAt: index % 17 === 0 ? harness.now : null,
      allowedScopes: { generalScopes: [], organizationScopes, servicesScopes: [] } as object,
    })),
  })
  const tokens = await prisma.token.findMany({ where: { organizationId }, orderBy: { id: 'asc' } })
  subjects = [
    ...[...new Set(own.map(({ userId }) => userId))].map((id) => ({ type: 'user', id })),
    ...own.map(({ id }) => ({ type: 'access', id: String(id) })),
    ...tokens.map(({ id }) => ({ type: 'token', id: String(id) })),
  ]
  await post('evaluation', { subject: subjects[0], action: { name: 'x' }, resource: zone('a.example') })
})
afterAll(() => harness.close())

const search = async (what: string, body: object, sending?: Parameters<Post>[2]) => {
  const { status, body: answer, statements } = await post(`search/${what}`, body, sending)
  expect({ status, answer }).toMatchObject({ status: 200 })
  return { ...(answer as Searched), statements: statements.length }
}
/** The results of all pages. */
const follow = async (what: string, body: object, limit: number) => {
  const results: Searched['results'][number][] = []
  let token: string | undefined
  for (let pages = 0; token !== '' && pages < 500; pages++) {
    const page: Searched = await search(what, { ...body, page: { limit, ...(token === undefined ? {} : { token }) } })
    expect(page.page.count).toBe(page.results.length)
    results.push(...page.results)
    token = page.page.next_token
  }
  return results
}
/** Those of the questions that an evaluation permits. */
const permitted = async <Question extends object>(questions: readonly Question[]): Promise<readonly Question[]> => {
  const parts: Question[][] = []
  for (let start = 0; start < questions.length; start += 200) parts.push([...questions.slice(start, start + 200)])
  const found: Question[] = []
  for (const part of parts) {
    const { body } = await post('evaluations', { evaluations: part })
    const { evaluations } = body as { evaluations: { decision: boolean }[] }
    found.push(...part.filter((_, index) => evaluations[index]?.decision))
  }
  return found
}
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

describe('a subject search', () => {
  const cases = ['user', 'access', 'token'].flatMap((type) =>
    ['dns.zone.read', 'dns.record.update', 'iam.audit.read'].flatMap((action) =>
      zones.map((name) => [type, action, name] as const),
    ),
  )

  it.each(cases)('finds each %s that an evaluation permits to do %s on %s, once', async (type, action, name) => {
    const asked = { action: { name: action }, resource: zone(name) }
    const questions = subjects.filter((each) => each.type === type).map((subject) => ({ ...asked, subject }))
    const expected = (await permitted(questions)).map(({ subject }) => subject)
    expect(expected.length).toBeGreaterThan(1)
    expect(expected.length).toBeLessThan(questions.length)
    const found = await follow('subject', { ...asked, subject: { type } }, 7)
    expect(found.toSorted(byText)).toEqual(expected.toSorted(byText))
  })

  it.each([
    ['user', 1],
    ['access', 1],
    ['token', 2],
  ])('for a %s takes %i statements, and one for the key of page tokens the first time', async (type, statements) => {
    const asked = { subject: { type }, action: { name: 'dns.zone.read' }, resource: zone('a.example') }
    expect((await search('subject', { ...asked, page: { limit: 1 } })).statements).toBe(statements)
  })

  it('ignores an id beside the type', async () => {
    const asked = { action: { name: 'dns.zone.read' }, resource: zone('a.example') }
    const all = await search('subject', { ...asked, subject: { type: 'access' } })
    const [, second] = all.results
    expect(await search('subject', { ...asked, subject: second })).toEqual(all)
  })

  it('finds those of all organizations for who sees all of them', async () => {
    const asked = { subject: { type: 'access' }, action: { name: 'dns.zone.read' }, resource: zone('a.example') }
    const own = await search('subject', asked)
    const all = await search('subject', { ...asked, page: { limit: 200 } }, { caller: auditor })
    expect(all.results.length).toBeGreaterThan(own.results.length)
    expect(all.results).toEqual(expect.arrayContaining([...own.results]))
  })
})

describe('a resource search', () => {
  it.each(['user', 'access', 'token'])(
    'names each zone that a %s is limited to, and says what it may everywhere',
    async (type) => {
      const action = { name: 'dns.zone.read' }
      const some = subjects.filter((each) => each.type === type).slice(-60)
      const questions = some.flatMap((subject) => zones.map((name) => ({ subject, action, resource: zone(name) })))
      const permits = await permitted(questions)
      for (const subject of some) {
        const { results, context } = await search('resource', { subject, action, resource: { type: 'zone' } })
        const allowed = permits.filter((each) => each.subject === subject).map(({ resource }) => resource)
        // Nobody is limited to the last zone: who may there may everywhere.
        expect(context).toEqual({ everywhere: allowed.some(({ id }) => id === 'none.example') })
        expect(allowed).toEqual(expect.arrayContaining([...results]))
        if (!context?.everywhere) expect(results).toEqual(allowed)
      }
      expect(new Set(permits.map(({ resource }) => resource.id)).size).toBe(3)
    },
  )

  it('comes by page as well, with the same context', async () => {
    const subject = { type: 'user', id: '90000000-0000-4000-8000-0000000000aa' }
    const at = { createdAt: harness.now, updatedAt: harness.now }
    await harness.prisma.user.create({
      data: {
        ...{ ...at, id: subject.id, organizationId, firstname: 'Many', lastname: 'Zones', language: 'EN' },
        ...{ email: 'many@lakeside.example' },
        accesses: { create: { ...at, id: 9_500, type: 'UI_CONNECTION', twoFaEnabled: true } },
      },
    })
    const names = Array.from({ length: 5 }, (_, index) => `zone-${index}.example`)
    await harness.prisma.roleAssignment.createMany({
      data: names.map((resourceId) => ({
        ...{ accessId: 9_500, organizationId, roleId: 'zone-reader', resourceType: 'ZONE' as const, resourceId },
      })),
    })
    const asked = { subject, action: { name: 'dns.zone.read' }, resource: { type: 'zone' } }
    const first = await search('resource', { ...asked, page: { limit: 2 } })
    expect(first).toMatchObject({ context: { everywhere: false }, results: names.slice(0, 2).map(zone) })
    expect(await follow('resource', asked, 2)).toEqual(names.map(zone))
    // What is held everywhere limits nothing, and what another role is limited to says nothing of this action.
    await harness.prisma.roleAssignment.createMany({
      data: [
        { accessId: 9_500, organizationId, roleId: 'zone-reader' },
        ...['contact-manager'].map((roleId) => ({
          ...{ accessId: 9_500, organizationId, roleId, resourceType: 'ZONE' as const, resourceId: 'other.example' },
        })),
      ],
    })
    const { results, context } = await search('resource', asked)
    expect({ results, context }).toEqual({ results: names.map(zone), context: { everywhere: true } })
  })
})

describe('an action search', () => {
  it.each(['user', 'access', 'token'])('names each permission that a %s has on a zone', async (type) => {
    const some = subjects.filter((each) => each.type === type).slice(type === 'token' ? -40 : -12)
    const questions = some.flatMap((subject) =>
      permissionIds.map((name) => ({ subject, action: { name }, resource: zone('a.example') })),
    )
    const permits = await permitted(questions)
    for (const subject of some) {
      const asked = { subject, resource: zone('a.example') }
      const expected = permits.filter((each) => each.subject === subject).map(({ action }) => action)
      expect(await follow('action', asked, 10)).toEqual(expected)
    }
    expect(permits.length).toBeGreaterThan(10)
  })
})

describe('a search for what is not there is empty', () => {
  const action = { name: 'dns.zone.read' }
  const [nobody, someone] = ['00000000-0000-4000-8000-000000000000', { type: 'access', id: '1' }]

  it.each<[string, string, object]>([
    ['another type of subjects', 'subject', { subject: { type: 'spaceship' }, action, resource: zone('a.example') }],
    ['another type of resources', 'subject', { subject: { type: 'user' }, action, resource: { type: 'x', id: 'x' } }],
    ['a zone that can not be', 'subject', { subject: { type: 'user' }, action, resource: zone('*') }],
    ['no such action', 'subject', { subject: { type: 'user' }, action: { name: 'no' }, resource: zone('a.example') }],
    [
      'no possible action',
      'subject',
      { subject: { type: 'token' }, action: { name: '\0' }, resource: zone('a.example') },
    ],
    ['nobody', 'resource', { subject: { type: 'user', id: nobody }, action, resource: { type: 'zone' } }],
    ['nobody possible', 'resource', { subject: { type: 'access', id: 'x' }, action, resource: { type: 'zone' } }],
    ['another type', 'resource', { subject: someone, action, resource: { type: 'spaceship' } }],
    ['no such action', 'resource', { subject: someone, action: { name: '\0' }, resource: { type: 'zone' } }],
    ['nobody', 'action', { subject: { type: 'user', id: nobody }, resource: zone('a.example') }],
    ['another type of subjects', 'action', { subject: { type: 'spaceship', id: '1' }, resource: zone('a.example') }],
    ['another type of resources', 'action', { subject: someone, resource: { type: 'record', id: 'a.example' } }],
  ])('%s in a search of %ss', async (_title, what, body) => {
    const { results, page, context } = await search(what, body)
    expect({ results, page }).toEqual({ results: [], page: { next_token: '', count: 0 } })
    expect(context).toEqual(what === 'resource' ? { everywhere: false } : undefined)
  })
})

describe('a page token', () => {
  const asked = { subject: { type: 'user' }, action: { name: 'dns.zone.read' }, resource: zone('a.example') }
  const tokenOf = async (body: object = asked) =>
    (await search('subject', { ...body, page: { limit: 2 } })).page.next_token
  const opened = async (token: unknown, body: object = asked, sending?: Parameters<Post>[2], what = 'subject') => {
    const { status, body: answer } = await post(`search/${what}`, { ...body, page: { token } }, sending)
    return { status, message: typeof answer === 'string' ? answer : undefined }
  }
  const refused = {
    status: 400,
    message: 'BAD_REQUEST: "page.token": expected the token of a page of this search, asked as before',
  }

  it('goes on with the limit of the page before, whatever the order of members, for anybody of the organization', async () => {
    const all = await search('subject', asked)
    const token = await tokenOf({ ...asked, context: { at: 1, by: { a: 1, b: [2] } } })
    const { resource, action, subject } = asked
    const again = { page: { token }, context: { by: { b: [2], a: 1 }, at: 1 }, resource, action, subject }
    const next = await search('subject', again, {
      caller: { claims: { ...claimsOf(administrator), sub: 'a service' } },
    })
    expect(next.results).toEqual(all.results.slice(2, 4))
  })

  it('is good for its own question only', async () => {
    const token = await tokenOf({ ...asked, context: { a: [1, 2] } })
    const own = { ...asked, context: { a: [1, 2] } }
    expect(await opened(token, own)).toEqual({ status: 200, message: undefined })
    const others = [
      asked,
      { ...own, context: { a: [2, 1] } },
      { ...own, subject: { type: 'access' } },
      { ...own, subject: { type: 'user', properties: {} } },
      { ...own, action: { name: 'dns.record.update' } },
      { ...own, resource: zone('b.example') },
    ]
    for (const other of others) expect(await opened(token, other)).toEqual(refused)
    const access = { ...asked, subject: { type: 'access', id: '1' } }
    expect(await opened(await tokenOf(access), access, {}, 'resource')).toEqual(refused)
  })

  it('is good for callers that see the same only', async () => {
    const token = await tokenOf()
    expect(await opened(token, asked, { caller: demoCallers.otherReader })).toEqual(refused)
    expect(await opened(token, asked, { caller: auditor })).toEqual(refused)
  })

  it('is good at any gateway of the database, and tells nothing by itself', async () => {
    const token = await tokenOf()
    const response = await harness.beside({}).fetch(
      new Request('http://gateway.example/access/v1/search/subject', {
        method: 'POST',
        headers: { ...(await harness.authorize(administrator)), 'content-type': 'application/json' },
        body: JSON.stringify({ ...asked, page: { token } }),
      }),
    )
    const all = await search('subject', asked)
    expect(await response.json()).toMatchObject({ results: all.results.slice(2, 4) })
    const [header = '', ...sealed] = token.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'dir', enc: 'A256GCM' })
    expect(sealed.map((part) => Buffer.from(part, 'base64url').toString()).join()).not.toMatch(/\[2,"\d+"\]/)
    expect(await tokenOf()).not.toBe(token)
  })

  it('is refused with any character changed', async () => {
    const token = await tokenOf()
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A'
      expect(await opened(token.slice(0, index) + other + token.slice(index + 1))).toEqual(refused)
    }
  })

  it.each(['x', '....', 'a.b.c.d.e', `${Buffer.from('{"alg":"none"}').toString('base64url')}....`])(
    'is refused where it is none: %s',
    async (token) => {
      expect(await opened(token)).toEqual(refused)
    },
  )

  it('of no characters begins at the start', async () => {
    expect(await search('subject', { ...asked, page: { token: '' } })).toEqual(await search('subject', asked))
  })

  it.each<[unknown, string]>([
    [[], '"page": expected an object'],
    [{ token: 1 }, '"page.token": expected a text'],
    [{ limit: -1 }, '"page.limit": expected a whole number'],
    [{ limit: 1.5 }, '"page.limit": expected a whole number'],
    [{ limit: '2' }, '"page.limit": expected a whole number'],
    [{ limit: 201 }, '"page.limit": expected a whole number from 0 to 200, received 201'],
  ])('page %j is refused', async (page, message) => {
    const { status, body } = await post('search/subject', { ...asked, page })
    expect({ status, body }).toEqual({ status: 400, body: expect.stringContaining(`BAD_REQUEST: ${message}`) })
  })

  it('comes with no other limit', async () => {
    const token = await tokenOf()
    expect((await search('subject', { ...asked, page: { token, limit: 2 } })).page.count).toBe(2)
    const { status, body } = await post('search/subject', { ...asked, page: { token, limit: 3 } })
    expect({ status, body }).toEqual({
      status: 400,
      body: 'BAD_REQUEST: "page.limit": expected 2 as before, received 3',
    })
  })

  it('is given for a page of nothing where there is something', async () => {
    const { page, results } = await search('subject', { ...asked, page: { limit: 0 } })
    expect({ count: page.count, results }).toEqual({ count: 0, results: [] })
    expect(page.next_token).not.toBe('')
  })

  it('is made for no question that is too deep', async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const body = JSON.stringify({ ...asked, page: { limit: 2 } }).replace('{', `{"context":${deep},`)
    const reply = await post('search/subject', body)
    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 400,
      body: 'BAD_REQUEST: expected lists and objects of at most 50 levels',
    })
  })
})

it('nothing of all that was unexpected', () => {
  expect(harness.unexpected).toEqual([])
})
