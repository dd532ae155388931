/** Requests to the endpoints of OAuth, as forms (RFC 6749, sections 3.2 and 5.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { allScopes } from '../../src/auth/scopes.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { basic, type PostForm, postingForms, unknownSecret } from '../support/oauth.ts'
import { createTestSigner } from '../support/signer.ts'

const { administrator: caller } = demoCallers
const paths = ['introspect', 'revoke']

let harness: Harness
let post: PostForm
beforeAll(async () => {
  harness = await createHarness({ MAX_BODY_BYTES: '4000' })
  post = postingForms(harness)
})
afterAll(() => harness.close())

describe.each(paths)('%s', (path) => {
  it.each([
    ['JSON', '{"token":"x"}', { 'content-type': 'application/json' }],
    ['a form in parts', 'token=x', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no type', 'token=x', { 'content-type': '' }],
  ])('takes no body of %s', async (_title, form, headers) => {
    const { status, body } = await post(path, form, { caller, headers })
    const description = 'expected a body of type application/x-www-form-urlencoded'
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: description },
    })
  })

  it.each([
    ['no parameter', '', 'expected the parameter token'],
    ['one without a value', 'token=', 'expected the parameter token'],
    ['one twice', `token=${unknownSecret}&token=${unknownSecret}`, 'expected each parameter once'],
    ['one in two spellings', `token=${unknownSecret}&tok%65n=${unknownSecret}`, 'expected each parameter once'],
    ['an unknown one twice', `token=${unknownSecret}&a=1&a=1`, 'expected each parameter once'],
  ])('is refused with %s', async (_title, form, error_description) => {
    const { status, headers, body } = await post(path, form, { caller })
    expect({ status, body }).toEqual({ status: 400, body: { error: 'invalid_request', error_description } })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toBe('application/json')
  })

  it('passes over parameters that nobody knows, and a hint', async () => {
    const form = { token: unknownSecret, token_type_hint: 'pseudo', other: 'x' }
    expect((await post(path, form, { caller })).status).toBe(200)
  })

  it('takes no parameter from the address', async () => {
    const { status, body } = await post(`${path}?token=${unknownSecret}`, '', { caller })
    expect([status, body.error]).toEqual([400, 'invalid_request'])
  })

  it('is refused with two ways of client authentication at once, or two clients', async () => {
    const twice = { token: unknownSecret, client_id: '1', client_secret: unknownSecret }
    for (const headers of [basic(1, unknownSecret), { authorization: `Bearer ${unknownSecret}` }]) {
      const { status, body } = await post(path, twice, { headers })
      expect([status, body.error]).toEqual([400, 'invalid_request'])
    }
    const { status, body } = await post(
      path,
      { token: unknownSecret, client_id: '2' },
      { headers: basic(1, unknownSecret) },
    )
    expect([status, body.error]).toEqual([400, 'invalid_request'])
  })

  it.each(['Basic', 'Basic !', 'Basic YWJj', `Basic ${Buffer.from('%zz:%').toString('base64')}`])(
    'is refused with what is no client of Basic: %s',
    async (authorization) => {
      const { status, headers, body } = await post(path, { token: unknownSecret }, { headers: { authorization } })
      expect([status, body.error]).toEqual([401, 'invalid_client'])
      expect(headers.get('www-authenticate')).toBe('Basic realm="iam-graph"')
    },
  )

  it('knows no assertions', async () => {
    const form = { token: unknownSecret, client_assertion: 'a.b.c', client_assertion_type: 'urn:x' }
    const { status, body } = await post(path, form)
    expect([status, body.error]).toEqual([401, 'invalid_client'])
  })

  it('is asked by POST only', async () => {
    const response = await harness.fetch(`/oauth/${path}`, { headers: await harness.authorize(caller) })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await response.json()).toEqual({ error: 'invalid_request', error_description: 'expected POST' })
  })

  it('reads no more than MAX_BODY_BYTES', async () => {
    const { status, body } = await post(path, { token: 'x'.repeat(5_000) }, { caller })
    expect([status, body.error]).toEqual([413, 'invalid_request'])
  })
})

describe('the metadata', () => {
  const get = async (path: string) => {
    const response = await harness.fetch(path)
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'max-age=300'])
    return response.json()
  }

  it('of the authorization server names what is there (RFC 8414)', async () => {
    expect(await get('/.well-known/oauth-authorization-server')).toEqual({
      issuer: 'http://gateway.example',
      introspection_endpoint: 'http://gateway.example/oauth/introspect',
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
      revocation_endpoint: 'http://gateway.example/oauth/revoke',
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      scopes_supported: allScopes,
      response_types_supported: [],
      grant_types_supported: [],
    })
  })

  it.each(['', '/graphql', '/subgraph', '/access/v1/evaluation'])(
    'of a resource is where the challenge says (RFC 9728): %s',
    async (path) => {
      const address = `/.well-known/oauth-protected-resource${path}`
      expect(await get(address)).toEqual({
        resource: `http://gateway.example${path}`,
        authorization_servers: ['http://gateway.example', 'https://issuer.example'],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA']),
        scopes_supported: allScopes,
        resource_name: 'iam-graph',
      })
      if (path === '') return
      const refused = await harness.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{a}"}',
      })
      const challenge = `Bearer realm="iam-graph", resource_metadata="http://gateway.example${address}"`
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, challenge])
    },
  )

  it('names the key set where the gateway signs', async () => {
    const signer = await createTestSigner()
    const address = 'http://gateway.example/.well-known/oauth-authorization-server'
    const response = await harness.beside({ signer }).fetch(new Request(address))
    expect((await response.json()).jwks_uri).toBe('http://gateway.example/.well-known/jwks.json')
    signer.close()
  })

  it('does not name what is off, nor an issuer that has no address', async () => {
    const { jwt } = {
      jwt: { issuer: 'urn:iam-graph:development', audience: 'iam-graph', type: 'at+jwt', maxAge: 60 } as const,
    }
    const beside = harness.beside({ subgraph: false, jwt })
    const at = (path: string) =>
      beside.fetch(new Request(`http://gateway.example/.well-known/oauth-protected-resource${path}`))
    expect((await at('/subgraph')).status).toBe(404)
    expect((await (await at('')).json()).authorization_servers).toEqual(['http://gateway.example'])
  })
})

it('nothing of all that was unexpected', () => {
  expect(harness.unexpected).toEqual([])
})
