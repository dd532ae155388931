import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const { administrator, reader } = demoCallers
const revoked = String(demoTokenId('Terraform on Bruno’s laptop'))
const foreign = String(demoTokenId('Campagne été'))

interface Batch {
  readonly successes: readonly { readonly id: string; readonly status: string }[]
  readonly failures: readonly { readonly tokenId: string; readonly error: object }[]
}

describe('several tokens at once', () => {
  let harness: Harness
  let ids: readonly string[]
  beforeAll(async () => {
    harness = await createHarness()
    const accessId = Number(demoAccessId('Provisioning'))
    const made = Array.from({ length: 100 }, (_, place) => ({
      organizationId: administrator.organizationId,
      accessId,
      name: `Batch ${place}`,
      secretHash: Buffer.alloc(32, place + 1),
      hint: 'abcd',
      scope: [],
      allowedScopes: { generalScopes: [], organizationScopes: null, servicesScopes: [] },
      createdAt: harness.now,
      updatedAt: harness.now,
      expiresAt: new Date('2027-01-01'),
    }))
    ids = (await harness.prisma.token.createManyAndReturn({ data: made })).map(({ id }) => String(id))
  })
  afterAll(() => harness.close())

  const send = (field: string, tokenIds: readonly unknown[], caller: Caller = administrator) =>
    harness.askRaw(
      `mutation ($tokenIds: [ID!]!) { batch: ${field}(tokenIds: $tokenIds) {
        successes { id status } failures { tokenId error { __typename code ... on ForbiddenError { missingScopes } } }
      } }`,
      { tokenIds },
      caller,
    )
  const change = async (field: string, tokenIds: readonly unknown[], caller?: Caller) => {
    const { data, errors, statements } = await send(field, tokenIds, caller)
    expect(errors).toBeUndefined()
    return { ...(data?.batch as Batch), statements: statements.filter((text) => text.includes('jsonb_to_recordset')) }
  }
  const count = (action: string) => harness.prisma.auditEvent.count({ where: { action } })

  it.each([
    ['deactivateTokens', ['tokens:deactivate']],
    ['reactivateTokens', ['tokens:deactivate', 'tokens:issue']],
    ['revokeTokens', ['tokens:deactivate']],
  ])('refuses who has no credential, and who lacks a scope: %s', async (field, needed) => {
    expect(await send(field, ids, null)).toMatchObject({ status: 401 })
    const { status, errors } = await send(field, ids, reader)
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toMatchObject(needed.map((scope) => ({ scope })))
  })

  it('are a hundred at most, by few statements, in the order asked for', async () => {
    const asked = ids.toReversed()
    const { successes, failures, statements } = await change('deactivateTokens', asked)
    expect(successes).toEqual(asked.map((id) => ({ id, status: 'DEACTIVATED' })))
    expect(failures).toEqual([])
    expect(statements).toHaveLength(4)
    expect(await count('token.deactivate')).toBe(100)
    const { errors } = await send('deactivateTokens', [...ids, '1'])
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'tokenIds' } }])
  })

  it('are none where none are asked for', async () => {
    expect(await change('revokeTokens', [])).toEqual({ successes: [], failures: [], statements: [] })
  })

  it('are changed once where they are named twice', async () => {
    const [first, second] = ids as [string, string]
    const { successes } = await change('reactivateTokens', [first, second, first, first])
    expect(successes).toEqual([
      { id: first, status: 'ACTIVE' },
      { id: second, status: 'ACTIVE' },
    ])
    expect(await count('token.reactivate')).toBe(2)
  })

  it('fail each on its own, and the others are changed', async () => {
    const [first, second, third] = ids as [string, string, string]
    const { successes, failures } = await change('deactivateTokens', [
      first,
      'x',
      revoked,
      foreign,
      '918273',
      second,
      third,
    ])
    expect(successes.map(({ id }) => id)).toEqual([first, second, third])
    expect(failures).toEqual([
      { tokenId: 'x', error: { __typename: 'InvalidInputError', code: 'BAD_USER_INPUT' } },
      { tokenId: revoked, error: { __typename: 'ConflictError', code: 'CONFLICT' } },
      { tokenId: foreign, error: { __typename: 'NotFoundError', code: 'NOT_FOUND' } },
      { tokenId: '918273', error: { __typename: 'NotFoundError', code: 'NOT_FOUND' } },
    ])
    const other = asDemoUser('zoe.hartmann@lakeside.example', 'tokens:deactivate tokens:read')
    expect((await change('revokeTokens', [first], other)).failures).toEqual([
      { tokenId: first, error: { __typename: 'ForbiddenError', code: 'FORBIDDEN', missingScopes: ['tokens:manage'] } },
    ])
  })

  it('are changed once each, however many ask for the same at once', async () => {
    const before = await count('token.revoke')
    const asked = ids.slice(0, 40)
    const all = await Promise.all([asked, asked.toReversed(), asked, asked].map((some) => change('revokeTokens', some)))
    for (const { successes } of all) expect(successes.every(({ status }) => status === 'REVOKED')).toBe(true)
    expect(await count('token.revoke')).toBe(before + 40)
    expect(harness.unexpected).toEqual([])
  })
})
