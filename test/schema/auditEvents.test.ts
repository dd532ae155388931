import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { graphql } from '../generated/gql.ts'
import type { AuditEventSearch } from '../generated/graphql.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const AuditTrail = graphql(`
  query AuditTrail($search: AuditEventSearch, $first: Int, $after: String, $last: Int, $before: String) {
    auditEvents(search: $search, first: $first, after: $after, last: $last, before: $before) {
      total
      pageInfo { hasNextPage endCursor startCursor }
      nodes {
        id at action outcome subject targetType targetId before after requestId
        actor { id firstname access { id } }
        token { id name }
      }
    }
  }
`)

const { administrator, reader, otherReader, auditor } = demoCallers
const [portal, staging] = [demoTokenId('Provisioning portal'), demoTokenId('Provisioning staging')].map(String)

describe('auditEvents', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    const act = (field: string, id: string | undefined, caller: Caller = administrator) =>
      harness.askRaw(`mutation { ${field}(tokenId: "${id}") { __typename } }`, {}, caller)
    await act('deactivateToken', portal)
    await act('reactivateToken', portal)
    harness.now = new Date(testTime.getTime() + 60_000)
    const byToken = { claims: { sub: 'janitor', customer_id: 1, scope: 'tokens:manage', token_id: Number(portal) } }
    await act('deactivateToken', staging, byToken)
    const everywhere = { ...auditor, scopes: [...auditor.scopes, 'tokens:manage'] }
    await act('deactivateToken', String(demoTokenId('Campagne été')), everywhere)
  })
  afterAll(() => harness.close())

  const trail = async (variables: object = {}, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(AuditTrail, variables as never, caller)
    expect(errors).toBeUndefined()
    return data?.auditEvents
  }
  const actionsOf = async (search: AuditEventSearch, caller?: Caller) =>
    (await trail({ search }, caller))?.nodes.map(({ action, targetId }) => `${action} ${targetId}`)

  it('refuses who has no credential, and who lacks the scope', async () => {
    expect(await harness.ask(AuditTrail, {}, null)).toMatchObject({ status: 401 })
    const { status, errors } = await harness.ask(AuditTrail, {}, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: 'audit:read' }])
  })

  it('says what happened, newest first, to the organization where it did', async () => {
    expect((await trail())?.nodes).toMatchObject([
      {
        at: harness.now.toISOString(),
        action: 'token.deactivate',
        outcome: 'success',
        subject: 'janitor',
        actor: null,
        token: { id: portal, name: 'Provisioning portal' },
        targetType: 'Token',
        targetId: staging,
        before: { deactivated: false },
        after: { deactivated: true },
      },
      { action: 'token.reactivate', actor: { id: administrator.userId, firstname: 'Ada' }, token: null },
      { action: 'token.deactivate', targetId: portal, at: testTime.toISOString() },
    ])
    const others = { ...otherReader, scopes: [...otherReader.scopes, 'audit:read'] }
    expect((await trail({}, others))?.total).toBe(1)
    expect((await trail({}, auditor))?.total).toBe(4)
  })

  it('comes by cursor, both ways', async () => {
    const all = await trail()
    const first = await trail({ first: 2 })
    expect(first?.pageInfo.hasNextPage).toBe(true)
    const rest = await trail({ first: 2, after: first?.pageInfo.endCursor })
    expect([...(first?.nodes ?? []), ...(rest?.nodes ?? [])]).toEqual(all?.nodes)
    expect((await trail({ last: 2, before: rest?.pageInfo.startCursor }))?.nodes).toEqual(first?.nodes)
  })

  it.each([
    [{ actorId: administrator.userId }, [`token.reactivate ${portal}`, `token.deactivate ${portal}`]],
    [{ targetType: 'Token', targetId: staging }, [`token.deactivate ${staging}`]],
    [{ actions: ['token.reactivate', 'token.issue'] }, [`token.reactivate ${portal}`]],
    [{ outcomes: ['refused'] }, []],
    [{ outcomes: ['success'], actions: ['token.reactivate'] }, [`token.reactivate ${portal}`]],
    [{ at: { from: new Date(testTime.getTime() + 1).toISOString() } }, [`token.deactivate ${staging}`]],
    [{ targetType: 'User' }, []],
  ] as [AuditEventSearch, string[]][])('finds %j', async (search, found) => {
    expect(await actionsOf(search)).toEqual(found)
  })

  it.each([{ search: { actorId: 'x' } }, { after: 'x' }, { first: 0 }, { search: { targetId: '\0' } }])(
    'refuses %j',
    async (variables) => {
      const { errors } = await harness.askRaw(AuditTrail.toString(), variables)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
