/** Which scopes a document needs, asked as a question: for a request with its variables, or in the worst case. */
import type { GraphQLSchema } from 'graphql'
import type { NeededScope, ScopesOf } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { worstCase } from './conditions.ts'
import { DocumentRefused, type Prepare } from './prepare.ts'
import { missingScopes } from './requiredScopes.ts'
import { createCoercion } from './run.ts'

const nothing: ReadonlySet<string> = new Set()

/** Answers for one schema, by the preparation and the coercion that requests go through. */
export function createScopesOf(schema: GraphQLSchema, prepare: Prepare, openIntrospection: boolean): ScopesOf {
  const coerce = createCoercion(schema, !openIntrospection)
  return (document, operationName, variables): readonly NeededScope[] => {
    const prepared = told('document', () => prepare(document, operationName))
    const holding =
      variables === null || variables === undefined
        ? worstCase
        : told('variables', () => coerce(prepared, variables)).holding
    return missingScopes(prepared.required, nothing, holding)
  }
}

/** A refusal of what is asked about is one of the argument that it came in. */
function told<T>(argument: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const [first] = error instanceof DocumentRefused ? error.errors : [error]
    if (!(first instanceof GatewayError)) throw error
    throw new GatewayError('BAD_USER_INPUT', `"${argument}": ${first.message}`, {
      extensions: { argument, reason: first.code },
    })
  }
}
