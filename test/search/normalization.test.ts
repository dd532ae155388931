import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoAccessId } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'

/** One character each, as the database has them, and the same as two: a letter and its mark. */
const composed = 'Zoë Ångström'
const decomposed = composed.normalize('NFD')

const Issue = `mutation ($input: IssueTokenInput!) {
  issueToken(input: $input) { ... on IssueTokenPayload { token { id name } } ... on InvalidInputError { fields { message } } }
}`

describe('a text in another normalization form', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const { id } = await prisma.user.findFirstOrThrow({ where: { firstname: 'Ada' } })
    await prisma.user.update({ where: { id }, data: { lastname: composed, email: 'zoë@lakeside.example' } })
    await prisma.access.update({ where: { id: Number(demoAccessId('Provisioning')) }, data: { name: composed } })
  })
  afterAll(() => harness.close())

  const total = async (field: string, type: string, search: object) => {
    const { data, errors } = await harness.askRaw(`query ($v: ${type}) { ${field}(search: $v) { total } }`, {
      v: search,
    })
    expect(errors).toBeUndefined()
    return (data?.[field] as { total: number } | undefined)?.total
  }

  it('finds the same', async () => {
    expect(decomposed).not.toBe(composed)
    for (const text of [composed, decomposed]) {
      expect(await total('users', 'UserSearch', { text })).toBe(1)
      expect(await total('accesses', 'AccessSearch', { text })).toBe(1)
    }
    expect(await total('users', 'UserSearch', { email: 'ZOE\u0308@lakeside.example' })).toBe(1)
  })

  it('is taken as the name of a token in form C, in which its length counts, and found in either', async () => {
    const issue = (name: string) =>
      harness.askRaw(Issue, { input: { accessId: demoAccessId('Provisioning'), name, scope: [] } })
    const { data } = await issue(decomposed)
    expect(data?.issueToken).toMatchObject({ token: { name: composed } })
    for (const text of [composed, decomposed]) expect(await total('tokens', 'TokenSearch', { text })).toBe(1)
    const longest = await issue('e\u0301'.repeat(200))
    expect(longest.data?.issueToken).toMatchObject({ token: { name: 'é'.repeat(200) } })
  })
})
