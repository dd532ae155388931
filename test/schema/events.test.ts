/** What happened to a token, and around a user, as its own field. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const { administrator } = demoCallers
const ada = 'ada.lovelace@lakeside.example'
const every =
  'tokens:issue tokens:deactivate tokens:rotate tokens:read tokens:manage users:read audit:read accesses:read'
const admin = asDemoUser(ada, every)

interface Event {
  readonly id: string
  readonly action: string
  readonly targetType: string
  readonly targetId: string
}
interface Page {
  readonly total: number
  readonly nodes: readonly Event[]
  readonly pageInfo: Readonly<Record<string, unknown>>
}

describe('events', () => {
  let harness: Harness
  let old: string
  let next: string
  beforeAll(async () => {
    harness = await createHarness()
    old = await issue(demoAccessId(ada))
    await ask(`mutation { deactivateToken(tokenId: "${old}") { __typename } }`)
    await ask(`mutation { reactivateToken(tokenId: "${old}") { __typename } }`)
    const { rotateToken } = await ask(
      `mutation { rotateToken(input: { tokenId: "${old}", overlapSeconds: 60 }) { ... on RotateTokenPayload { token { id } } } }`,
    )
    next = rotateToken.token.id
    await ask(`mutation { rotateToken(input: { tokenId: "${old}" }) { __typename } }`)
    await issue(demoAccessId('zoe.hartmann@lakeside.example'))
    await ask(
      `mutation { issueToken(input: { accessId: "${demoAccessId(ada)}", name: "x", scope: ["roles:write"] }) { __typename } }`,
    )
    await harness.gateway.settle()
  })
  afterAll(() => harness.close())

  const ask = async (document: string, caller: Caller = admin, variables: object = {}) => {
    const { data, errors, statements } = await harness.askRaw(document, variables, caller)
    expect(errors).toBeUndefined()
    return { ...Object(data), statements }
  }
  const issue = async (accessId: string) => {
    const { issueToken } = await ask(
      `mutation { issueToken(input: { accessId: "${accessId}", name: "Events" }) { ... on IssueTokenPayload { token { id } } } }`,
    )
    return issueToken.token.id as string
  }
  const page =
    '{ total totalEstimate nodes { id action targetType targetId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }'
  const ofToken = async (id: string, given = '', caller?: Caller): Promise<Page> =>
    (await ask(`{ token(id: "${id}") { events${given} ${page} } }`, caller)).token.events
  const ofUser = async (id: string, given = '', caller?: Caller): Promise<Page> =>
    (await ask(`{ user(id: "${id}") { events${given} ${page} } }`, caller)).user.events
  const actions = ({ nodes }: Page) => nodes.map(({ action }) => action)

  it('need audit:read beside the scopes of what they are of', async () => {
    const document = `{ token(id: "${old}") { events { total } } user(id: "${administrator.userId}") { events { total } } }`
    const { status, errors } = await harness.askRaw(document, {}, asDemoUser(ada, 'tokens:read users:read'))
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject([
      { scope: 'audit:read', fields: expect.arrayContaining(['Token.events', 'User.events']) },
    ])
  })

  it('of a token are what happened to it, newest first, a rotation on both of its tokens', async () => {
    const events = await ofToken(old)
    expect(actions(events)).toEqual([
      'token.rotate',
      'token.rotated',
      'token.reactivate',
      'token.deactivate',
      'token.issue',
    ])
    expect(events.total).toBe(5)
    expect(new Set(events.nodes.map(({ targetId }) => targetId))).toEqual(new Set([old]))
    expect(actions(await ofToken(next))).toEqual(['token.rotate'])
    const { token } = await ask(
      `{ token(id: "${old}") { expiresAt events(search: { actions: ["token.rotated"] }) { nodes { before after } } } }`,
    )
    expect(token.events.nodes).toEqual([
      {
        before: { expiresAt: expect.stringMatching(/Z$/) },
        after: { expiresAt: token.expiresAt, rotatedTo: Number(next) },
      },
    ])
  })

  it('of a user are those of the user, its accesses and their tokens', async () => {
    const { nodes, total } = await ofUser(administrator.userId, '(first: 100)')
    expect(total).toBe(nodes.length)
    expect(nodes[0]).toMatchObject({ action: 'token.issue', targetType: 'Access', targetId: demoAccessId(ada) })
    expect(nodes.map(({ targetId }) => targetId)).toEqual(expect.arrayContaining([old, next]))
    const ids = nodes.map(({ id }) => BigInt(id))
    expect(ids).toEqual(ids.toSorted((a, b) => Number(b - a)))
    const zoes = await ask(
      '{ users(search: { text: "Hartmann" }) { results { id events { nodes { targetType actor { firstname } } } } } }',
    )
    expect(zoes.users.results[0].events.nodes).toEqual([{ targetType: 'Token', actor: { firstname: 'Ada' } }])
    const { organizationId, userId } = administrator
    await harness.prisma.auditEvent.create({
      data: {
        organizationId,
        at: harness.now,
        subject: 'somebody',
        action: 'user.update',
        targetType: 'User',
        targetId: userId,
        outcome: 'SUCCESS',
        requestId: 'r',
      },
    })
    expect(actions(await ofUser(administrator.userId))[0]).toBe('user.update')
  })

  it('come by cursor, both ways, and by search', async () => {
    const all = await ofToken(old)
    const first = await ofToken(old, '(first: 2)')
    expect(first.nodes).toEqual(all.nodes.slice(0, 2))
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const rest = await ofToken(old, `(first: 9, after: "${first.pageInfo.endCursor}")`)
    expect(rest.nodes).toEqual(all.nodes.slice(2))
    expect(rest.pageInfo.hasNextPage).toBe(false)
    const back = await ofToken(old, `(last: 1, before: "${rest.pageInfo.startCursor}")`)
    expect(back.nodes).toEqual(all.nodes.slice(1, 2))
    expect((await ofToken(old, '(last: 2)')).nodes).toEqual(all.nodes.slice(-2))
    expect(actions(await ofToken(old, '(search: { outcomes: ["failed"] })'))).toEqual(['token.rotate'])
    const users = await ofUser(administrator.userId, '(first: 3)')
    const following = await ofUser(administrator.userId, `(first: 100, after: "${users.pageInfo.endCursor}")`)
    const whole = await ofUser(administrator.userId, '(first: 100)')
    expect([...users.nodes, ...following.nodes]).toEqual(whole.nodes)
  })

  it.each(['(first: 0)', '(first: 1001)', '(first: 1, last: 1)', '(after: "x")', '(search: { actorId: "x" })'])(
    'refuse %s',
    async (given) => {
      const { errors } = await harness.askRaw(`{ token(id: "${old}") { events${given} { total } } }`, {}, admin)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )

  it('of a hundred tokens take one statement, and one for all counts', async () => {
    const { statements } = await ask('{ tokens { results { events(first: 2) { total nodes { action } } } } }')
    expect(statements).toHaveLength(3)
  })

  it('are those of the own organization, whatever is about the same id in others', async () => {
    const theirs = await harness.prisma.token.findFirstOrThrow({
      where: { organizationId: { not: administrator.organizationId } },
    })
    await ask(`mutation { deactivateToken(tokenId: "${theirs.id}") { __typename } }`)
    await harness.gateway.settle()
    const all = await harness.prisma.auditEvent.findMany({
      where: { targetType: 'Token', targetId: String(theirs.id) },
    })
    expect(all).toMatchObject([{ reason: 'NOT_FOUND', organizationId: administrator.organizationId }])
    const own = { claims: { sub: 'auditor', org_id: theirs.organizationId, scope: 'tokens:read audit:read' } }
    expect(await ofToken(String(theirs.id), '', own)).toMatchObject({ total: 0, nodes: [] })
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
