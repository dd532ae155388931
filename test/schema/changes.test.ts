/** What holds for every change: of the request that makes it, and of others at the same time. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { graphql } from '../generated/gql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { untilWaiting } from '../support/locks.ts'

const SwitchAndLook = graphql(`
  mutation SwitchAndLook($tokenId: ID!) {
    off: deactivateToken(tokenId: $tokenId) { ... on DeactivateTokenPayload { token { ...Seen } } }
    on: reactivateToken(tokenId: $tokenId) { ... on ReactivateTokenPayload { token { ...Seen } } }
    offAgain: deactivateToken(tokenId: $tokenId) { ... on DeactivateTokenPayload { token { ...Seen } } }
  }
`)

graphql(`
  fragment Seen on Token {
    status
    access { tokens(search: { status: [ACTIVE] }) { total results { id } } }
    user { tokens(search: { status: [ACTIVE] }) { total results { id } } }
  }
`)

const IssueAndLook = graphql(`
  mutation IssueAndLook($first: IssueTokenInput!, $second: IssueTokenInput!) {
    first: issueToken(input: $first) { ... on IssueTokenPayload { token { id access { tokens { total results { id } } } } } }
    second: issueToken(input: $second) { ... on IssueTokenPayload { token { id access { tokens { total results { id } } } } } }
  }
`)

const { administrator } = demoCallers
const { server } = inject('templates')

describe('a change', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('is seen by whatever its own document asks after it: rows, lists, totals and look-ups', async () => {
    const id = demoTokenId('Provisioning staging')
    const { data, errors } = await harness.ask(SwitchAndLook, { tokenId: String(id) })
    expect(errors).toBeUndefined()
    const seen = (answer: unknown) => {
      const { token } = answer as { token: { status: string; access: Lists; user: Lists } }
      const lists = [token.access.tokens, token.user.tokens]
      return {
        status: token.status,
        listed: lists.map(({ results }) => results.some((each) => each.id === String(id))),
      }
    }
    expect(seen(data?.off)).toEqual({ status: 'DEACTIVATED', listed: [false, false] })
    expect(seen(data?.on)).toEqual({ status: 'ACTIVE', listed: [true, true] })
    expect(seen(data?.offAgain)).toEqual({ status: 'DEACTIVATED', listed: [false, false] })
  })

  it('that makes a token shows it among those of its access, the second one as well', async () => {
    const accessId = demoAccessId('Provisioning')
    const { data } = await harness.ask(IssueAndLook, {
      first: { accessId, name: 'First' },
      second: { accessId, name: 'Second' },
    })
    for (const answer of [data?.first, data?.second]) {
      const { token } = answer as { token: { id: string; access: Lists } }
      expect(token.access.tokens.results.map(({ id }) => id)).toContain(token.id)
      expect(token.access.tokens.total).toBe(token.access.tokens.results.length)
    }
  })

  it('records who made it as the one who changed the row last', async () => {
    const { data } = await harness.ask(IssueAndLook, {
      first: { accessId: demoAccessId('Provisioning'), name: 'By Ada' },
      second: { accessId: demoAccessId('Provisioning'), name: 'By Ada, too' },
    })
    const { token } = (data?.first ?? {}) as { token: { id: string } }
    const { userId, accessId } = administrator
    const row = await harness.prisma.token.findUniqueOrThrow({ where: { id: Number(token.id) } })
    expect(row).toMatchObject({ createdBy: { userId, accessId }, updatedBy: { userId, accessId } })
  })

  it.runIf(server !== null)('waits for whoever holds the row, and sees what they did to it', async () => {
    const id = demoTokenId('Provisioning portal')
    const other = new pg.Client(harness.database.connection)
    await other.connect()
    try {
      await other.query('BEGIN')
      await other.query('UPDATE tokens SET revoked_at = now() WHERE id = $1', [id])
      const changing = harness.askRaw(
        `mutation { deactivateToken(tokenId: "${id}") { __typename ... on Error { code } } }`,
      )
      await untilWaiting(other)
      await other.query('COMMIT')
      expect((await changing).data?.deactivateToken).toEqual({ __typename: 'ConflictError', code: 'CONFLICT' })
    } finally {
      await other.end()
    }
    expect((await harness.prisma.token.findUniqueOrThrow({ where: { id } })).deactivated).toBe(false)
  })

  it('is not answered again to who is no longer allowed to ask for it', async () => {
    const accessId = demoAccessId('Provisioning')
    const document = `mutation ($input: IssueTokenInput!) {
      issueToken(input: $input) { __typename ... on TokenPolicyError { limit } ... on IssueTokenPayload { secret } } }`
    const variables = { input: { accessId, name: 'Once', idempotencyKey: 'once' } }
    const scopes = 'tokens:issue tokens:read users:read'
    const person = asDemoUser('ada.lovelace@lakeside.example', scopes)
    const token = asDemoUser('ada.lovelace@lakeside.example', scopes, { token_id: demoTokenId('Joiners & leavers') })
    expect((await harness.askRaw(document, variables, person)).data?.issueToken).toMatchObject({
      __typename: 'IssueTokenPayload',
    })
    expect((await harness.askRaw(document, variables, token)).data?.issueToken).toEqual({
      __typename: 'TokenPolicyError',
      limit: 'ISSUED_BY_TOKEN',
    })
  })

  it('locks its row once, and reads no secret’s hash', async () => {
    const id = demoTokenId('zone cleanup')
    const { statements } = await harness.askRaw(`mutation { deactivateToken(tokenId: "${id}") { __typename } }`)
    expect(statements.filter((sql) => /FOR UPDATE/.test(sql))).toHaveLength(1)
    expect(statements.filter((sql) => sql.includes('secret_hash'))).toEqual([])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

interface Lists {
  readonly tokens: { readonly total: number; readonly results: readonly { readonly id: string }[] }
}
