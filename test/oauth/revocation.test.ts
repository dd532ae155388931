import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { basic, demoSecret, type PostForm, postingForms, type Sending, unknownSecret } from '../support/oauth.ts'
import { testTime } from '../support/time.ts'

let harness: Harness
let post: PostForm
beforeAll(async () => {
  harness = await createHarness()
  post = postingForms(harness)
})
afterAll(() => harness.close())

const revoke = (token: string, sending: Sending = {}) => post('revoke', { token }, sending)
const rowOf = (name: string) => harness.prisma.token.findUnique({ where: { id: demoTokenId(name) } })
const events = () => harness.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })
const signedIn = async (name: string) =>
  (await harness.askRaw('{ viewer { subject } }', {}, { authorization: `Bearer ${demoSecret(name)}` })).status

describe('revocation', () => {
  it('ends a token for who holds its secret and says nothing else, with an event that says that nobody is known', async () => {
    expect(await signedIn('Provisioning portal')).toBe(200)
    const { status, headers, body } = await revoke(demoSecret('Provisioning portal'))
    expect({ status, body, cache: headers.get('cache-control') }).toEqual({ status: 200, body: {}, cache: 'no-store' })
    expect(await rowOf('Provisioning portal')).toMatchObject({ revokedAt: testTime, updatedBy: null })
    expect(await events()).toMatchObject([
      {
        action: 'token.revoke',
        outcome: 'SUCCESS',
        targetId: String(demoTokenId('Provisioning portal')),
        subject: 'nobody',
        actor: null,
        actorTokenId: null,
        before: { revokedAt: null },
        after: { revokedAt: testTime.toISOString() },
        requestId: headers.get('x-request-id'),
      },
    ])
    expect(await signedIn('Provisioning portal')).toBe(401)
  })

  it('is a success again, and writes no second event', async () => {
    const before = [await events(), await rowOf('Provisioning portal')]
    expect((await revoke(demoSecret('Provisioning portal'))).status).toBe(200)
    expect([await events(), await rowOf('Provisioning portal')]).toEqual(before)
  })

  it('says the same of a secret that no token has, and of one that can be none, which the database is not asked about', async () => {
    const before = await events()
    const unknown = await revoke(unknownSecret)
    const malformed = await revoke(`${unknownSecret.slice(0, -1)}!`)
    expect([unknown.status, unknown.body]).toEqual([200, {}])
    expect([malformed.status, malformed.body, malformed.statements]).toEqual([200, {}, []])
    expect(await events()).toEqual(before)
  })

  it.each(['acme.sh on www2', 'Provisioning (first portal)'])(
    'ends a token that is off or over already, so that nobody switches it on: %s',
    async (name) => {
      expect((await revoke(demoSecret(name))).status).toBe(200)
      expect((await rowOf(name))?.revokedAt).toEqual(testTime)
    },
  )

  it('records the client that has said who it is', async () => {
    const [id, secret] = [demoTokenId('Joiners & leavers'), demoSecret('Joiners & leavers')]
    expect((await revoke(demoSecret('Provisioning staging'), { headers: basic(id, secret) })).status).toBe(200)
    const event = (await events()).at(-1)
    const targetId = String(demoTokenId('Provisioning staging'))
    expect(event).toMatchObject({ action: 'token.revoke', targetId, actorTokenId: id, actor: { firstname: 'Niamh' } })
  })

  it('ends a token of another organization, to which it does not tell who did it', async () => {
    const caller = asDemoUser('zoe.hartmann@lakeside.example', '')
    expect((await revoke(demoSecret('Campagne été'), { caller })).status).toBe(200)
    const row = await rowOf('Campagne été')
    expect(row).toMatchObject({ revokedAt: testTime, updatedBy: null })
    expect((await events()).at(-1)).toMatchObject({ organizationId: row?.organizationId, actor: null })
  })

  it('refuses a client that is not who it says, and changes nothing then', async () => {
    const token = demoSecret('acme.sh on www1')
    const { status, body } = await revoke(token, { headers: basic(1, unknownSecret) })
    expect([status, body.error]).toEqual([401, 'invalid_client'])
    expect((await rowOf('acme.sh on www1'))?.revokedAt).toBeNull()
  })

  it('takes no JWT: what can be revoked is the API token that it was made from', async () => {
    const { status, body } = await revoke(await harness.sign({ customer_id: 1 }))
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        error: 'unsupported_token_type',
        error_description: 'a JWT is not revoked by itself: revoke the API token that it was made from',
      },
    })
  })

  it('keeps secrets out of what is observed, and tells nobody as the principal', () => {
    const observed = JSON.stringify(harness.observed)
    for (const secret of [demoSecret('Provisioning portal'), demoSecret('Joiners & leavers'), unknownSecret]) {
      expect(observed).not.toContain(secret)
      expect(observed).not.toContain(encodeURIComponent(secret))
    }
    expect(harness.observed).toContainEqual(
      expect.objectContaining({ path: '/oauth/revoke', principal: null, status: 200 }),
    )
    expect(harness.unexpected).toEqual([])
  })
})
