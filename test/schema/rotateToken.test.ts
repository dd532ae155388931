import fc from 'fast-check'
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { isWellFormedSecret } from '../../src/auth/apiToken.ts'
import { graphql } from '../generated/gql.ts'
import type { RotateTokenInput } from '../generated/graphql.ts'
import { asking } from '../support/bothWays.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const RotateOne = graphql(`
  mutation RotateOne($input: RotateTokenInput!) {
    rotateToken(input: $input) {
      __typename
      ... on Error { code message }
      ... on ForbiddenError { missingScopes }
      ... on ScopeNotGrantedError { excess }
      ... on TokenPolicyError { limit }
      ... on InvalidInputError { fields { path } }
      ... on RotateTokenPayload {
        secret sealedSecret
        token { ...RotatedToken rotatedFrom { id } }
        previous { ...RotatedToken rotatedTo { id } }
      }
    }
  }
  fragment RotatedToken on Token {
    id name status scope expiresAt access { id }
    allowedScopes { organizationScopes { allRoles allPermissions } }
    rotation { state oldLastUsedAt newFirstUsedAt }
  }
`)

const { administrator, reader } = demoCallers
const foreign = String(demoTokenId('Campagne été'))
const revoked = String(demoTokenId('Terraform on Bruno’s laptop'))

describe('rotateToken', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const pass = (seconds: number) => {
    harness.now = new Date(harness.now.getTime() + seconds * 1_000)
  }
  /** A token of the administrator. */
  const issueOne = async () => {
    const input = `{ accessId: "${administrator.accessId}", name: "Turns", scope: ["users:read"], allowedScopes: { organizationScopes: { allRoles: true } } }`
    const { data } = await harness.askRaw(
      `mutation { issueToken(input: ${input}) { ... on IssueTokenPayload { secret token { id } } } }`,
    )
    const issued = data?.issueToken as { secret: string; token: { id: string } }
    return { secret: issued.secret, id: issued.token.id }
  }
  const rotate = async (given: RotateTokenInput, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(RotateOne, { input: given }, caller)
    expect(errors).toBeUndefined()
    return data?.rotateToken
  }
  const rotated = async (given: RotateTokenInput) => {
    const result = await rotate(given)
    if (result?.__typename !== 'RotateTokenPayload') throw new Error(`expected a token, received ${result?.message}`)
    return result
  }
  const works = async (secret: string | null) =>
    (await harness.askRaw('{ viewer { subject } }', {}, { authorization: `Bearer ${secret}` })).status === 200

  it('refuses who has no credential, and who lacks the scope, and changes nothing then', async () => {
    const before = await harness.prisma.token.count()
    const variables = { input: { tokenId: String(demoTokenId('Provisioning portal')) } }
    expect(await harness.ask(RotateOne, variables, null)).toMatchObject({ status: 401 })
    const { status, errors } = await harness.ask(RotateOne, variables, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject([{ scope: 'tokens:rotate' }])
    expect(await harness.prisma.token.count()).toBe(before)
  })

  it('gives a token with the same name, access and rights, which works at once; the old one works no more', async () => {
    const old = await issueOne()
    expect(await works(old.secret)).toBe(true)
    pass(1)
    const { secret, sealedSecret, token, previous } = await rotated({ tokenId: old.id })
    expect(isWellFormedSecret(secret ?? '')).toBe(true)
    expect(sealedSecret).toBeNull()
    expect(token).toMatchObject({
      name: 'Turns',
      status: 'ACTIVE',
      scope: ['users:read'],
      access: { id: String(administrator.accessId) },
      allowedScopes: { organizationScopes: { allRoles: true, allPermissions: false } },
      rotatedFrom: { id: old.id },
    })
    expect(previous).toMatchObject({ id: old.id, status: 'EXPIRED', rotatedTo: { id: token.id } })
    expect([await works(old.secret), await works(secret)]).toEqual([false, true])
    const events = await harness.prisma.auditEvent.findMany({ orderBy: { id: 'desc' }, take: 2 })
    expect(events.reverse()).toMatchObject([
      {
        action: 'token.rotate',
        targetId: token.id,
        before: { tokenId: Number(old.id) },
        after: { rotatedFrom: Number(old.id) },
      },
      { action: 'token.rotated', targetId: old.id, after: { rotatedTo: Number(token.id) } },
    ])
  })

  it('lets both work for the overlap, and not the old one for longer than it would have', async () => {
    const old = await issueOne()
    const { secret, previous } = await rotated({ tokenId: old.id, overlapSeconds: 3_600 })
    expect(previous.status).toBe('ACTIVE')
    pass(3_599)
    expect([await works(old.secret), await works(secret)]).toEqual([true, true])
    pass(1)
    expect([await works(old.secret), await works(secret)]).toEqual([false, true])
    const soon = await issueOne()
    const end = new Date(harness.now.getTime() + 60_000)
    await harness.prisma.token.update({ where: { id: Number(soon.id) }, data: { expiresAt: end } })
    const { previous: ended } = await rotated({ tokenId: soon.id, overlapSeconds: 3_600 })
    expect(ended.expiresAt).toBe(end.toISOString())
  })

  it('is a conflict for a token that was rotated, which names its successor', async () => {
    const { id } = await issueOne()
    const { token } = await rotated({ tokenId: id, overlapSeconds: 60 })
    const message = `the token has been rotated already: its successor is ${token.id}`
    expect(await rotate({ tokenId: id })).toEqual({ __typename: 'ConflictError', code: 'CONFLICT', message })
    expect(await rotate({ tokenId: token.id })).toMatchObject({ __typename: 'RotateTokenPayload' })
  })

  it('is a conflict for a token that does not work', async () => {
    const works = 'expected one that works'
    expect(await rotate({ tokenId: revoked })).toMatchObject({
      code: 'CONFLICT',
      message: `the token is revoked: ${works}`,
    })
    const { id } = await issueOne()
    const where = { id: Number(id) }
    const { expiresAt } = await harness.prisma.token.update({
      where,
      data: { expiresAt: new Date(harness.now.getTime() + 1) },
    })
    pass(1)
    expect(await rotate({ tokenId: id })).toMatchObject({ message: `the token has expired: ${works}` })
    await harness.prisma.token.update({ where, data: { expiresAt: new Date(expiresAt.getTime() + 3_600_000) } })
    await harness.prisma.token.update({ where, data: { deactivated: true } })
    expect(await rotate({ tokenId: id })).toMatchObject({
      message: `the token is deactivated: ${works}`,
    })
  })

  it('says the same of a token of another organization as of one that is not there', async () => {
    const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'there is no such token' }
    for (const tokenId of [foreign, '918273']) expect(await rotate({ tokenId })).toEqual(missing)
  })

  it('is for the own tokens, and gives nobody more than the caller holds', async () => {
    const { id: tokenId } = await issueOne()
    const other = asDemoUser('zoe.hartmann@lakeside.example', 'tokens:rotate tokens:read accesses:read')
    expect(await rotate({ tokenId }, other)).toMatchObject({ missingScopes: ['tokens:manage'] })
    const manager = asDemoUser('zoe.hartmann@lakeside.example', 'tokens:manage tokens:read accesses:read')
    expect(await rotate({ tokenId }, manager)).toMatchObject({ excess: ['organizationScopes.allRoles', 'users:read'] })
    const late = '2029-01-01T00:00:00Z'
    expect(await rotate({ tokenId, expiresAt: late })).toMatchObject({ limit: 'TOKEN_MAX_LIFETIME' })
  })

  it.each([
    [{ overlapSeconds: -1 }, ['overlapSeconds']],
    [{ overlapSeconds: 2_592_001 }, ['overlapSeconds']],
    [{ expiresAt: '2026-01-01T00:00:00Z' }, ['expiresAt']],
    [{ sealTo: { kty: 'oct' } }, ['sealTo']],
    [{ idempotencyKey: '' }, ['idempotencyKey']],
    [{ tokenId: 'x' }, ['tokenId']],
  ])('tells what is wrong with %j', async (given, path) => {
    expect(await rotate({ tokenId: '1', ...given })).toMatchObject({ fields: [{ path }] })
  })

  it('gives one successor, however many ask at once, and all the same under one key', async () => {
    const { id: tokenId } = await issueOne()
    const asked = Array.from({ length: 10 }, () => rotate({ tokenId, overlapSeconds: 60 }))
    const kinds = (await Promise.all(asked)).map((result) => result?.__typename)
    expect(kinds.filter((kind) => kind === 'RotateTokenPayload')).toHaveLength(1)
    expect(kinds.filter((kind) => kind === 'ConflictError')).toHaveLength(9)
    const next = await issueOne()
    const keyed = { tokenId: next.id, idempotencyKey: 'fifty' }
    const all = await Promise.all(Array.from({ length: 50 }, () => rotated(keyed)))
    expect(new Set(all.map(({ token }) => token.id)).size).toBe(1)
    const secrets = all.flatMap(({ secret }) => (secret === null ? [] : [secret]))
    expect(secrets).toHaveLength(1)
    expect(await works(secrets[0] ?? null)).toBe(true)
    expect(await rotate({ ...keyed, overlapSeconds: 5 })).toMatchObject({ code: 'CONFLICT' })
  })

  it('seals the secret, the same again for a retry, and shows it nowhere else', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES')
    const sealTo = await exportJWK(publicKey)
    const { id: tokenId } = await issueOne()
    const asked = { tokenId, sealTo, idempotencyKey: 'sealed' }
    const first = await rotated(asked)
    expect(first.secret).toBeNull()
    expect(await rotated(asked)).toMatchObject({
      secret: null,
      sealedSecret: first.sealedSecret,
      token: { id: first.token.id },
    })
    const { plaintext } = await compactDecrypt(first.sealedSecret ?? '', privateKey)
    const secret = new TextDecoder().decode(plaintext)
    expect(await works(secret)).toBe(true)
    const told = JSON.stringify([
      harness.observed,
      await harness.prisma.auditEvent.findMany({ select: { before: true, after: true } }),
      await harness.prisma.idempotencyKey.findMany({ select: { outcome: true } }),
    ])
    expect(told).not.toContain(secret)
    expect(await rotate({ ...asked, sealTo: undefined })).toMatchObject({ code: 'CONFLICT' })
  })

  it('tells how far everybody has moved', async () => {
    const old = await issueOne()
    const { secret, token } = await rotated({ tokenId: old.id, overlapSeconds: 3_600 })
    const rotation = async () => {
      const { data } = await harness.askRaw(
        `{ token(id: "${token.id}") { rotation { state oldLastUsedAt newFirstUsedAt } } }`,
      )
      const found = data?.token as { rotation: Record<string, unknown> }
      return found.rotation
    }
    const used = async (which: string | null, field: string) => {
      const before = (await rotation())[field]
      expect(await works(which)).toBe(true)
      await expect.poll(async () => (await rotation())[field]).not.toBe(before)
    }
    expect(await rotation()).toEqual({ state: 'WAITING', oldLastUsedAt: null, newFirstUsedAt: null })
    await used(old.secret, 'oldLastUsedAt')
    pass(60)
    await used(secret, 'newFirstUsedAt')
    expect((await rotation()).state).toBe('MOVED')
    pass(60)
    await used(old.secret, 'oldLastUsedAt')
    expect((await rotation()).state).toBe('MOVING')
    pass(3_600)
    expect((await rotation()).state).toBe('OVER')
  })

  const cases = Number(process.env.ROTATION_CASES ?? 15)
  const seed = Number(process.env.ROTATION_SEED ?? 20_261_128)
  it(`never leaves zero working secrets or two successors, whatever comes in which order to which gateway (${cases} cases)`, async () => {
    const both = [harness.gateway, harness.beside({})]
    const authorizedBy = (secret: string): Caller => ({ authorization: `Bearer ${secret}` })
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('rotate' as const),
        at: fc.nat(1),
        of: fc.nat(3),
        overlap: fc.constantFrom(0, 60),
        key: fc.option(fc.constantFrom('a', 'b')),
      }),
      fc.record({ kind: fc.constant('use' as const), at: fc.nat(1), of: fc.nat(3) }),
      fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 59, 61) }),
    )
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 4 }), async (rounds) => {
        run += 1
        const gateways = both.map((gateway) => asking(harness, gateway))
        const known = [await issueOne()]
        for (const round of rounds) {
          // With a JWT of its own: the clock goes on.
          const rotating = { ...administrator }
          await Promise.all(
            round.map(async (each) => {
              if (each.kind === 'wait') return pass(each.seconds)
              const target = known[each.of % known.length] as (typeof known)[number]
              const ask = gateways[each.at] as (typeof gateways)[number]
              if (each.kind === 'use') {
                return void (await ask({ document: '{ viewer { subject } }', caller: authorizedBy(target.secret) }))
              }
              const idempotencyKey = each.key === null ? null : `${run} ${target.id} ${each.overlap} ${each.key}`
              const input = { tokenId: target.id, overlapSeconds: each.overlap, idempotencyKey }
              const question = { document: RotateOne.toString(), variables: { input }, caller: rotating }
              const { data, errors } = JSON.parse((await ask(question)).body)
              expect(errors).toBeUndefined()
              const { __typename, secret, token, code } = data.rotateToken
              if (__typename !== 'RotateTokenPayload') expect(code).toBe('CONFLICT')
              else if (secret) known.push({ secret, id: token.id })
            }),
          )
          for (const ask of gateways) {
            const caller = ({ secret }: (typeof known)[number]) => authorizedBy(secret)
            const asked = known.map((token) => ask({ document: '{ viewer { subject } }', caller: caller(token) }))
            expect((await Promise.all(asked)).map(({ status }) => status)).toContain(200)
          }
          const ids = known.map(({ id }) => Number(id))
          const rows = await harness.prisma.token.findMany({ where: { rotatedFromId: { in: ids } } })
          expect(new Set(rows.map(({ rotatedFromId }) => rotatedFromId)).size).toBe(rows.length)
          // Each successor was shown to somebody.
          expect(rows.map(({ id }) => id).sort()).toEqual(ids.slice(1).sort())
        }
      }),
      { numRuns: cases, seed },
    )
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
