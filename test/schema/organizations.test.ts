import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const ReadOrganizations = graphql(`
  query ReadOrganizations($id: ID!, $limit: Int, $offset: Int) {
    organization(id: $id) { id name }
    organizations(limit: $limit, offset: $offset) { total limit offset results { id customerId } }
  }
`)

const { administrator, auditor } = demoCallers

describe('organizations', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('are the own one, and all of them for those who see all', async () => {
    const all = (await harness.prisma.organization.findMany({ orderBy: { id: 'asc' } })).map(({ id, customerId }) => ({
      id,
      customerId,
    }))
    const id = administrator.organizationId
    const own = await harness.ask(ReadOrganizations, { id })
    expect(own.data).toMatchObject({
      organization: { id },
      organizations: { total: 1, limit: 100, offset: 0, results: [{ id, customerId: 1 }] },
    })
    const everybody = await harness.ask(ReadOrganizations, { id }, auditor)
    expect(everybody.data?.organizations).toMatchObject({ total: all.length, results: all })
    const page = await harness.ask(ReadOrganizations, { id, limit: 1, offset: 1 }, auditor)
    expect(page.data?.organizations.results).toEqual(all.slice(1, 2))
  })

  it('are null where there is none that the caller may see, and refused where the id is none', async () => {
    for (const id of [auditor.organizationId, '00000000-0000-4000-8000-000000000000']) {
      expect((await harness.ask(ReadOrganizations, { id })).data?.organization).toBeNull()
    }
    const { errors } = await harness.ask(ReadOrganizations, { id: '1', limit: 0 })
    expect(errors?.map(({ extensions: { code } }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT'])
  })

  it('need a credential and no scope', async () => {
    const id = administrator.organizationId
    expect((await harness.ask(ReadOrganizations, { id }, null)).status).toBe(401)
    expect(
      (await harness.ask(ReadOrganizations, { id }, asDemoUser('zoe.hartmann@lakeside.example', ''))).data?.organization
        ?.id,
    ).toBe(id)
  })

  it('meet nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
