import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { graphql } from '../generated/gql.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const DeactivateOne = graphql(`
  mutation DeactivateOne($tokenId: ID!) {
    deactivateToken(tokenId: $tokenId) {
      __typename
      ... on DeactivateTokenPayload {
        token {
          id status deactivated deactivatedUpdatedOn updatedAt
          deactivatedUpdatedBy { id firstname lastname access { id } }
        }
      }
      ... on Error { code message }
      ... on InvalidInputError { fields { path } }
    }
  }
`)

const DeactivateReactivate = graphql(`
  mutation DeactivateReactivate($tokenId: ID!) {
    reactivateToken(tokenId: $tokenId) {
      __typename
      ... on ReactivateTokenPayload {
        token {
          id status deactivated deactivatedUpdatedOn updatedAt
          deactivatedUpdatedBy { id firstname lastname access { id } }
        }
      }
      ... on Error { code message }
      ... on InvalidInputError { fields { path } }
    }
  }
`)

const DeactivateInTurn = graphql(`
  mutation DeactivateInTurn($tokenId: ID!) {
    off: deactivateToken(tokenId: $tokenId) { ... on DeactivateTokenPayload { token { deactivated } } }
    on: reactivateToken(tokenId: $tokenId) { ... on ReactivateTokenPayload { token { deactivated } } }
    offAgain: deactivateToken(tokenId: $tokenId) { ... on DeactivateTokenPayload { token { deactivated } } }
  }
`)

const { administrator, reader, otherReader } = demoCallers
const deactivating = 'tokens:deactivate tokens:issue tokens:manage tokens:read users:read accesses:read roles:read'
const noRights = { generalScopes: [], organizationScopes: null, servicesScopes: [] }
const active = String(demoTokenId('Provisioning portal'))
const revoked = String(demoTokenId('Terraform on Bruno’s laptop'))
const expired = String(demoTokenId('Certificate bot (old)'))
const foreign = String(demoTokenId('Registry bridge'))

describe.each([
  ['deactivateToken', DeactivateOne, true, 'token.deactivate'],
  ['reactivateToken', DeactivateReactivate, false, 'token.reactivate'],
] as const)('%s', (field, document, deactivated, action) => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    await harness.prisma.token.updateMany({
      where: { revokedAt: null },
      data: { deactivated: !deactivated },
    })
  })
  afterAll(() => harness.close())

  const change = async (tokenId: string, caller: Caller = administrator) => {
    const { data, errors } = await harness.askRaw(document.toString(), { tokenId }, caller)
    expect(errors).toBeUndefined()
    return data?.[field] as Record<string, unknown> & { token: Record<string, unknown> }
  }
  const rows = () => harness.prisma.token.findMany({ orderBy: { id: 'asc' } })
  const events = () => harness.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } })

  it('refuses who has no credential, and who lacks the scope, and changes nothing then', async () => {
    const before = await rows()
    expect(await harness.askRaw(document.toString(), { tokenId: active }, null)).toMatchObject({ status: 401 })
    const { status, errors } = await harness.askRaw(document.toString(), { tokenId: active }, reader)
    expect(status).toBe(403)
    const needed = ['tokens:deactivate', ...(deactivated ? [] : ['tokens:issue'])]
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject(needed.map((scope) => ({ scope })))
    expect(await rows()).toEqual(before)
  })

  it('switches the token, and says who did it and when', async () => {
    const before = await rows()
    expect(await change(active)).toMatchObject({
      token: {
        id: active,
        status: deactivated ? 'DEACTIVATED' : 'ACTIVE',
        deactivated,
        deactivatedUpdatedOn: testTime.toISOString(),
        updatedAt: testTime.toISOString(),
        deactivatedUpdatedBy: {
          id: administrator.userId,
          firstname: 'Ada',
          lastname: 'Lovelace',
          access: { id: String(administrator.accessId) },
        },
      },
    })
    const others = ({ id }: { id: number }) => String(id) !== active
    expect((await rows()).filter(others)).toEqual(before.filter(others))
  })

  it('has written one audit event of it', async () => {
    expect(await events()).toMatchObject([
      {
        organizationId: administrator.organizationId,
        at: testTime,
        subject: administrator.userId,
        actor: { userId: administrator.userId, accessId: administrator.accessId },
        actorTokenId: null,
        action,
        targetType: 'Token',
        targetId: active,
        before: { deactivated: !deactivated },
        after: { deactivated },
        outcome: 'SUCCESS',
      },
    ])
  })

  it('succeeds again later, and by somebody else, without any change', async () => {
    const [tokens, trail] = [await rows(), await events()]
    harness.now = new Date(testTime.getTime() + 60_000)
    const again = await change(active, asDemoUser('samuel.okafor@lakeside.example', deactivating))
    harness.now = testTime
    expect(again).toMatchObject({ token: { deactivated, deactivatedUpdatedBy: { id: administrator.userId } } })
    expect([await rows(), await events()]).toEqual([tokens, trail])
  })

  it('is a conflict for a revoked token, whichever way it is switched', async () => {
    const [tokens, trail] = [await rows(), await events()]
    for (const state of [true, false]) {
      await harness.prisma.token.update({ where: { id: Number(revoked) }, data: { deactivated: state } })
      expect(await change(revoked)).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        message: 'the token is revoked, which is final',
      })
    }
    expect([await rows(), await events()]).toEqual([tokens, trail])
  })

  it('switches an expired token, which stays expired', async () => {
    expect(await change(expired)).toMatchObject({ token: { status: 'EXPIRED', deactivated } })
  })

  it('says the same of a token of another organization as of one that is not there', async () => {
    const [tokens, trail] = [await rows(), await events()]
    const answer = await change(foreign)
    expect(answer).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such token' })
    expect(await change('2147483647')).toEqual(answer)
    const byOther = asDemoUser('etienne.lefevre@lumiere.example', deactivating)
    expect(await change(revoked, byOther)).toEqual(answer)
    expect(await change(active, byOther)).toEqual(answer)
    expect([await rows(), await events()]).toEqual([tokens, trail])
  })

  it('switches a token of another organization for who sees all of them', async () => {
    const scopes = `${deactivating} organizations:all permissions:check`
    const auditor = asDemoUser('edmund.ashworth@meridian.example', scopes)
    const token = String(demoTokenId('Campagne été'))
    await harness.prisma.token.update({ where: { id: Number(token) }, data: { allowedScopes: noRights } })
    expect(await change(token, auditor)).toMatchObject({ token: { deactivated } })
    expect((await events()).at(-1)).toMatchObject({ organizationId: otherReader.organizationId, targetId: token })
  })

  it.each(['0', '-1', 'abc', '', '2147483648', '1.5', ' 1'])('takes no id %j', async (tokenId) => {
    expect(await change(tokenId)).toMatchObject({ __typename: 'InvalidInputError', fields: [{ path: ['tokenId'] }] })
  })

  it('has no author where there is no user', async () => {
    const service = { claims: { sub: 'janitor', customer_id: 1, scope: deactivating } }
    const target = String(demoTokenId('terraform plan'))
    await harness.prisma.token.update({ where: { id: Number(target) }, data: { allowedScopes: noRights } })
    expect(await change(target, service)).toMatchObject({ token: { deactivated, deactivatedUpdatedBy: null } })
    expect((await events()).at(-1)).toMatchObject({ subject: 'janitor', actor: null })
  })

  it('changes the token once, however many ask at once', async () => {
    const trail = await events()
    const target = String(demoTokenId('acme.sh on www1'))
    const results = await Promise.all(Array.from({ length: 5 }, () => change(target)))
    expect(results.every(({ token }) => token.deactivated === deactivated)).toBe(true)
    expect(await events()).toHaveLength(trail.length + 1)
  })

  it('changes nothing when its audit event can’t be written', async () => {
    const before = await rows()
    await harness.prisma.$executeRaw`ALTER TABLE audit_events ADD CONSTRAINT no_more CHECK (id < 0) NOT VALID`
    const tokenId = String(demoTokenId('Provisioning staging'))
    const { errors } = await harness.askRaw(document.toString(), { tokenId })
    await harness.prisma.$executeRaw`ALTER TABLE audit_events DROP CONSTRAINT no_more`
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
    expect(await rows()).toEqual(before)
    expect(harness.unexpected).toHaveLength(1)
  })

  it('runs after what stands before it in the same mutation', async () => {
    const tokenId = String(demoTokenId('Uptime probe Zürich'))
    const { data } = await harness.ask(DeactivateInTurn, { tokenId })
    expect(data).toEqual({
      off: { token: { deactivated: true } },
      on: { token: { deactivated: false } },
      offAgain: { token: { deactivated: true } },
    })
  })
})
