import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { graphql } from '../generated/gql.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const CanDoWithTokens = graphql(`
  query CanDoWithTokens {
    tokens(limit: 1000) {
      results {
        id status
        viewerCanDeactivate viewerCannotDeactivateReasons
        viewerCanReactivate viewerCannotReactivateReasons
        viewerCanRotate viewerCannotRotateReasons
        viewerCanRevoke viewerCannotRevokeReasons
      }
    }
  }
`)

const CanIssue = graphql(`
  query CanIssue {
    accesses(limit: 1000) { results { id type viewerCanIssueToken viewerCannotIssueTokenReasons } }
  }
`)

const { administrator, reader, auditor } = demoCallers
const reading = 'tokens:read accesses:read users:read'
const scoped = (scope: string, claims: object = {}): Caller => ({
  claims: { ...claimsOf(administrator), scope: `${reading} ${scope}`, ...claims },
})
const callers: readonly (readonly [string, Caller])[] = [
  ['the administrator', administrator],
  ['a reader', reader],
  ['an auditor of all organizations', auditor],
  ['who may switch only', scoped('tokens:deactivate')],
  ['who may issue only', scoped('tokens:issue')],
  ['who may rotate only', scoped('tokens:rotate users:read roles:read')],
  ['who manages the tokens of everybody', scoped('tokens:manage roles:read')],
  ['who came with an API token', scoped('tokens:issue tokens:deactivate', { token_id: 1 })],
  ['who sees all organizations', scoped('tokens:issue tokens:deactivate organizations:all')],
]

/** Who is not signed out by what becomes of a token. */
const signedInByJwt = callers.filter(([title]) => title !== 'who came with an API token')

describe('what the caller can do', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    const { organizationId } = reader
    const { userId } = demoAccess('zoe.hartmann@lakeside.example').person
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-01-01') } })
    const made = { createdAt: harness.now, updatedAt: harness.now }
    await harness.prisma.access.create({
      data: { ...made, organizationId, userId, type: 'PROFILE', name: 'Of a leaver' },
    })
    await harness.askRaw('{ users { total } }')
  })
  // Callers switch tokens off, and one of them comes with a JWT that was made from the first.
  beforeEach(() => harness.prisma.token.update({ where: { id: 1 }, data: { deactivated: false } }))
  afterAll(() => harness.close())

  const readTokens = async (caller: Caller) =>
    (await harness.ask(CanDoWithTokens, {}, caller)).data?.tokens.results ?? []
  const readAccesses = async (caller: Caller) => (await harness.ask(CanIssue, {}, caller)).data?.accesses.results ?? []
  /** Whether the mutation does it. */
  const does = async (field: string, args: string, caller: Caller) => {
    const { data } = await harness.askRaw(`mutation { ${field}(${args}) { __typename } }`, {}, caller)
    const result = data?.[field] as { readonly __typename: string } | undefined
    return result?.__typename.endsWith('Payload') ?? false
  }

  it.each(callers)(
    'with a token is what its mutations do for %s, with a reason exactly where it can not',
    async (_, caller) => {
      const rows = await readTokens(caller)
      expect(rows.length).toBeGreaterThan(5)
      for (const token of [...rows.slice(1), ...rows.slice(0, 1)]) {
        const args = `tokenId: "${token.id}"`
        // Switched off at the end, so that the next caller finds what it takes to switch it on.
        expect(token).toMatchObject({
          viewerCanReactivate: await does('reactivateToken', args, caller),
          viewerCanDeactivate: await does('deactivateToken', args, caller),
        })
        expect(token.viewerCannotDeactivateReasons.length === 0).toBe(token.viewerCanDeactivate)
        expect(token.viewerCannotReactivateReasons.length === 0).toBe(token.viewerCanReactivate)
      }
    },
  )

  it.each(callers)(
    'with an access is what issueToken does for %s, with a reason exactly where it can not',
    async (_, caller) => {
      const rows = await readAccesses(caller)
      expect(rows.length).toBeGreaterThan(5)
      for (const access of rows) {
        const args = `input: { accessId: "${access.id}", name: "Can" }`
        expect(access.viewerCanIssueToken).toBe(await does('issueToken', args, caller))
        expect(access.viewerCannotIssueTokenReasons.length === 0).toBe(access.viewerCanIssueToken)
      }
    },
  )

  it('tells every reason at once', async () => {
    const byToken = { ...claimsOf(administrator), scope: reading, token_id: 1 }
    const leaver = (await readAccesses({ claims: byToken })).find(
      ({ type, viewerCannotIssueTokenReasons: reasons }) => type === 'PROFILE' && reasons.includes('EXPIRED_USER'),
    )
    expect(leaver?.viewerCannotIssueTokenReasons).toEqual([
      ...['MISSING_SCOPE', 'OTHER_USER', 'ISSUED_BY_TOKEN', 'PROFILE_ACCESS', 'EXPIRED_USER'],
    ])
    const own = (await readTokens({ claims: byToken }))[0]
    expect(own?.viewerCannotRotateReasons).toEqual(expect.arrayContaining(['MISSING_SCOPE', 'ISSUED_BY_TOKEN']))
    const revoked = String(demoTokenId('Terraform on Bruno’s laptop'))
    const token = (await readTokens(scoped(''))).find(({ id }) => id === revoked)
    expect(token?.viewerCannotDeactivateReasons).toEqual(['MISSING_SCOPE', 'OTHER_USER', 'REVOKED'])
  })

  it('takes no statement for each row: one for all tokens that are off, one for the users of all accesses, which others share', async () => {
    const taken = async (document: string) => (await harness.askRaw(document)).statements.length
    expect(await taken('{ tokens { results { id viewerCanDeactivate viewerCannotDeactivateReasons } } }')).toBe(1)
    expect(await taken('{ tokens { results { id viewerCanReactivate viewerCannotReactivateReasons } } }')).toBe(2)
    expect(await taken('{ accesses { results { id viewerCanIssueToken viewerCannotIssueTokenReasons } } }')).toBe(2)
    expect(await taken('{ accesses { results { id viewerCanIssueToken user { id expiresAt } } } }')).toBe(2)
  })

  it.each(signedInByJwt)(
    'with a token is what rotateToken does for %s, with a reason exactly where it can not',
    async (_, caller) => {
      // Of these none is the successor of another, so that rotating one changes nothing for the others.
      await harness.prisma.token.updateMany({
        where: { revokedAt: null, rotatedFromId: null },
        data: { deactivated: false },
      })
      const rows = await readTokens(caller)
      expect(rows.length).toBeGreaterThan(5)
      for (const token of rows) {
        expect(token.viewerCanRotate).toBe(await does('rotateToken', `input: { tokenId: "${token.id}" }`, caller))
        expect(token.viewerCannotRotateReasons.length === 0).toBe(token.viewerCanRotate)
      }
    },
  )

  // Last, because it is final.
  it.each(signedInByJwt)(
    'with a token is what revokeToken does for %s, with a reason exactly where it can not',
    async (_, caller) => {
      const rows = await readTokens(caller)
      expect(rows.length).toBeGreaterThan(5)
      for (const token of rows) {
        expect(token.viewerCanRevoke).toBe(await does('revokeToken', `input: { tokenId: "${token.id}" }`, caller))
        expect(token.viewerCannotRevokeReasons.length === 0).toBe(token.viewerCanRevoke)
      }
    },
  )

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
