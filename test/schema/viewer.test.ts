import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../src/db/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const WhoAmI = graphql(`
  query WhoAmI {
    viewer {
      subject
      scopes
      grantableScopes
      organization { id customerId name }
      user { id email }
      access { id type }
      token { id }
    }
  }
`)

describe('viewer', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('is the caller, as the verified JWT says', async () => {
    const { status, data, errors } = await harness.ask(WhoAmI)
    const { administrator } = demoCallers
    expect(errors).toBeUndefined()
    expect(status).toBe(200)
    expect(data?.viewer).toMatchObject({
      subject: administrator.userId,
      organization: { id: administrator.organizationId, customerId: 1 },
      user: { id: administrator.userId },
      access: { id: String(administrator.accessId) },
      token: null,
    })
  })
})
