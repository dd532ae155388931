import { type AuditResult, serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { endpoint } from '../../src/gateway.ts'
import type { Server } from '../../src/server.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { serve } from '../support/server.ts'

describe('GraphQL over HTTP', () => {
  let harness: Harness
  let server: Server
  let results: readonly AuditResult[]
  beforeAll(async () => {
    harness = await createHarness()
    server = await serve(harness.gateway)
    const authorization = `Bearer ${await harness.sign(claimsOf(demoCallers.administrator))}`
    const fetchFn = (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { authorization, ...(init.headers as Record<string, string>) } })
    const audits = serverAudits({ url: server.url + endpoint, fetchFn })
    results = await Promise.all(audits.map((audit) => audit.fn()))
  })
  afterAll(async () => {
    await server.close()
    await harness.close()
  })

  it('passes every audit of graphql-http', () => {
    const failed = results.filter(({ status }) => status !== 'ok')
    expect(failed.map((result) => `${result.id} ${result.name}: ${'reason' in result ? result.reason : ''}`)).toEqual(
      [],
    )
    expect(results).toHaveLength(61)
  })

  it('has nothing unexpected to log while it is audited', () => {
    expect(harness.unexpected).toEqual([])
  })
})
