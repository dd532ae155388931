/** Tokens for documents: what they carry, and what they are bound to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { IssueTokenInput } from '../generated/graphql.ts'
import { posting, user, zone } from '../support/authzen.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const IssueForDocuments = graphql(`
  mutation IssueForDocuments($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on IssueTokenPayload { secret token { id scope onlyOperations } }
      ... on Error { code }
      ... on ScopeNotGrantedError { excess }
      ... on InvalidInputError { fields { path message } }
    }
  }
`)

const ReadBound = graphql(`
  query ReadBound($id: ID!) {
    token(id: $id) { scope onlyOperations }
  }
`)

const { administrator } = demoCallers
const users = 'query Users { users { results { email accesses { total } } } }'
const tokens = 'query Tokens($roles: Boolean!) { tokens { total } roles @include(if: $roles) { total } }'

describe('a token for documents', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const issue = async (given: Partial<IssueTokenInput>, caller: Caller = administrator) => {
    const input = { accessId: '2', name: 'For documents', ...given }
    const { data, errors } = await harness.ask(IssueForDocuments, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.issueToken
  }
  const tokenOf = async (given: Partial<IssueTokenInput>) => {
    const issued = await issue(given)
    return issued?.__typename === 'IssueTokenPayload' ? issued.token : undefined
  }
  const issuesOf = async (given: Partial<IssueTokenInput>) => {
    const issued = await issue(given)
    return issued?.__typename === 'InvalidInputError' ? issued.fields : []
  }

  it('carries exactly the scopes that they need whatever the variables, as requiredScopes says', async () => {
    const token = await tokenOf({ forOperations: [users, tokens] })
    expect(token?.scope).toEqual(['accesses:read', 'roles:read', 'tokens:read', 'users:read'])
    const asked = `{ ${[users, tokens].map((text, index) => `d${index}: requiredScopes(document: ${JSON.stringify(text)}) { alternatives { scopes } }`).join(' ')} }`
    const { data } = await harness.askRaw(asked)
    const told = Object.values(data ?? {}).flatMap((each) => (each as Told).alternatives[0].scopes)
    expect(token?.scope).toEqual([...new Set(told)].sort())
    expect(token?.onlyOperations).toBeNull()
  })

  it('carries what every operation of a document needs, and nothing where none needs any', async () => {
    const several = 'query A { users { total } } mutation B { deactivateToken(tokenId: "1") { __typename } }'
    expect((await tokenOf({ forOperations: [several] }))?.scope).toEqual(['tokens:deactivate', 'users:read'])
    expect((await tokenOf({ forOperations: ['{ viewer { subject } }'] }))?.scope).toEqual([])
  })

  it('is refused where they need what the caller may not give: what it lacks, and what no token carries', async () => {
    const caller = { claims: { ...claimsOf(administrator), scope: 'tokens:issue tokens:read users:read' } }
    const issuing = 'mutation { issueToken(input: { accessId: "2", name: "x" }) { __typename } }'
    expect(await issue({ forOperations: [users, issuing] }, caller)).toEqual({
      __typename: 'ScopeNotGrantedError',
      code: 'SCOPE_NOT_GRANTED',
      excess: ['accesses:read', 'tokens:issue'],
    })
  })

  it('is bound to them on request, each told by a hash that is the same for every layout', async () => {
    const bound = await tokenOf({ forOperations: [users, tokens], onlyThem: true })
    expect(bound?.onlyOperations).toHaveLength(2)
    expect(bound?.onlyOperations?.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true)
    const laidOut = `# users\n${users.replaceAll(' ', ',\n  ')}`
    const same = await tokenOf({ forOperations: [tokens, laidOut, users], onlyThem: true })
    expect(same?.onlyOperations).toEqual(bound?.onlyOperations)
    const { data } = await harness.ask(ReadBound, { id: bound?.id ?? '' })
    expect(data?.token).toEqual({ scope: bound?.scope, onlyOperations: bound?.onlyOperations })
  })

  it('tells what is wrong with each document: which one, the line and the column', async () => {
    expect(
      await issuesOf({
        forOperations: [users, '{\n  usrs { total }\n  roles { totl }\n}', '{', 'fragment F on User { id }'],
      }),
    ).toEqual([
      {
        path: ['forOperations', '1'],
        message: expect.stringMatching(/^document 2, line 2, column 3: Cannot query field "usrs" on type "Query"\./),
      },
      {
        path: ['forOperations', '1'],
        message: expect.stringMatching(/^document 2, line 3, column 11: Cannot query field "totl"/),
      },
      {
        path: ['forOperations', '2'],
        message: 'document 3, line 1, column 2: Syntax Error: Expected Name, found <EOF>.',
      },
      {
        path: ['forOperations', '3'],
        message: expect.stringMatching(
          /^document 4, (line 1, column 1: Fragment "F" is never used|expected an operation)/,
        ),
      },
    ])
  })

  it.each([
    ['scopes beside them', { forOperations: [users], scope: ['users:read'] }, 'scope'],
    ['an empty list of scopes beside them', { forOperations: [users], scope: [] }, 'scope'],
    ['no documents', { forOperations: [] }, 'forOperations'],
    ['too many of them', { forOperations: Array.from({ length: 101 }, () => users) }, 'forOperations'],
    ['a binding to none', { onlyThem: true, scope: ['users:read'] }, 'onlyThem'],
    ['a document beyond a limit', { forOperations: [`{ ${'__typename '.repeat(3_000)} }`] }, 'forOperations.0'],
    ['a subscription', { forOperations: ['subscription { users { total } }'] }, 'forOperations.0'],
  ])('is not issued for %s', async (_, given, path) => {
    expect((await issuesOf(given)).map((issue) => issue.path.join('.'))).toEqual([path])
  })

  it('is the same for a retry under its key, and another request with other documents is a conflict', async () => {
    const asked = { forOperations: [users, tokens], onlyThem: true, idempotencyKey: 'documents' }
    const first = await issue(asked)
    const again = await issue({ ...asked, forOperations: [tokens, users] })
    expect(again).toMatchObject({ __typename: 'IssueTokenPayload', secret: null })
    expect(again).toEqual({ ...first, secret: null })
    expect(await issue({ ...asked, onlyThem: false })).toMatchObject({ code: 'CONFLICT' })
    expect(await issue({ ...asked, forOperations: [users] })).toMatchObject({ code: 'CONFLICT' })
  })

  describe('that is bound to them', () => {
    const signedIn = async (onlyThem: boolean): Promise<readonly Caller[]> => {
      const issued = await issue({ forOperations: [users, tokens], onlyThem })
      if (issued?.__typename !== 'IssueTokenPayload') throw new Error('expected a token')
      const jwt = { ...claimsOf(administrator), access_id: 2, token_id: Number(issued.token.id) }
      return [{ authorization: `Bearer ${issued.secret}` }, { claims: jwt }]
    }
    const statuses = (asked: readonly Caller[], document: string, variables: object = {}) =>
      Promise.all(asked.map(async (caller) => (await harness.askRaw(document, variables, caller)).status))

    it('runs them and nothing else, by its secret and by a JWT that was made from it', async () => {
      const bound = await signedIn(true)
      expect(await statuses(bound, users)).toEqual([200, 200])
      expect(await statuses(bound, `${users} # laid out`)).toEqual([200, 200])
      expect(await statuses(bound, tokens, { roles: true })).toEqual([200, 200])
      expect(await statuses(bound, '{ users { total } }')).toEqual([403, 403])
      expect(await statuses(bound, '{ viewer { subject } }')).toEqual([403, 403])
      expect(await statuses(bound, '{ __typename }')).toEqual([403, 403])
    })

    it('may ask nothing over AuthZEN', async () => {
      const body = {
        subject: user(administrator.userId),
        action: { name: 'dns.zone.read' },
        resource: zone('example.com'),
      }
      for (const caller of await signedIn(true)) {
        const { status, body: reason } = await posting(harness)('evaluation', body, { caller })
        expect([status, reason]).toEqual([403, expect.stringMatching(/^FORBIDDEN: the token is bound to documents/)])
      }
    })

    it('and one that is not bound runs whatever its scopes allow', async () => {
      expect(await statuses(await signedIn(false), '{ users { total } }')).toEqual([200, 200])
    })
  })

  it('is audited with what it is bound to', async () => {
    const bound = await tokenOf({ forOperations: [users], onlyThem: true })
    const event = await harness.prisma.auditEvent.findFirst({
      where: { targetType: 'Token', targetId: bound?.id ?? '' },
    })
    expect(event?.after).toMatchObject({
      scope: ['accesses:read', 'users:read'],
      onlyOperations: bound?.onlyOperations,
    })
  })

  it.each([['{x}'], ['{NULL}'], [`{${'a'.repeat(63)}}`], [`{${'A'.repeat(64)}}`]])(
    'is bound to nothing that is no hash, whoever writes it: %s',
    async (hashes) => {
      const write = harness.prisma.$executeRawUnsafe(
        `UPDATE tokens SET only_operations = $1::text[] WHERE id = 1`,
        hashes,
      )
      await expect(write).rejects.toThrow(/tokens_only_operations_check/)
    },
  )

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

interface Told {
  readonly alternatives: readonly [{ readonly scopes: readonly string[] }]
}
