import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoAccessId } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const at = '2026-01-01T00:00:00.000Z'

describe('an instant that is finer than a millisecond', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    const { id } = await harness.prisma.user.findFirstOrThrow({ where: { firstname: 'Ada' } })
    await harness.prisma.user.update({ where: { id }, data: { createdAt: new Date(at), lastname: 'At midnight' } })
  })
  afterAll(() => harness.close())

  it.each([
    ['from', '2025-12-31T23:59:59.9999Z', 1],
    ['from', '2026-01-01T00:00:00.0000000Z', 1],
    ['from', '2026-01-01T01:00:00.0000+01:00', 1],
    ['from', '2026-01-01T00:00:00.0005Z', 0],
    ['from', '2026-01-01T00:00:00.0000000001Z', 0],
    ['to', '2026-01-01T00:00:00.0005Z', 1],
    ['to', '2026-01-01T00:00:00.0000000001Z', 1],
    ['to', '2026-01-01T01:00:00.0005+01:00', 1],
    ['to', '2026-01-01T00:00:00.0000Z', 0],
    ['to', '2025-12-31T23:59:59.9999Z', 0],
  ])('is an end of a range where it is: %s %s', async (end, instant, total) => {
    const range = { createdAt: { [end]: instant }, text: 'At midnight' }
    const asVariable = await harness.askRaw('query ($v: UserSearch) { users(search: $v) { total } }', { v: range })
    expect(asVariable.data).toEqual({ users: { total } })
    const literal = `{ users(search: { createdAt: { ${end}: "${instant}" }, text: "At midnight" }) { total } }`
    expect((await harness.askRaw(literal)).data).toEqual({ users: { total } })
  })

  it('is rounded up as the end of a token as well: whether it is over is told in milliseconds', async () => {
    const document = `mutation ($input: IssueTokenInput!) {
      issueToken(input: $input) { ... on IssueTokenPayload { token { expiresAt } } ... on TokenPolicyError { limit } }
    }`
    const issue = async (expiresAt: string) => {
      const input = { accessId: demoAccessId('Provisioning'), name: 'finer', expiresAt }
      return (await harness.askRaw(document, { input })).data?.issueToken
    }
    expect(await issue('2026-12-01T00:00:00.9991Z')).toEqual({ token: { expiresAt: '2026-12-01T00:00:01.000Z' } })
    expect(await issue('2026-11-21T09:30:00.0001Z')).toEqual({ token: { expiresAt: '2026-11-21T09:30:00.001Z' } })
    expect(await issue('2027-11-21T09:30:00.0001Z')).toEqual({ limit: 'TOKEN_MAX_LIFETIME' })
  })
})
