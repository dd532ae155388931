/**
 * Execution by graphql-js, with variables that have been coerced already: the scopes and the cost depend on them. It takes
 * none such, but coerces by the types that the operation declares. So the operation that is executed declares all of its
 * variables anew, as of a type that takes any value as it is.
 */
import { randomUUID } from 'node:crypto'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql'
import type { Context } from '../context.ts'
import type { Fragments } from './selection.ts'

const AsItIs = new GraphQLScalarType({ name: 'AsItIs' })
/** No document can name it: it is not in the schema that documents are validated against. */
const nameOfAsItIs = `AsItIs ${randomUUID()}`
const typeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: nameOfAsItIs } } as const

/** The operation with its fragments, to be executed by `createExecutor`. */
export function executable(operation: OperationDefinitionNode, fragments: Fragments): DocumentNode {
  const { variableDefinitions = [] } = operation
  const coerced = variableDefinitions.map(
    ({ kind, variable }): VariableDefinitionNode => ({ kind, variable, type: typeNode }),
  )
  return { kind: Kind.DOCUMENT, definitions: [{ ...operation, variableDefinitions: coerced }, ...fragments.values()] }
}

export type Execute = (
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  context: Context,
) => Promise<ExecutionResult>

/** An executor of documents that `executable` made, for variables that have been coerced. */
export function createExecutor(schema: GraphQLSchema): Execute {
  const withAsItIs: GraphQLSchema = Object.create(schema, {
    getType: { value: (name: string) => (name === nameOfAsItIs ? AsItIs : schema.getType(name)) },
  })
  return async (document, variableValues, contextValue) =>
    execute({ schema: withAsItIs, document, variableValues, contextValue })
}
