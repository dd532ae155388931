import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { hashSecret, mintSecret } from '../../src/auth/apiToken.ts'
import { graphql } from '../generated/gql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const IssueForDetails = graphql(`
  mutation IssueForDetails($input: IssueTokenInput!) {
    issueToken(input: $input) { ... on IssueTokenPayload { secret token { id } } }
  }
`)

const TokenDetailsOfSeed = graphql(`
  query TokenDetailsOfSeed($secret: String!) {
    tokenDetails(secret: $secret) {
      id name hint acct domain idpId userId username orgId scope
      createdAt expiresAt lastUsedAt deactivated deactivatedUpdatedOn
      deactivatedUpdatedBy { id }
      allowedScopes {
        generalScopes
        organizationScopes {
          allPermissions allRoles keptInToken
          permissions { permissionId resources { type id } }
          roles { name resource { type id } }
        }
        servicesScopes { serviceDefinitionId }
      }
    }
  }
`)

const TokenDetailsElsewhere = graphql(`
  query TokenDetailsElsewhere($id: ID!, $search: TokenSearch) {
    token(id: $id) { id name hint }
    tokens(search: $search) { results { id name hint } }
  }
`)

const introspecting = 'tokens:introspect tokens:read users:read accesses:read roles:read'
const { administrator, reader } = demoCallers

describe('tokenDetails', () => {
  let harness: Harness
  let secret: string
  let tokenId: string
  beforeAll(async () => {
    harness = await createHarness()
    const { data } = await harness.ask(IssueForDetails, {
      input: {
        accessId: demoAccessId('Joiners & leavers'),
        name: 'Looked up',
        scope: ['users:read'],
        allowedScopes: {
          generalScopes: ['openid'],
          organizationScopes: {
            keptInToken: ['PERMISSIONS'],
            permissions: [{ permissionId: 'dns.zone.read', resources: [{ type: 'ZONE', id: 'example.com' }] }],
          },
          servicesScopes: [{ serviceDefinitionId: 'dns' }],
        },
      },
    })
    const issued = data?.issueToken
    if (issued === undefined || !('secret' in issued)) throw new Error('expected a token')
    secret = issued.secret ?? ''
    tokenId = issued.token.id
  })
  afterAll(() => harness.close())

  const details = async (given: string, caller?: Caller) => {
    const { data, errors, statements } = await harness.ask(TokenDetailsOfSeed, { secret: given }, caller)
    expect(errors).toBeUndefined()
    return { found: data?.tokenDetails, statements }
  }

  it('refuses who has no credential, and who lacks the scope', async () => {
    expect(await harness.ask(TokenDetailsOfSeed, { secret }, null)).toMatchObject({ status: 401 })
    const { status, errors } = await harness.ask(TokenDetailsOfSeed, { secret }, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: 'tokens:introspect' }])
  })

  it('has all details of the token whose secret it is', async () => {
    const { found } = await details(secret)
    expect(found).toEqual({
      id: tokenId,
      name: 'Looked up',
      hint: secret.slice(-4),
      acct: 'noconnor',
      domain: 'lakeside.example',
      idpId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      username: 'niamh.oconnor@lakeside.example',
      orgId: administrator.organizationId,
      scope: ['users:read'],
      createdAt: testTime.toISOString(),
      expiresAt: '2027-02-19T09:30:00.000Z',
      lastUsedAt: null,
      deactivated: false,
      deactivatedUpdatedOn: null,
      deactivatedUpdatedBy: null,
      allowedScopes: {
        generalScopes: ['openid'],
        organizationScopes: {
          allPermissions: false,
          allRoles: false,
          keptInToken: ['PERMISSIONS'],
          permissions: [{ permissionId: 'dns.zone.read', resources: [{ type: 'ZONE', id: 'example.com' }] }],
          roles: [],
        },
        servicesScopes: [{ serviceDefinitionId: 'dns' }],
      },
    })
  })

  it('is refused over GET, wherever it stands, and says nothing of the secret', async () => {
    const headers = await harness.authorize(administrator)
    const all = '{ ...Found } fragment Found on Query { found: tokenDetails(secret: $secret) { id } }'
    for (const document of [TokenDetailsOfSeed.toString(), `query ($secret: String!) ${all}`]) {
      const query = new URLSearchParams({ query: document, variables: JSON.stringify({ secret }) })
      const response = await harness.fetch(`/graphql?${query}`, { headers })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      const { data, errors } = await response.json()
      expect([data, errors]).toEqual([undefined, [expect.objectContaining({ message: expect.stringMatching(/POST/) })]])
    }
  })

  it('is null for a secret that no token has, after one statement', async () => {
    const { found, statements } = await details(mintSecret().secret)
    expect(found).toBeNull()
    expect(statements).toHaveLength(1)
  })

  it('is null for a malformed secret, without a statement', async () => {
    const mistyped = secret.slice(0, 20) + (secret[20] === 'a' ? 'b' : 'a') + secret.slice(21)
    for (const given of [
      '',
      'iamt_',
      mistyped,
      `${secret} `,
      ` ${secret}`,
      secret.toUpperCase(),
      `${secret}\u0000`,
      'é',
    ]) {
      expect(await details(given)).toEqual({ found: null, statements: [] })
    }
  })

  it('is null for a secret of another organization, after the same statement as for an unknown one', async () => {
    const outsider = asDemoUser('etienne.lefevre@lumiere.example', introspecting)
    await details(mintSecret().secret, outsider)
    const foreign = await details(secret, outsider)
    expect(foreign.found).toBeNull()
    expect(foreign).toEqual(await details(mintSecret().secret, outsider))
  })

  it('is looked for once in five seconds by those of the same organization, where they do not find it', async () => {
    const outsider = asDemoUser('etienne.lefevre@lumiere.example', introspecting)
    const statementsOf = async (given: string, caller?: Caller) => (await details(given, caller)).statements.length
    const unknown = mintSecret().secret
    for (const given of [secret, unknown]) {
      harness.now = testTime
      await details(given, outsider)
      harness.now = new Date(testTime.getTime() + 4_999)
      expect(await statementsOf(given, outsider)).toBe(0)
      harness.now = new Date(testTime.getTime() + 5_000)
      expect(await statementsOf(given, outsider)).toBe(1)
    }
    harness.now = testTime
    expect((await details(secret)).found).toMatchObject({ id: tokenId })
    expect(await statementsOf(unknown)).toBe(1)
  })

  it('finds it for who sees all organizations', async () => {
    const auditor = asDemoUser('edmund.ashworth@meridian.example', `${introspecting} organizations:all`)
    expect((await details(secret, auditor)).found).toMatchObject({ id: tokenId })
  })

  it('finds a token that is switched off, expired or revoked: details are no permission', async () => {
    const id = Number(tokenId)
    await harness.prisma.token.update({ where: { id }, data: { deactivated: true, revokedAt: testTime } })
    harness.now = new Date('2030-01-01T00:00:00Z')
    expect((await details(secret)).found).toMatchObject({ id: tokenId, deactivated: true })
    harness.now = testTime
  })

  it('is not found by the hash of its secret, nor by its hint', async () => {
    const hash = Buffer.from(hashSecret(secret))
    for (const given of [hash.toString('hex'), hash.toString('base64'), secret.slice(-4)]) {
      expect(await details(given)).toEqual({ found: null, statements: [] })
    }
  })

  it('is the only query that a secret opens, and no answer holds one', async () => {
    const { data } = await harness.ask(TokenDetailsElsewhere, { id: tokenId, search: { text: secret } })
    expect(data?.token).toMatchObject({ id: tokenId, hint: secret.slice(-4) })
    expect(data?.tokens.results).toEqual([])
    expect(JSON.stringify(data)).not.toContain(secret.slice(5, -4))
  })

  it.each(['secret', 'secretHash', 'secret_hash', 'hash'])('there is no field "%s" on a token', async (name) => {
    const { status, errors } = await harness.askRaw(`query ($id: ID!) { token(id: $id) { ${name} } }`, { id: tokenId })
    expect(status).toBe(400)
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
  })

  it('leaves nothing to be logged', () => {
    expect(harness.unexpected).toEqual([])
  })
})
