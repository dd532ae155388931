/** What is remembered of credentials, and for how long: never longer than it is true, and never for anybody else. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedKeys, type KeySource } from '../../src/auth/keys.ts'
import { remoteKeys } from '../../src/auth/remoteKeys.ts'
import { audience, type Claims, createHarness, type Harness, issuer } from '../support/harness.ts'
import { createSigner, type KeyServer, type Signer, serving, startKeyServer } from '../support/jwks.ts'
import { testTime } from '../support/time.ts'

const whoAmI = '{ viewer { subject scopes organization { id } } }'
const issuedAt = testTime.getTime() / 1_000

let harness: Harness
let signer: Signer
/** How often a key was asked for: once for each JWT that is verified. */
let verified: number

function counting(keys: KeySource): KeySource {
  const resolve: KeySource['resolve'] = (...given) => {
    verified += 1
    return keys.resolve(...given)
  }
  return { ...keys, resolve }
}

const signed = (claims: Claims, by = signer) =>
  by.sign({
    iss: issuer,
    aud: audience,
    sub: 'ada',
    customer_id: 1,
    iat: issuedAt,
    exp: issuedAt + 600,
    jti: randomUUID(),
    ...claims,
  })
const ask = (jwt: string) => harness.askRaw(whoAmI, undefined, { authorization: `Bearer ${jwt}` })
const pass = (seconds: number) => {
  harness.now = new Date(harness.now.getTime() + seconds * 1_000)
}
const unknownOrganization = {
  status: 401,
  errors: [{ message: 'the credential was refused: the organization of the JWT is unknown' }],
}

beforeEach(() => {
  verified = 0
})
afterEach(() => harness.close())

describe('the principal of a JWT', () => {
  beforeEach(async () => {
    signer = await createSigner('one')
    harness = await createHarness({}, { keys: counting(fixedKeys({ keys: [signer.jwk] })) })
  })

  it('is remembered while it is valid, and takes neither a signature nor a statement meanwhile', async () => {
    const jwt = await signed({})
    for (const seconds of [0, 30, 500]) {
      pass(seconds)
      expect(await ask(jwt)).toMatchObject({ status: 200 })
    }
    const subject = await harness.askRaw('{ viewer { subject } }', undefined, { authorization: `Bearer ${jwt}` })
    expect(subject).toMatchObject({ status: 200, statements: [] })
    expect(verified).toBe(1)
  })

  it.each([
    ['expires', { exp: issuedAt + 20 }, 26, 'the JWT has expired'],
    ['gets too old', { iat: issuedAt - 3_590, exp: issuedAt + 600 }, 16, 'the JWT is too old'],
  ])('is not remembered beyond the instant at which its JWT %s', async (_title, claims, seconds, reason) => {
    const jwt = await signed(claims)
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    pass(seconds)
    expect(await ask(jwt)).toMatchObject({
      status: 401,
      errors: [{ message: `the credential was refused: ${reason}` }],
    })
  })

  it('is remembered of its JWT, however the scheme before it is written', async () => {
    const jwt = await signed({})
    for (const scheme of ['bearer ', 'Bearer ', 'BEARER   ', 'Bearer  ']) {
      const { status } = await harness.askRaw(whoAmI, undefined, { authorization: `${scheme}${jwt}` })
      expect(status).toBe(200)
    }
    expect(verified).toBe(1)
    for (const authorization of [`Bearer ${jwt} x`, `Basic ${jwt}`, jwt]) {
      expect(await harness.askRaw(whoAmI, undefined, { authorization })).toMatchObject({ status: 401 })
    }
  })

  it('is not remembered of a JWT that was refused', async () => {
    const jwt = await signed({ aud: 'other' })
    for (const times of [1, 2]) {
      expect(await ask(jwt)).toMatchObject({ status: 401 })
      expect(verified).toBe(times)
    }
  })

  it('is that of its own JWT only, however many come at once', async () => {
    const callers = [
      { sub: 'one', customer_id: 1, scope: 'users:read' },
      { sub: 'two', customer_id: 2, scope: 'users:read roles:read' },
      { sub: 'one', customer_id: 2, scope: '' },
      { sub: 'all', customer_id: undefined, scope: 'organizations:all' },
    ]
    const jwts = await Promise.all(callers.map((claims) => signed(claims)))
    const organizations = [demoCallers.reader.organizationId, demoCallers.otherReader.organizationId]
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all([...jwts, ...jwts.toReversed()].map(ask))
      const expected = callers.map(({ sub, customer_id: customer, scope }) => ({
        subject: sub,
        scopes: scope.split(' ').filter(Boolean).toSorted(),
        organization: customer === undefined ? null : { id: organizations[customer - 1] },
      }))
      expect(answers.map(({ data }) => data?.viewer)).toEqual([...expected, ...expected.toReversed()])
    }
  })

  it('is not that of a JWT with the same signature and other claims', async () => {
    const jwt = await signed({})
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    const [header, , signature] = jwt.split('.')
    const payload = (await signed({ customer_id: 2 })).split('.')[1]
    expect(await ask(`${header}.${payload}.${signature}`)).toMatchObject({ status: 401 })
    expect(await ask(`${jwt}A`)).toMatchObject({ status: 401 })
  })
})

describe('an organization', () => {
  const customerId = 4_711
  const organization = { id: randomUUID(), customerId, name: 'Short Lived' }
  beforeEach(async () => {
    signer = await createSigner('one')
    harness = await createHarness({}, { keys: fixedKeys({ keys: [signer.jwk] }) })
    await harness.prisma.organization.create({ data: organization })
  })

  it('that is removed is of no use within a second, however many JWTs name it', async () => {
    const names = { customer_id: customerId }
    const [early, late] = await Promise.all([signed(names), signed({ ...names, sub: 'bob' })])
    for (const jwt of [early, late]) expect(await ask(jwt)).toMatchObject({ status: 200 })
    await harness.prisma.organization.delete({ where: { id: organization.id } })
    pass(1)
    for (const jwt of [early, late]) expect(await ask(jwt)).toMatchObject(unknownOrganization)
  })

  it('that was not there is found once it is', async () => {
    const jwt = await signed({ customer_id: customerId + 1 })
    expect(await ask(jwt)).toMatchObject(unknownOrganization)
    const data = { id: randomUUID(), customerId: customerId + 1, name: 'Late' }
    await harness.prisma.organization.create({ data })
    expect(await ask(jwt)).toMatchObject({ status: 200, data: { viewer: { organization: { id: data.id } } } })
  })
})

describe('a key', () => {
  let server: KeyServer
  let keys: KeySource
  let next: Signer
  let elapsed: number
  beforeEach(async () => {
    signer = await createSigner('first')
    next = await createSigner('second')
    server = await startKeyServer(serving(signer.jwk))
    elapsed = 0
    const clock = () => harness.now
    keys = counting(remoteKeys({ uri: server.url, clock, monotonic: () => elapsed, observe: () => {}, lookEvery: 5 }))
    harness = await createHarness({}, { keys })
  })
  afterEach(async () => {
    keys.close()
    await server.close()
  })

  it('that is withdrawn ends what was remembered of its JWTs as soon as the gateway knows', async () => {
    const jwt = await signed({})
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    server.answer = serving(next.jwk)
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    expect(await ask(await signed({}, next))).toMatchObject({ status: 200 })
    expect(await ask(jwt)).toMatchObject({
      status: 401,
      errors: [{ message: 'the credential was refused: no key matches the JWT' }],
    })
  })

  it('that is loaded again ends nothing', async () => {
    const jwt = await signed({})
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    elapsed += 301_000
    await expect.poll(() => server.requests).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    expect(verified).toBe(1)
  })
})
