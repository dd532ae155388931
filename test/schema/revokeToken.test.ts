import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { graphql } from '../generated/gql.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const RevokeOne = graphql(`
  mutation RevokeOne($input: RevokeTokenInput!) {
    revokeToken(input: $input) {
      __typename
      ... on RevokeTokenPayload { token { id status revokedAt updatedAt } }
      ... on Error { code message }
    }
  }
`)

const RevokeUnseen = graphql(`
  mutation RevokeUnseen($secret: String!) {
    revokeToken(input: { secret: $secret }) { __typename }
  }
`)

const RevokeReport = graphql(`
  mutation RevokeReport($secret: String!) { reportLeakedToken(secret: $secret) { received } }
`)

const { administrator, reader, otherReader } = demoCallers
const secretOf = (name: string) => formatSecret(fixedBytes(`secret of token ${demoTokenId(name)}`))
const unknown = formatSecret(fixedBytes('nobody has this'))

describe('revokeToken', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const revoke = async (input: { tokenId: string } | { secret: string }, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(RevokeOne, { input }, caller)
    expect(errors).toBeUndefined()
    return data?.revokeToken
  }
  const events = () => harness.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })
  const rows = () => harness.prisma.token.findMany({ orderBy: { id: 'asc' } })

  it('refuses who has no credential, and by id who lacks the scope', async () => {
    const before = await rows()
    const variables = { input: { tokenId: String(demoTokenId('Provisioning portal')) } }
    expect(await harness.ask(RevokeOne, variables, null)).toMatchObject({ status: 401 })
    const { status, errors } = await harness.ask(RevokeOne, variables, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toEqual([
      { scope: 'tokens:deactivate', fields: ['RevokeTokenInput.tokenId'] },
    ])
    expect(await rows()).toEqual(before)
  })

  it('ends a token for good, with an event, and is a success again', async () => {
    const tokenId = String(demoTokenId('Provisioning staging'))
    const token = {
      id: tokenId,
      status: 'REVOKED',
      revokedAt: testTime.toISOString(),
      updatedAt: testTime.toISOString(),
    }
    expect(await revoke({ tokenId })).toEqual({ __typename: 'RevokeTokenPayload', token })
    const trail = await events()
    expect(trail.at(-1)).toMatchObject({
      action: 'token.revoke',
      targetId: tokenId,
      before: { revokedAt: null },
      after: { revokedAt: testTime.toISOString() },
      actor: { userId: administrator.userId },
    })
    harness.now = new Date(testTime.getTime() + 60_000)
    expect(await revoke({ tokenId })).toMatchObject({ token })
    harness.now = testTime
    expect(await events()).toEqual(trail)
  })

  it('takes a secret from whoever holds it, without any scope and whosever token it is', async () => {
    const secret = secretOf('Provisioning portal')
    const nobody = asDemoUser('zoe.hartmann@lakeside.example', '')
    const { data, errors } = await harness.ask(RevokeUnseen, { secret }, nobody)
    expect(errors).toBeUndefined()
    expect(data).toEqual({ revokeToken: { __typename: 'RevokeTokenPayload' } })
    expect(await revoke({ secret })).toMatchObject({ token: { status: 'REVOKED' } })
  })

  it('says the same of a secret that is unknown, malformed or of another organization, and changes nothing', async () => {
    const before = await rows()
    const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such token' }
    for (const secret of [unknown, 'iamt_nothing', '', secretOf('Campagne été')]) {
      expect(await revoke({ secret })).toEqual(missing)
    }
    expect(await rows()).toEqual(before)
  })

  it('asks the database for no malformed secret', async () => {
    await revoke({ tokenId: '918273' })
    const { statements } = await harness.ask(RevokeOne, { input: { secret: `${unknown.slice(0, -1)}!` } })
    expect(statements).toEqual([])
  })

  it.each([{}, { tokenId: '1', secret: unknown }, { tokenId: null }])('takes one of both: not %j', async (input) => {
    const { errors } = await harness.askRaw(RevokeOne.toString(), { input })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

describe('reportLeakedToken', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    await harness.askRaw('{ viewer { subject } }', {}, nobody)
  })
  afterAll(() => harness.close())

  const nobody = asDemoUser('zoe.hartmann@lakeside.example', '')
  const report = (secret: string, caller: Caller = nobody) => harness.ask(RevokeReport, { secret }, caller)

  it('refuses who has no credential', async () => {
    expect(await report(unknown, null)).toMatchObject({ status: 401 })
  })

  it('switches the token off, and says the same as of a secret that no token has', async () => {
    const id = demoTokenId('Provisioning portal')
    await report(unknown)
    const nothing = await report(unknown)
    const real = await report(secretOf('Provisioning portal'))
    const { 'x-request-id': _, ...headers } = Object.fromEntries(nothing.headers)
    expect(Object.fromEntries(real.headers)).toMatchObject(headers)
    expect([real.status, real.data, real.errors, real.statements]).toEqual([
      nothing.status,
      { reportLeakedToken: { received: true } },
      nothing.errors,
      nothing.statements,
    ])
    expect(nothing.data).toEqual(real.data)
    expect((await report('iamt_nothing')).data).toEqual(real.data)
    expect(await harness.prisma.token.findUnique({ where: { id } })).toMatchObject({ deactivated: true })
    const events = await harness.prisma.auditEvent.findMany()
    expect(events).toMatchObject([{ action: 'token.reportLeaked', targetId: String(id), actor: { firstname: 'Zoë' } }])
  })

  it('writes no second event of a token that is off', async () => {
    await report(secretOf('Provisioning portal'))
    expect(await harness.prisma.auditEvent.count()).toBe(1)
  })

  it('switches off a token of another organization, to which it does not tell who did it', async () => {
    expect((await report(secretOf('Campagne été'))).data).toEqual({ reportLeakedToken: { received: true } })
    const where = { id: demoTokenId('Campagne été') }
    const token = await harness.prisma.token.findUnique({ where })
    expect(token).toMatchObject({ deactivated: true, deactivatedUpdatedBy: null, updatedBy: null })
    expect(await harness.prisma.auditEvent.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
      organizationId: otherReader.organizationId,
      actor: null,
    })
  })

  it('keeps the secret out of what is observed', async () => {
    expect(JSON.stringify(harness.observed)).not.toContain(secretOf('Campagne été'))
    expect(harness.unexpected).toEqual([])
  })
})
