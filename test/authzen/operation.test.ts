/** Callers that are bound to documents of the graph: AuthZEN is none of them. */
import { expect, it } from 'vitest'
import { createPrincipal } from '../../src/auth/principal.ts'
import { evaluation } from '../../src/authzen/evaluation.ts'
import { createAsk } from '../../src/authzen/operation.ts'
import { createEntrance } from '../../src/entrance.ts'

const claimed = {
  subject: 'service',
  userId: null,
  allOrganizations: false,
  jkt: null,
  organization: { id: null, customerId: 1 },
  accessId: 2,
  tokenId: 3,
  scopes: new Set(['permissions:check']),
}
const principal = createPrincipal(claimed, {
  organizationId: 'a0000000-0000-4000-8000-000000000001',
  onlyOperations: null,
  mostScopes: null,
})
const question = {
  subject: { type: 'user', id: 'x' },
  action: { name: 'dns.zone.read' },
  resource: { type: 'zone', id: 'example.com' },
}

it.each([
  { onlyOperations: null, expected: 'INTERNAL_SERVER_ERROR', reached: 1 },
  { onlyOperations: new Set(['a'.repeat(64)]), expected: 'FORBIDDEN', reached: 0 },
])(
  'refuses who is bound to documents, whatever its scopes: $expected',
  async ({ onlyOperations, expected, reached }) => {
    let made = 0
    const ask = createAsk(
      createEntrance({
        authenticate: () => ({ ...principal, onlyOperations }),
        timeout: 1,
        createContext() {
          made += 1
          throw new Error('there is no database here')
        },
        observe() {},
        onTokenRefused() {},
        onUnexpectedError() {},
      }),
    )
    const arrival = { authorization: null, proven: null, requestId: 'one', whenAbandoned: () => () => {} }
    const outcome = await ask(evaluation, arrival, question)
    expect(outcome).toMatchObject({ executed: false, errors: [{ code: expected }] })
    expect(made).toBe(reached)
  },
)
