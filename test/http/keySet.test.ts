import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Signer } from '../../src/auth/signer.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { createTestSigner } from '../support/signer.ts'

let harness: Harness
let signer: Signer
beforeAll(async () => {
  signer = await createTestSigner()
  harness = await createHarness({}, { signer })
})
afterAll(async () => {
  await harness.close()
  signer.close()
})

const path = '/.well-known/jwks.json'

describe('the key set', () => {
  it('is there for everybody, and may be kept for less long than a key is published before it signs', async () => {
    const response = await harness.fetch(path)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300',
    })
    expect(await response.json()).toEqual(signer.published())
    expect(signer.published().keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }])
  })

  it('has nothing private in it', async () => {
    expect(await (await harness.fetch(path)).text()).not.toContain('"d"')
  })

  it('is only read', async () => {
    const response = await harness.fetch(path, { method: 'POST', body: '{}' })
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'GET, HEAD',
    })
  })

  it('is not there where nothing is signed', async () => {
    const gateway = harness.beside({ signer: null })
    expect((await gateway.fetch(new Request(`http://gateway.example${path}`))).status).toBe(404)
  })
})
