/** How a request of an AuthZEN endpoint is answered behind the entrance, as an operation of the graph is by `core`. */
import { checkEndpointScopes } from '../auth/endpointScopes.ts'
import type { Scope } from '../auth/scopes.ts'
import type { Context } from '../context.ts'
import { accesses } from '../db/tables.ts'
import type { Arrival, Entrance, Outcome } from '../entrance.ts'
import { GatewayError } from '../errors.ts'
import { isObject, kindOf, type Members } from '../json.ts'
import type { ReadMembers } from '../links/columns.ts'

/** What a request asks for: what it takes, and the answer. */
export interface Asked {
  readonly scopes: readonly Scope[]
  /** Rejects with BAD_REQUEST where what is asked is beyond what may be. */
  answer(context: Context): Promise<object>
}

/** The body of a request → what it asks for. Throws BAD_REQUEST. */
export type Operation = (body: Members) => Asked

/** Answers a request of an endpoint. Never rejects: what goes wrong is part of the outcome. */
export type Ask = (operation: Operation, arrival: Arrival, body: unknown) => Promise<Outcome<object>>

/** What is read of an access. */
const members: ReadMembers = new Map([[accesses.model, new Set(['id', 'userId'])]])

export function createAsk(entrance: Entrance): Ask {
  return (operation, arrival, body) =>
    entrance.enter(arrival, async ({ principal, within }) => {
      if (!isObject(body)) throw new GatewayError('BAD_REQUEST', `expected a JSON object, received ${kindOf(body)}`)
      const { scopes, answer } = operation(body)
      checkEndpointScopes(scopes, principal)
      return within({ members, changes: false }, async (context) => {
        context.share.admit()
        return answer(context)
      })
    })
}
