import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { withMetadata } from '../support/challenge.ts'
import { type Claims, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const now = testTime.getTime() / 1_000
const whoAmI = '{ viewer { subject scopes organization { id } } }'
const { administrator, otherReader } = demoCallers

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
beforeEach(() => {
  harness.now = testTime
})
afterAll(() => harness.close())

const bearer = (jwt: string) => harness.askRaw(whoAmI, undefined, { authorization: `Bearer ${jwt}` })
const withClaims = (claims: Claims) => harness.askRaw(whoAmI, undefined, { claims: { customer_id: 1, ...claims } })
const withHeader = async (header: Claims) => bearer(await harness.sign({ customer_id: 1 }, header))
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** What every refused credential gets: nothing of the answer, and a challenge that says why. */
async function expectRefusal(asking: ReturnType<typeof bearer>, reason: string) {
  const { status, headers, data, errors, statements } = await asking
  const message = `the credential was refused: ${reason}`
  expect({ status, data, errors }).toEqual({
    status: 401,
    data: undefined,
    errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }],
  })
  expect(headers.get('www-authenticate')).toBe(
    withMetadata(
      `Bearer realm="iam-graph", error="invalid_token", error_description="${message.replaceAll('"', "'")}"`,
    ),
  )
  return statements
}

describe('a request without a credential', () => {
  it.each([
    ['no Authorization header', null],
    ['an empty one', { authorization: '' }],
  ])('is refused, and told no error of its own in the challenge (RFC 6750, section 3): %s', async (_title, caller) => {
    const { status, headers, data, errors } = await harness.askRaw(whoAmI, undefined, caller)
    expect({ status, data }).toEqual({ status: 401, data: undefined })
    expect(errors).toEqual([
      {
        message: 'expected an Authorization header with a bearer token, received none',
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ])
    expect(headers.get('www-authenticate')).toBe(withMetadata('Bearer realm="iam-graph"'))
  })
})

describe('an Authorization header', () => {
  it.each(['Basic YWRhOmxvdmVsYWNl', 'Bearer', 'Bearer a b', 'Bearer a.b.c, Bearer a.b.c', 'Token a.b.c'])(
    'is refused where it is not "Bearer" and a token: %s',
    async (authorization) => {
      const asking = harness.askRaw(whoAmI, undefined, { authorization })
      await expectRefusal(asking, 'expected "Bearer" and a token in the Authorization header')
    },
  )

  it('may write "Bearer" in any case (RFC 9110, section 11.1)', async () => {
    const authorization = `bEARER ${await harness.sign({ customer_id: 1 })}`
    expect(await harness.askRaw(whoAmI, undefined, { authorization })).toMatchObject({ status: 200 })
  })
})

describe('a malformed JWT', () => {
  it.each(['nonsense', 'a.b', 'a.b.c', 'a.b.c.d', 'a..c', '...', 'YQ==.YQ==.YQ==', 'null.null.null'])(
    'is refused: %s',
    async (token) => {
      await expectRefusal(bearer(token), 'expected a JWT')
    },
  )

  it('is refused where it is oversized, before it is read', async () => {
    await expectRefusal(bearer(`a.${'b'.repeat(8_189)}.c`), 'expected a JWT of at most 8192 characters')
    await expectRefusal(bearer(`a.${'b'.repeat(8_188)}.c`), 'expected a JWT')
  })

  it('is refused where a valid one has something added to it', async () => {
    const jwt = await harness.sign({ customer_id: 1 })
    await expectRefusal(bearer(`${jwt}=`), 'expected a JWT')
  })

  it('is refused where it asks for an extension that is not known (RFC 7515, section 4.1.11)', async () => {
    const [, payload, signature] = (await harness.sign({ customer_id: 1 })).split('.')
    const header = base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'test', crit: ['mystery'], mystery: 1 })
    await expectRefusal(bearer(`${header}.${payload}.${signature}`), 'expected a JWT')
  })
})

describe('a forged JWT', () => {
  it('is refused where another key has signed it', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    await expectRefusal(bearer(await harness.sign({ customer_id: 1 }, {}, privateKey)), 'the signature does not hold')
  })

  it('is refused where its claims were changed afterwards, even those of one that was accepted', async () => {
    const [header, payload, signature] = (await harness.sign({ customer_id: 1 })).split('.')
    expect(await bearer(`${header}.${payload}.${signature}`)).toMatchObject({ status: 200 })
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
    const forged = `${header}.${base64url({ ...claims, customer_id: 2 })}.${signature}`
    await expectRefusal(bearer(forged), 'the signature does not hold')
  })

  it('is refused where it names a key that is not there', async () => {
    await expectRefusal(withHeader({ kid: 'other' }), 'no key matches the JWT')
  })

  it.each(['none', 'None', 'HS256', 'ES384', 'RS1'])('is refused where its algorithm is %s', async (alg) => {
    const payload = (await harness.sign({ customer_id: 1 })).split('.')[1]
    const jwt = `${base64url({ alg, typ: 'at+jwt', kid: 'test' })}.${payload}.c2lnbmVk`
    const reason = 'expected one of the algorithms RS256, PS256, ES256, EdDSA, Ed25519'
    await expectRefusal(bearer(jwt), reason)
  })

  it('is refused where it has no signature at all', async () => {
    const payload = (await harness.sign({ customer_id: 1 })).split('.')[1]
    await expectRefusal(bearer(`${base64url({ alg: 'none', typ: 'at+jwt' })}.${payload}.`), 'expected a JWT')
  })
})

describe('a JWT', () => {
  it.each([
    ['of another issuer', { iss: 'https://other.example' }, 'claim "iss": not as expected'],
    ['without an issuer', { iss: undefined }, 'claim "iss": expected one'],
    ['for another audience', { aud: 'other' }, 'claim "aud": not as expected'],
    ['for several others', { aud: ['other', 'another'] }, 'claim "aud": not as expected'],
    ['without an audience', { aud: undefined }, 'claim "aud": expected one'],
    ['without exp', { exp: undefined }, 'claim "exp": expected one'],
    ['without iat', { iat: undefined }, 'claim "iat": expected one'],
    ['without sub', { sub: undefined }, 'claim "sub": expected one'],
    ['that has expired', { exp: now - 6 }, 'the JWT has expired'],
    ['that expires in words', { exp: 'tomorrow' }, 'claim "exp": not as expected'],
    ['that is too old, whatever its exp', { iat: now - 3_606, exp: now + 600 }, 'the JWT is too old'],
    ['issued in the future', { iat: now + 60 }, 'claim "iat": not as expected'],
    ['that is not valid yet', { nbf: now + 60 }, 'the JWT is not valid yet'],
    ['with an empty sub', { sub: '' }, 'claim "sub": expected a text of 1 to 255 printable characters'],
    ['with a number as sub', { sub: 7 }, 'claim "sub": expected a text of 1 to 255 printable characters'],
    ['with an endless sub', { sub: 'a'.repeat(256) }, 'claim "sub": expected a text of 1 to 255 printable characters'],
    ['with a NUL in its sub', { sub: 'ada\0' }, 'claim "sub": expected a text of 1 to 255 printable characters'],
    [
      'with a line feed in its sub',
      { sub: 'ada\nlovelace' },
      'claim "sub": expected a text of 1 to 255 printable characters',
    ],
    [
      'with half of a surrogate pair in its sub',
      { sub: 'ada\ud800' },
      'claim "sub": expected a text of 1 to 255 printable characters',
    ],
    ['with a NUL in its scope', { scope: 'users:read\0' }, 'claim "scope": expected scopes of printable characters'],
    ['with a tab between its scopes', { scope: 'a\tb' }, 'claim "scope": expected scopes of printable characters'],
    ['with a control character in scp', { scp: ['\x1b[2J'] }, 'claim "scp": expected scopes of printable characters'],
    ['with a word as org_id', { org_id: 'lakeside' }, 'claim "org_id": expected a UUID'],
    ['with a number as org_id', { org_id: 1 }, 'claim "org_id": expected a UUID'],
    ['with a word as customer_id', { customer_id: 'one' }, 'claim "customer_id": expected a whole number'],
    ['with a customer_id that is no integer', { customer_id: 1.5 }, 'claim "customer_id": expected a whole number'],
    ['with a customer_id of 0', { customer_id: 0 }, 'claim "customer_id": expected a whole number'],
    ['with a customer_id beyond 32 bits', { customer_id: 2 ** 31 }, 'claim "customer_id": expected a whole number'],
    ['with a list as access_id', { access_id: [1] }, 'claim "access_id": expected a whole number'],
    ['with a word as token_id', { token_id: '1 OR 1=1' }, 'claim "token_id": expected a whole number'],
    ['with a number as scope', { scope: 1 }, 'claim "scope": expected scopes separated by spaces, or a list of them'],
    ['with a list of others', { scp: [1] }, 'claim "scp": expected scopes separated by spaces, or a list of them'],
    ['without an organization', { customer_id: undefined }, 'expected a claim "org_id" or "customer_id"'],
    ['of an unknown customer', { customer_id: 4_711 }, 'the organization of the JWT is unknown'],
    [
      'of an unknown organization',
      { customer_id: undefined, org_id: '00000000-0000-4000-8000-000000000000' },
      'the organization of the JWT is unknown',
    ],
    [
      'of an unknown organization, whatever its scopes',
      { customer_id: 4_711, scope: 'organizations:all' },
      'the organization of the JWT is unknown',
    ],
    [
      'whose org_id and customer_id contradict each other',
      { customer_id: 1, org_id: otherReader.organizationId },
      'the organization of the JWT is unknown',
    ],
  ])('is refused %s', async (_title, claims: Claims, reason) => {
    await expectRefusal(withClaims(claims), reason)
  })

  it.each(['JWT', 'dpop+jwt', undefined])('is refused with the typ %s', async (typ) => {
    await expectRefusal(withHeader({ typ }), 'header "typ": not as expected')
  })

  it('is refused without a single statement, unless it is about its organization', async () => {
    expect(await expectRefusal(withClaims({ exp: now - 6 }), 'the JWT has expired')).toEqual([])
    const unknown = expectRefusal(withClaims({ customer_id: 4_711 }), 'the organization of the JWT is unknown')
    expect(await unknown).toHaveLength(1)
  })
})

describe('the principal', () => {
  const viewerWith = async (claims: Claims) => {
    const { data, errors } = await harness.askRaw(whoAmI, undefined, { claims })
    expect(errors).toBeUndefined()
    return data?.viewer
  }

  it('has the subject, the organization and the scopes of the JWT', async () => {
    const claims = { sub: 'service-7', customer_id: 1, scope: 'users:read roles:read' }
    expect(await viewerWith(claims)).toEqual({
      subject: 'service-7',
      scopes: ['roles:read', 'users:read'],
      organization: { id: administrator.organizationId },
    })
  })

  it.each([
    ['its id', { org_id: administrator.organizationId }],
    ['its id in capitals', { org_id: administrator.organizationId.toUpperCase() }],
    ['its customer number', { customer_id: 1 }],
    ['its customer number as a text', { customer_id: '1' }],
    ['both', { org_id: administrator.organizationId, customer_id: 1 }],
    ['its id, with the other claim null', { org_id: administrator.organizationId, customer_id: null }],
  ])('has the organization by %s', async (_title, claims: Claims) => {
    expect(await viewerWith(claims)).toMatchObject({ organization: { id: administrator.organizationId } })
  })

  it.each([
    ['a list in scp', { scp: ['users:read', 'roles:read'] }, ['roles:read', 'users:read']],
    ['a text in scp', { scp: 'users:read' }, ['users:read']],
    ['a list in scope', { scope: ['users:read'] }, ['users:read']],
    ['the first claim that has one', { scope: 'users:read', scp: ['roles:read'] }, ['users:read']],
    ['the second, where the first is empty', { scope: '', scp: ['roles:read'] }, ['roles:read']],
    ['the second, where the first is blank', { scope: '  ', scp: 'roles:read' }, ['roles:read']],
    ['the second, where the first lists none', { scope: [], scp: 'roles:read' }, ['roles:read']],
    ['the second, where the first lists blanks', { scope: ['', ' '], scp: 'roles:read' }, ['roles:read']],
    ['the second, where the first is null', { scope: null, scp: 'roles:read' }, ['roles:read']],
    ['two claims without one', { scope: '', scp: [] }, []],
    ['none', {}, []],
    ['spaces and repetitions', { scope: ' users:read   users:read ' }, ['users:read']],
  ])('has the scopes of %s', async (_title, claims: Claims, scopes) => {
    expect(await viewerWith({ customer_id: 1, ...claims })).toMatchObject({ scopes })
  })

  it('is the user that its subject names, whatever the case of that', async () => {
    const claims = { sub: administrator.userId.toUpperCase(), customer_id: 1, scope: 'users:read' }
    const { data } = await harness.askRaw('{ viewer { user { id } } }', undefined, { claims })
    expect(data).toEqual({ viewer: { user: { id: administrator.userId } } })
  })

  it('needs no organization where it sees all of them', async () => {
    expect(await viewerWith({ scope: 'organizations:all' })).toMatchObject({ organization: null })
  })

  it.each([
    ['of several audiences', { aud: ['other', 'iam-graph'] }, {}],
    ['of the full media type', {}, { typ: 'application/at+jwt' }],
    ['within the five seconds that clocks may differ', { exp: now - 4, nbf: now + 4 }, {}],
    ['without jti and client_id', { jti: undefined, client_id: undefined }, {}],
    ['without a kid', {}, { kid: undefined }],
  ])('comes from a JWT %s', async (_title, claims: Claims, header: Claims) => {
    expect(await bearer(await harness.sign({ customer_id: 1, ...claims }, header))).toMatchObject({ status: 200 })
  })

  it('costs no statement from the second request on', async () => {
    const jwt = await harness.sign({ customer_id: 2 })
    const subject = '{ viewer { subject } }'
    await harness.askRaw(subject, undefined, { authorization: `Bearer ${jwt}` })
    const { statements } = await harness.askRaw(subject, undefined, { authorization: `Bearer ${jwt}` })
    expect(statements).toEqual([])
  })

  it('is gone when its JWT expires, however often that one was accepted', async () => {
    const jwt = await harness.sign({ customer_id: 1, exp: now + 20 })
    expect(await bearer(jwt)).toMatchObject({ status: 200 })
    harness.now = new Date(testTime.getTime() + 26_000)
    await expectRefusal(bearer(jwt), 'the JWT has expired')
  })
})
