import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createHarness } from '../support/harness.ts'

/** All that GraphiQL asks the schema for, and the little that it leaves out. */
const document = getIntrospectionQuery({
  descriptions: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  directiveIsRepeatable: true,
  specifiedByUrl: true,
  oneOf: true,
})

describe("GraphiQL's introspection", () => {
  it.each(['true', 'false'])('is within the limits with OPEN_INTROSPECTION=%s', async (open) => {
    const harness = await createHarness({ OPEN_INTROSPECTION: open })
    const { status, data, errors, statements } = await harness.askRaw(document)
    await harness.close()
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    expect(statements).toHaveLength(1)
    const schema = buildClientSchema(data as unknown as IntrospectionQuery)
    expect(schema.getQueryType()?.getFields().viewer?.description).toMatch(/\w/)
  })
})
