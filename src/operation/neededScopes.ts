/** Documents, asked about before they are sent: which scopes they need, and whether they would be refused. */
import type { GraphQLSchema } from 'graphql'
import type { Scope } from '../auth/scopes.ts'
import type { Documents } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { worstCase } from './conditions.ts'
import { documentHash } from './documentHash.ts'
import { DocumentRefused, type Prepare, type PrepareAll } from './prepare.ts'
import { missingScopes } from './requiredScopes.ts'
import { createCoercion } from './run.ts'

const nothing: ReadonlySet<string> = new Set()

/** Answers for one schema, by the preparation and the coercion that requests go through. */
export function createDocuments(
  schema: GraphQLSchema,
  prepare: Prepare,
  prepareAll: PrepareAll,
  openIntrospection: boolean,
): Documents {
  const coerce = createCoercion(schema, !openIntrospection)
  return {
    scopesOf(document, operationName, variables) {
      const prepared = told('document', () => prepare(document, operationName))
      const holding =
        variables === null || variables === undefined
          ? worstCase
          : told('variables', () => coerce(prepared, variables)).holding
      return missingScopes(prepared.required, nothing, holding)
    },
    read(source) {
      const read = tried(() => prepareAll(source))
      if ('refusals' in read) return { problems: read.refusals.map(placed) }
      const operations = read.value
      const scopes = operations.flatMap(({ required }) => missingScopes(required, nothing, worstCase))
      const [first] = operations
      if (first === undefined) throw new Error('expected an operation')
      return { hash: documentHash(first.document), scopes: namesOf(scopes) }
    },
  }
}

function namesOf(scopes: readonly { readonly scope: Scope }[]): readonly Scope[] {
  return [...new Set(scopes.map(({ scope }) => scope))].sort()
}

/** The message, after the place in the document where it has one. */
function placed({ message, locations }: GatewayError): string {
  const [place] = locations ?? []
  return place === undefined ? message : `line ${place.line}, column ${place.column}: ${message}`
}

/** What is read, or everything for which it is refused. */
function tried<T>(read: () => T): { readonly value: T } | { readonly refusals: readonly GatewayError[] } {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof DocumentRefused) return { refusals: error.errors }
    if (error instanceof GatewayError) return { refusals: [error] }
    throw error
  }
}

/** A refusal of what is asked about is one of the argument that it came in. */
function told<T>(argument: string, read: () => T): T {
  const result = tried(read)
  if ('value' in result) return result.value
  const [first] = result.refusals
  throw new GatewayError('BAD_USER_INPUT', `"${argument}": ${first?.message}`, {
    extensions: { argument, reason: first?.code },
  })
}
