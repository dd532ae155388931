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
  type SelectionNode,
  type VariableDefinitionNode,
} from 'graphql'
import type { Context } from '../context.ts'
import type { Fragments } from './selection.ts'

const AsItIs = new GraphQLScalarType({ name: 'AsItIs' })
/** No document can name it: it is not in the schema that documents are validated against. */
const nameOfAsItIs = `AsItIs ${randomUUID()}`
const typeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: nameOfAsItIs } } as const

/**
 * The operation with its fragments, to be executed by `createExecutor`: a document for each root field of a mutation, in
 * their order, so that what has been done is known when a later one fails; one document for anything else.
 */
export function executable(operation: OperationDefinitionNode, fragments: Fragments): readonly DocumentNode[] {
  const { variableDefinitions = [] } = operation
  const coerced = variableDefinitions.map(
    ({ kind, variable }): VariableDefinitionNode => ({ kind, variable, type: typeNode }),
  )
  return partsOf(operation, fragments).map((selections) => ({
    kind: Kind.DOCUMENT,
    definitions: [
      { ...operation, variableDefinitions: coerced, selectionSet: { kind: Kind.SELECTION_SET, selections } },
      ...fragments.values(),
    ],
  }))
}

function partsOf(
  { operation, selectionSet: { selections } }: OperationDefinitionNode,
  fragments: Fragments,
): readonly (readonly SelectionNode[])[] {
  if (operation !== 'mutation') return [selections]
  const parts = new Map<string, SelectionNode[]>()
  for (const { name, selection } of rootFields(selections, fragments)) {
    const part = parts.get(name)
    if (part === undefined) parts.set(name, [selection])
    else part.push(selection)
  }
  return [...parts.values()]
}

/** Each field with the name that it answers under, in the fragments that it stands in and under their directives. */
function* rootFields(
  selections: readonly SelectionNode[],
  fragments: Fragments,
): Generator<{ readonly name: string; readonly selection: SelectionNode }> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      yield { name: selection.alias?.value ?? selection.name.value, selection }
      continue
    }
    const opened = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
    const { directives = [] } = selection
    for (const inner of rootFields(opened?.selectionSet.selections ?? [], fragments)) {
      const selectionSet = { kind: Kind.SELECTION_SET, selections: [inner.selection] } as const
      yield { name: inner.name, selection: { kind: Kind.INLINE_FRAGMENT, directives, selectionSet } }
    }
  }
}

export interface Executed extends ExecutionResult {
  /** What the root fields answered that a mutation had completed, where a later one left it without data. */
  readonly completed?: ExecutionResult['data']
}

export type Execute = (
  documents: readonly DocumentNode[],
  variables: Readonly<Record<string, unknown>>,
  context: Context,
) => Promise<Executed>

/** An executor of documents that `executable` made, for variables that have been coerced. */
export function createExecutor(schema: GraphQLSchema): Execute {
  const withAsItIs: GraphQLSchema = Object.create(schema, {
    getType: { value: (name: string) => (name === nameOfAsItIs ? AsItIs : schema.getType(name)) },
  })
  return async (documents, variableValues, contextValue) => {
    const [first, ...further] = documents
    if (first === undefined) throw new Error('expected a document')
    let result: ExecutionResult = await execute({ schema: withAsItIs, document: first, variableValues, contextValue })
    for (const document of further) {
      // As in one document: what is null although it can't be leaves nothing, and nothing further is begun.
      if (!result.data) break
      const next = await execute({ schema: withAsItIs, document, variableValues, contextValue })
      const errors = [...(result.errors ?? []), ...(next.errors ?? [])]
      if (!next.data) return { data: null, errors, completed: result.data }
      result = { data: Object.assign(result.data, next.data), ...(errors.length > 0 ? { errors } : {}) }
    }
    return result
  }
}
