/** Ordinary OAuth clients, which know nothing of the gateway but its address: every call of theirs that has a meaning here. */
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import type { Signer } from '../../src/auth/signer.ts'
import type { Server } from '../../src/server.ts'
import { audience, createHarness, type Harness } from '../support/harness.ts'
import { demoSecret, unknownSecret } from '../support/oauth.ts'
import { serve } from '../support/server.ts'
import { createTestSigner } from '../support/signer.ts'
import { testTime } from '../support/time.ts'

/** A resource server, and what it asks about. */
const resourceServer = { id: String(demoTokenId('Joiners & leavers')), secret: demoSecret('Joiners & leavers') }
const asked = { id: String(demoTokenId('Provisioning staging')), secret: demoSecret('Provisioning staging') }
const exchanged = { id: String(demoTokenId('100%_nightly_sync')), secret: demoSecret('100%_nightly_sync') }
const ended = { secret: demoSecret('acme.sh on www1') }
const leaked = [demoSecret('Provisioning portal'), demoSecret('terraform plan'), demoSecret('Terraform Cloud')] as const

/** Seconds that the clock of the gateway is ahead of that of the clients. Both go on. */
const skew = Math.round((testTime.getTime() - Date.now()) / 1_000)
const clock = () => new Date(Date.now() + skew * 1_000)

let harness: Harness
let server: Server
let url: URL
let signer: Signer
beforeAll(async () => {
  signer = await createTestSigner(clock)
  harness = await createHarness({}, { publicUrl: () => server.url, signer, clock })
  server = await serve(harness.gateway)
  url = new URL(server.url)
  const where = { id: Number(resourceServer.id) }
  await harness.prisma.token.update({ where, data: { scope: ['tokens:introspect', 'users:read'] } })
  const ids = [demoTokenId('100%_nightly_sync'), demoTokenId('acme.sh on www1')]
  await harness.prisma.token.updateMany({ where: { id: { in: ids } }, data: { scope: ['tokens:read'] } })
})
afterAll(async () => {
  signer.close()
  await server.close()
  await harness.close()
})

const statusOf = async (secret: string) => {
  const authorization = `Bearer ${secret}`
  return (await harness.askRaw('{ viewer { subject } }', {}, { authorization })).status
}

/** A client that authorizes itself by a bearer token (RFC 7662, section 2.1). */
const bearer =
  (token: string): oauth.ClientAuth =>
  (_as, _client, _body, headers) =>
    headers.set('authorization', `Bearer ${token}`)

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const client: oauth.Client = { client_id: resourceServer.id }
  let as: oauth.AuthorizationServer
  beforeAll(async () => {
    const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
    as = await oauth.processDiscoveryResponse(url, response)
  })

  it('discovers the gateway: discoveryRequest', () => {
    expect(as).toMatchObject({
      issuer: server.url,
      introspection_endpoint: `${server.url}/oauth/introspect`,
      revocation_endpoint: `${server.url}/oauth/revoke`,
    })
  })

  it('discovers what it protects, from the challenge of a refused request: resourceDiscoveryRequest', async () => {
    const graph = new URL('/graphql', url)
    const headers = new Headers({ 'content-type': 'application/json' })
    const body = '{"query":"{ viewer { subject } }"}'
    const refused = await oauth
      .protectedResourceRequest(unknownSecret, 'POST', graph, headers, body, insecure)
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    const [challenge] = (refused as oauth.WWWAuthenticateChallengeError).cause
    expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { error: 'invalid_token' } })
    expect(challenge?.parameters.resource_metadata).toBe(`${server.url}/.well-known/oauth-protected-resource/graphql`)
    const response = await oauth.resourceDiscoveryRequest(graph, insecure)
    const resource = await oauth.processResourceDiscoveryResponse(graph, response)
    expect(resource.authorization_servers).toContain(as.issuer)
    const answered = await oauth.protectedResourceRequest(asked.secret, 'POST', graph, headers, body, insecure)
    expect(answered.status).toBe(200)
  })

  it.each<[string, () => oauth.ClientAuth]>([
    ['ClientSecretBasic', () => oauth.ClientSecretBasic(resourceServer.secret)],
    ['ClientSecretPost', () => oauth.ClientSecretPost(resourceServer.secret)],
    ['a bearer token', () => bearer(resourceServer.secret)],
  ])('asks about a token: introspectionRequest with %s', async (_title, authentication) => {
    const ask = async (token: string) => {
      const all = { ...insecure, additionalParameters: { token_type_hint: 'access_token' } }
      const response = await oauth.introspectionRequest(as, client, authentication(), token, all)
      return oauth.processIntrospectionResponse(as, client, response)
    }
    expect(await ask(asked.secret)).toMatchObject({
      active: true,
      client_id: asked.id,
      iss: as.issuer,
      token_type: 'Bearer',
      scope: expect.stringContaining('users:read'),
      username: expect.stringContaining('@'),
    })
    expect(await ask(unknownSecret)).toEqual({ active: false })
  })

  it('is told why it is refused', async () => {
    const authentication = oauth.ClientSecretBasic(unknownSecret)
    const response = await oauth.introspectionRequest(as, client, authentication, asked.secret, insecure)
    const refused = await oauth.processIntrospectionResponse(as, client, response).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    const { status, cause } = refused as oauth.WWWAuthenticateChallengeError
    expect([status, cause[0]?.scheme]).toEqual([401, 'basic'])
    const unsupported = await oauth.revocationRequest(as, client, oauth.None(), 'a.b.c', insecure)
    await expect(oauth.processRevocationResponse(unsupported)).rejects.toMatchObject({
      status: 400,
      error: 'unsupported_token_type',
      error_description: expect.stringContaining('revoke the API token'),
    })
  })

  it.each([
    ['None', () => oauth.None(), leaked[0]],
    ['ClientSecretBasic', () => oauth.ClientSecretBasic(resourceServer.secret), leaked[1]],
  ])('revokes a token: revocationRequest with %s', async (_title, authentication, secret) => {
    expect(await statusOf(secret)).toBe(200)
    for (const token of [secret, secret, unknownSecret]) {
      const response = await oauth.revocationRequest(as, client, authentication(), token, insecure)
      expect(await oauth.processRevocationResponse(response)).toBeUndefined()
    }
    expect(await statusOf(secret)).toBe(401)
  })
})

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const whoAmI = '{"query":"{ viewer { token { name } } }"}'
const jsonBody = () => new Headers({ 'content-type': 'application/json' })

describe('oauth4webapi, with a token that it exchanges', () => {
  const options = { [oauth.allowInsecureRequests]: true }
  const client: oauth.Client = { client_id: 'anybody', [oauth.clockSkew]: skew }
  let as: oauth.AuthorizationServer
  let graph: URL
  beforeAll(async () => {
    const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...options })
    as = await oauth.processDiscoveryResponse(url, response)
    graph = new URL('/graphql', url)
  })

  const exchange = async (secret: string, proof: { readonly DPoP?: oauth.DPoPHandle } = {}) => {
    const form = { subject_token: secret, subject_token_type: accessToken }
    const all = { ...options, ...proof }
    const response = await oauth.genericTokenEndpointRequest(as, client, oauth.None(), exchangeGrant, form, all)
    return oauth.processGenericTokenEndpointResponse(as, client, response)
  }
  const ask = (jwt: string, proof: { readonly DPoP?: oauth.DPoPHandle } = {}) =>
    oauth.protectedResourceRequest(jwt, 'POST', graph, jsonBody(), whoAmI, { ...options, ...proof })
  const introspected = async (jwt: string) => {
    const authentication = oauth.ClientSecretBasic(resourceServer.secret)
    const response = await oauth.introspectionRequest(
      as,
      { client_id: resourceServer.id },
      authentication,
      jwt,
      options,
    )
    return oauth.processIntrospectionResponse(as, { client_id: resourceServer.id }, response)
  }

  it('verifies the JWT as a resource server does, by the key set: validateJwtAccessToken', async () => {
    const { access_token, token_type, issued_token_type } = await exchange(exchanged.secret)
    expect([token_type, issued_token_type]).toEqual(['bearer', accessToken])
    const request = new Request(graph, { headers: { authorization: `Bearer ${access_token}` } })
    const claims = await oauth.validateJwtAccessToken(as, request, audience, { ...options, [oauth.clockSkew]: skew })
    expect(claims).toMatchObject({ iss: as.issuer, client_id: exchanged.id, aud: audience })
    expect(await introspected(access_token)).toMatchObject({ active: true, jti: claims.jti, token_type: 'Bearer' })
    expect((await ask(access_token)).status).toBe(200)
  })

  it('binds the JWT to a key, with which alone it is of use: DPoP', async () => {
    const handle = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const { access_token, token_type } = await exchange(exchanged.secret, { DPoP: handle })
    expect(token_type).toBe('dpop')
    expect((await ask(access_token, { DPoP: handle })).status).toBe(200)
    const other = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    for (const proof of [{}, { DPoP: other }]) {
      await expect(ask(access_token, proof)).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    }
    const jkt = await handle.calculateThumbprint()
    expect(await introspected(access_token)).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt } })
  })

  it('is told why an exchange is refused', async () => {
    await expect(exchange(unknownSecret)).rejects.toMatchObject({ status: 400, error: 'invalid_request' })
  })

  it('ends the JWT with its token: revocationRequest', async () => {
    const { access_token } = await exchange(ended.secret)
    expect((await ask(access_token)).status).toBe(200)
    const response = await oauth.revocationRequest(as, client, oauth.None(), ended.secret, options)
    await oauth.processRevocationResponse(response)
    await expect(ask(access_token)).rejects.toMatchObject({ status: 401 })
    expect(await introspected(access_token)).toEqual({ active: false })
  })
})

describe('openid-client', () => {
  const configure = (id: string, authentication: openid.ClientAuth) =>
    openid.discovery(url, id, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })

  it('discovers the gateway and asks about a token: discovery, tokenIntrospection', async () => {
    for (const authentication of [openid.ClientSecretBasic, openid.ClientSecretPost]) {
      const config = await configure(resourceServer.id, authentication(resourceServer.secret))
      expect(config.serverMetadata().supportsPKCE()).toBe(false)
      expect(await openid.tokenIntrospection(config, asked.secret)).toMatchObject({ active: true, client_id: asked.id })
      expect(await openid.tokenIntrospection(config, unknownSecret)).toEqual({ active: false })
    }
  })

  it('asks with a bearer token of its own', async () => {
    const config = await configure('resource-server', bearer(resourceServer.secret))
    expect(await openid.tokenIntrospection(config, asked.secret)).toMatchObject({ active: true })
  })

  it('exchanges a token for a JWT that is bound to a key, and asks the graph with it: genericGrantRequest', async () => {
    const metadata = { [openid.clockSkew]: skew }
    const config = await openid.discovery(url, 'anybody', metadata, openid.None(), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const handle = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const form = { subject_token: exchanged.secret, subject_token_type: accessToken }
    const { access_token, token_type, expires_in } = await openid.genericGrantRequest(config, exchangeGrant, form, {
      DPoP: handle,
    })
    expect([token_type, expires_in]).toEqual(['dpop', 900])
    const ask = (proof: openid.DPoPOptions) =>
      openid.fetchProtectedResource(config, access_token, new URL('/graphql', url), 'POST', whoAmI, jsonBody(), proof)
    expect((await ask({ DPoP: handle })).status).toBe(200)
    await expect(ask({})).rejects.toMatchObject({ status: 401 })
  })

  it('revokes a token: tokenRevocation', async () => {
    const config = await configure('anybody', openid.None())
    expect(await statusOf(leaked[2])).toBe(200)
    await openid.tokenRevocation(config, leaked[2])
    await openid.tokenRevocation(config, unknownSecret)
    expect(await statusOf(leaked[2])).toBe(401)
  })

  it('asks the graph: fetchProtectedResource', async () => {
    const config = await configure('anybody', openid.None())
    const ask = (secret: string) =>
      openid.fetchProtectedResource(
        config,
        secret,
        new URL('/graphql', url),
        'POST',
        '{"query":"{ viewer { subject } }"}',
        new Headers({ 'content-type': 'application/json' }),
      )
    expect((await ask(asked.secret)).status).toBe(200)
    await expect(ask(unknownSecret)).rejects.toMatchObject({ status: 401, cause: [{ scheme: 'bearer' }] })
  })
})

it('leaves no secret in what is observed, and meets nothing unexpected', () => {
  const observed = JSON.stringify(harness.observed)
  for (const secret of [resourceServer, asked, exchanged, ended]
    .map(({ secret }) => secret)
    .concat(unknownSecret, leaked)) {
    expect(observed).not.toContain(secret.slice('iamt_'.length))
  }
  expect(harness.unexpected).toEqual([])
})
