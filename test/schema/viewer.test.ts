import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { graphql } from '../generated/gql.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'

const WhoAmI = graphql(`
  query WhoAmI {
    viewer {
      subject
      scopes
      grantableScopes
      organization { id customerId name }
      user { id email }
      access { id type }
      token { id }
    }
  }
`)

const ReadSubject = graphql(`
  query ReadSubject {
    viewer { subject scopes grantableScopes organization { id } }
  }
`)

const { administrator, auditor, reader, otherReader } = demoCallers
const read = 'users:read accesses:read tokens:read'

describe('viewer', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const ask = (claims: Readonly<Record<string, unknown>>) => harness.ask(WhoAmI, {}, { claims })

  it('is the caller, as the verified JWT says', async () => {
    const { status, data, errors } = await harness.ask(WhoAmI)
    expect(errors).toBeUndefined()
    expect(status).toBe(200)
    expect(data?.viewer).toMatchObject({
      subject: administrator.userId,
      organization: { id: administrator.organizationId, customerId: 1 },
      user: { id: administrator.userId },
      access: { id: String(administrator.accessId) },
      token: null,
    })
  })

  it('needs no scope for what the credential says of itself', async () => {
    const { data, errors } = await harness.ask(ReadSubject, {}, { claims: { sub: 'somebody', customer_id: 1 } })
    expect(errors).toBeUndefined()
    expect(data?.viewer).toEqual({
      subject: 'somebody',
      scopes: [],
      grantableScopes: [],
      organization: { id: administrator.organizationId },
    })
  })

  it('needs the scopes of the rows that it leads to', async () => {
    const { status, errors } = await ask({ ...claimsOf(administrator), scope: 'roles:read' })
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions).toEqual({
      code: 'FORBIDDEN',
      missingScopes: [
        { scope: 'accesses:read', fields: ['Viewer.access'] },
        { scope: 'tokens:read', fields: ['Viewer.token'] },
        { scope: 'users:read', fields: ['Viewer.user'] },
      ],
    })
  })

  it('has its scopes sorted, each once, and those of them that a token may carry', async () => {
    const scope = `tokens:issue ${read} users:read openid organizations:all`
    const { data } = await ask({ ...claimsOf(administrator), scope })
    expect(data?.viewer.scopes).toEqual([
      ...['accesses:read', 'openid', 'organizations:all', 'tokens:issue', 'tokens:read', 'users:read'],
    ])
    expect(data?.viewer.grantableScopes).toEqual(['accesses:read', 'tokens:read', 'users:read'])
  })

  it('grants nothing where the caller came by an API token, and shows that token', async () => {
    const id = demoTokenId('Ada’s command line')
    const { data } = await ask({ ...claimsOf(administrator), scope: read, token_id: id })
    expect(data?.viewer).toMatchObject({ token: { id: String(id) }, grantableScopes: [] })
  })

  it('has no user, access or token of another organization, whatever the JWT names', async () => {
    const named = { sub: otherReader.userId, customer_id: 1, scope: read }
    const { data, errors } = await ask(named)
    expect(errors).toBeUndefined()
    expect(data?.viewer).toMatchObject({
      organization: { id: administrator.organizationId },
      user: null,
      access: null,
      token: null,
    })
    expect((await ask({ ...named, access_id: otherReader.accessId })).status).toBe(401)
    expect((await ask({ ...named, token_id: demoTokenId('Campagne été') })).status).toBe(401)
  })

  it('is the user of the access where the subject names none', async () => {
    const { data } = await ask({ sub: 'idp|12345', access_id: reader.accessId, customer_id: 1, scope: read })
    expect(data?.viewer).toMatchObject({ subject: 'idp|12345', user: { id: reader.userId } })
  })

  it('has neither user nor access for a service that names none', async () => {
    const { data } = await ask({ sub: 'billing-service', customer_id: 2, scope: read })
    expect(data?.viewer).toMatchObject({ user: null, access: null, token: null, organization: { customerId: 2 } })
  })

  it('may have no organization where the caller sees all of them', async () => {
    const { data, errors } = await ask({ sub: 'auditor', scope: `${read} organizations:all` })
    expect(errors).toBeUndefined()
    expect(data?.viewer).toMatchObject({ organization: null, user: null })
    expect((await harness.ask(WhoAmI, {}, auditor)).data?.viewer.organization?.customerId).toBe(3)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
