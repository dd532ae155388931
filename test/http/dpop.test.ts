/** JWTs that are bound to a key (RFC 9449), on every way in: an ordinary client's calls, and what must not be taken for them. */
import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import type { Signer } from '../../src/auth/signer.ts'
import { exchangeGrant } from '../../src/oauth/exchangeRequest.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { type PostForm, postingForms } from '../support/oauth.ts'
import { createTestSigner } from '../support/signer.ts'
import { testTime } from '../support/time.ts'
import { type MadeToken, makeToken } from '../support/tokens.ts'

const publicUrl = 'https://iam.example'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const jwk = await exportJWK(publicKey)
const jkt = await calculateJwkThumbprint(jwk)

let harness: Harness
let signer: Signer
let post: PostForm
beforeAll(async () => {
  signer = await createTestSigner()
  harness = await createHarness({ PUBLIC_URL: publicUrl }, { signer })
  post = postingForms(harness)
})
afterAll(async () => {
  await harness.close()
  signer.close()
})

const scope = ['permissions:check', 'roles:read', 'tokens:introspect', 'users:read']
const make = (given: object = {}): Promise<MadeToken> => makeToken(harness, [['zone-reader']], {}, { scope, ...given })
const asking = { query: '{ viewer { subject } }' }
const proofOf = (method: string, path: string, jwt: string | null, given: object = {}, key = privateKey, by = jwk) =>
  new SignJWT({
    jti: randomUUID(),
    htm: method,
    htu: `${publicUrl}${path}`,
    iat: Math.floor(harness.now.getTime() / 1_000),
    ...(jwt === null ? {} : { ath: createHash('sha256').update(jwt).digest('base64url') }),
    ...given,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: by })
    .sign(key)
/** A JWT of the token that is bound to the key of these tests. */
const boundTo = async (secret: string) => {
  const form = { grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }
  const { body } = await post('token', form, { headers: { dpop: await proofOf('POST', '/oauth/token', null) } })
  expect(body).toMatchObject({ token_type: 'DPoP' })
  return body.access_token as string
}
const send = async (headers: Readonly<Record<string, string>>, body: object = asking) => {
  const response = await harness.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify(body),
  })
  const { status } = response
  return { status, challenge: response.headers.get('www-authenticate'), body: await response.json() }
}
const proven = async (jwt: string, given: object = {}) => ({
  authorization: `DPoP ${jwt}`,
  dpop: await proofOf('POST', '/graphql', jwt, given),
})

describe('a client with a key', () => {
  it('gets a JWT for it, and asks with it by every way in', async () => {
    const { id, userId, secret } = await make()
    const fetching = {
      [oauth.customFetch]: (url: string, init: object) => harness.gateway.fetch(new Request(url, init)),
    }
    const issuer = new URL(publicUrl)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...fetching }),
    )
    expect(server.dpop_signing_alg_values_supported).toContain('ES256')
    const skew = testTime.getTime() - Date.now()
    const client: oauth.Client = { client_id: 'deploy', [oauth.clockSkew]: Math.floor(skew / 1_000) }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256', { extractable: true }))
    /** The client's clock goes, so the gateway's does. */
    const tick = () => {
      harness.now = new Date(Date.now() + skew)
    }
    tick()
    const answered = await oauth.genericTokenEndpointRequest(
      server,
      client,
      oauth.None(),
      exchangeGrant,
      { subject_token: secret, subject_token_type: accessTokenType },
      { DPoP, ...fetching },
    )
    const granted = await oauth.processGenericTokenEndpointResponse(server, client, answered)
    expect(granted.token_type).toBe('dpop')
    expect(decodeJwt(granted.access_token).cnf).toEqual({ jkt: await DPoP.calculateThumbprint() })

    const ask = async (method: string, path: string, type: string | null, body?: string) => {
      tick()
      const response = await oauth.protectedResourceRequest(
        granted.access_token,
        method,
        new URL(path, publicUrl),
        new Headers(type === null ? {} : { 'content-type': type }),
        body,
        { DPoP, ...fetching },
      )
      return response.json()
    }
    const json = JSON.stringify(asking)
    const told = { data: { viewer: { subject: userId } } }
    expect(await ask('POST', '/graphql', 'application/json', json)).toEqual(told)
    expect(await ask('POST', '/graphql', 'application/json', json)).toEqual(told)
    expect(await ask('GET', `/graphql?query=${encodeURIComponent(asking.query)}`, null)).toEqual(told)
    expect(await ask('POST', '/subgraph', 'application/json', json)).toEqual(told)
    const question = {
      subject: { type: 'token', id: String(id) },
      action: { name: 'dns.zone.read' },
      resource: { type: 'zone', id: 'example.com' },
    }
    expect(await ask('POST', '/access/v1/evaluation', 'application/json', JSON.stringify(question))).toHaveProperty(
      'decision',
    )
    const form = String(new URLSearchParams({ token: secret }))
    expect(await ask('POST', '/oauth/introspect', 'application/x-www-form-urlencoded', form)).toMatchObject({
      active: true,
    })
    const event = await harness.prisma.auditEvent.findFirst({
      where: { action: 'token.exchange', targetId: String(id) },
    })
    expect(event?.after).toMatchObject({ jkt: await DPoP.calculateThumbprint() })
  })
})

describe('a bound JWT', () => {
  it('needs a proof for each request, remembered or not', async () => {
    const { secret } = await make()
    const jwt = await boundTo(secret)
    const headers = await proven(jwt)
    expect((await send(headers)).status).toBe(200)
    expect(await send(headers)).toMatchObject({
      status: 401,
      challenge: expect.stringMatching(
        /^DPoP realm="iam-graph", error="invalid_dpop_proof", error_description="[^"]*used before", algs="RS256 [^"]*", resource_metadata="/,
      ),
    })
    expect((await send({ authorization: headers.authorization })).status).toBe(401)
    expect((await send(await proven(jwt))).status).toBe(200)
  })

  it('is no bearer token, before and after it is known', async () => {
    const { secret } = await make()
    const jwt = await boundTo(secret)
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const authorization = `${scheme} ${jwt}`
      const { dpop } = await proven(jwt)
      for (const headers of [{ authorization }, { authorization, dpop }]) {
        expect(await send(headers)).toMatchObject({
          status: 401,
          challenge: expect.stringMatching(/^DPoP realm="iam-graph", error="invalid_token", .*algs="/),
          body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
        })
      }
      expect((await send(await proven(jwt))).status).toBe(200)
    }
  })

  it('is refused with the proof of another key, request or JWT', async () => {
    const { secret } = await make()
    const jwt = await boundTo(secret)
    const other = await generateKeyPair('ES256', { extractable: true })
    const otherJwk = await exportJWK(other.publicKey)
    const authorization = `DPoP ${jwt}`
    for (const dpop of [
      await proofOf('POST', '/graphql', jwt, {}, other.privateKey, otherJwk),
      await proofOf('GET', '/graphql', jwt),
      await proofOf('POST', '/subgraph', jwt),
      await proofOf('POST', '/graphql', await boundTo(secret)),
      await proofOf('POST', '/graphql', null),
      await proofOf('POST', '/graphql', jwt, { htu: 'http://gateway.example/graphql' }),
      await proofOf('POST', '/graphql', jwt, { iat: Math.floor(harness.now.getTime() / 1_000) - 120 }),
      'junk',
    ]) {
      expect(await send({ authorization, dpop })).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('error="invalid_dpop_proof"'),
      })
    }
  })

  it('is refused on every other way in without a proof', async () => {
    const { secret } = await make()
    const jwt = await boundTo(secret)
    for (const authorization of [`DPoP ${jwt}`, `Bearer ${jwt}`]) {
      const headers = { authorization, 'content-type': 'application/json' }
      const evaluation = await harness.fetch('/access/v1/evaluation', { method: 'POST', headers, body: '{}' })
      const get = await harness.fetch(`/graphql?query=${encodeURIComponent(asking.query)}`, {
        headers: { authorization },
      })
      const { status } = await post('introspect', { token: secret }, { headers: { authorization } })
      expect([evaluation.status, get.status, status]).toEqual([401, 401, 401])
      expect(evaluation.headers.get('www-authenticate')).toMatch(/^DPoP /)
    }
  })

  it('is challenged by its scheme where scopes are missing, or its token has been stopped', async () => {
    const { id, secret } = await make({ scope: [] })
    const jwt = await boundTo(secret)
    const query = { query: '{ users { total } }' }
    expect(await send(await proven(jwt), query)).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(
        /^DPoP realm="iam-graph", error="insufficient_scope", scope="users:read", algs="/,
      ),
    })
    await harness.askRaw(`mutation { revokeToken(input: { tokenId: "${id}" }) { __typename } }`)
    expect(await send(await proven(jwt))).toMatchObject({
      status: 401,
      challenge: expect.stringMatching(/^DPoP realm="iam-graph", error="invalid_token", .*revoked", algs="/),
    })
  })

  it('may be the identity provider’s', async () => {
    const jwt = await harness.sign({ ...claimsOf(demoCallers.administrator), cnf: { jkt } })
    expect((await send({ authorization: `Bearer ${jwt}` })).status).toBe(401)
    expect((await send(await proven(jwt))).status).toBe(200)
    const malformed = await harness.sign({ ...claimsOf(demoCallers.administrator), cnf: { jkt: 7 } })
    expect((await send({ authorization: `Bearer ${malformed}` })).status).toBe(401)
  })
})

describe('the scheme DPoP', () => {
  it('is for bound JWTs only', async () => {
    const { secret } = await make()
    const form = { grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }
    const { body } = await post('token', form)
    for (const credential of [secret, body.access_token as string, 'junk']) {
      expect(await send(await proven(credential))).toMatchObject({
        status: 401,
        challenge: expect.stringMatching(/^DPoP .*error="invalid_token"/),
      })
    }
    expect((await send({ authorization: `Bearer ${secret}` })).status).toBe(200)
  })

  it('is not needed by a bearer token that comes with a proof', async () => {
    const { secret } = await make()
    const { dpop } = await proven(secret)
    expect((await send({ authorization: `Bearer ${secret}`, dpop })).status).toBe(200)
  })
})

describe('a proof at the token endpoint', () => {
  it.each([
    ['for another endpoint', { htu: `${publicUrl}/graphql` }],
    ['that is old', { iat: testTime.getTime() / 1_000 - 3_600 }],
  ])('is refused %s', async (_title, given) => {
    const { id, secret } = await make()
    const form = { grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }
    const dpop = await proofOf('POST', '/oauth/token', null, given)
    const { status, body } = await post('token', form, { headers: { dpop } })
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_dpop_proof' })
    await harness.gateway.settle()
    expect(
      await harness.prisma.auditEvent.findFirst({ where: { action: 'token.exchange', targetId: String(id) } }),
    ).toMatchObject({ outcome: 'REFUSED', reason: 'invalid_dpop_proof' })
  })

  it('is good for one JWT', async () => {
    const { secret } = await make()
    const form = { grant_type: exchangeGrant, subject_token: secret, subject_token_type: accessTokenType }
    const headers = { dpop: await proofOf('POST', '/oauth/token', null) }
    expect((await post('token', form, { headers })).status).toBe(200)
    expect((await post('token', form, { headers })).body.error).toBe('invalid_dpop_proof')
  })
})
