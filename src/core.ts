/** The way of an operation of the graph: entrance → prepare → run. It knows nothing of HTTP. */
import type { Arrival, Entrance, Outcome } from './entrance.ts'
import { GatewayError } from './errors.ts'
import type { ObservedOperation } from './observer.ts'
import type { Prepare, PreparedOperation } from './operation/prepare.ts'
import type { Answer, Run } from './operation/run.ts'

export interface GraphRequest extends Arrival {
  readonly document: string
  readonly operationName: string | null | undefined
  readonly variables: unknown
  /** Whether the request must change nothing, as HTTP's GET must not. */
  readonly readOnly: boolean
}

export interface Core {
  /** Never rejects: what goes wrong is part of the outcome. */
  handle(request: GraphRequest): Promise<Outcome<Answer>>
}

export interface CoreOptions {
  readonly entrance: Entrance
  readonly prepare: Prepare
  readonly run: Run
}

/** The core over its parts. */
export function createCore({ entrance, prepare, run }: CoreOptions): Core {
  return {
    handle: (request) =>
      entrance.enter(request, async ({ trail, within }) => {
        const prepared = prepare(request.document, request.operationName)
        trail.operation = observed(prepared)
        if (request.readOnly && prepared.operation.operation !== 'query') {
          throw new GatewayError('METHOD_NOT_ALLOWED', 'expected a query: a mutation must be sent by POST', {
            allow: 'POST',
          })
        }
        if (request.readOnly && prepared.onlyByPost) {
          const message = 'expected a POST: a secret must not stand in an address'
          throw new GatewayError('METHOD_NOT_ALLOWED', message, { allow: 'POST' })
        }
        const changes = prepared.operation.operation === 'mutation'
        return within({ members: prepared.members, changes }, (context) => run(prepared, request.variables, context))
      }),
  }
}

function observed({ operation: { operation, name }, hash }: PreparedOperation): ObservedOperation {
  return { type: operation, name: name?.value ?? null, hash }
}
