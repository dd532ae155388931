/**
 * Executing what was prepared, one root field of a mutation after the other. The variables have been coerced already: the
 * scopes and the cost depend on them. graphql-js takes none such, but coerces by the types that the operation declares. So
 * the operation that is executed declares all of its variables anew, as of a type that takes any value as it is.
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
import { createExecution, type Execute as ExecuteDocument, type ExecutionOptions } from '../execution/index.ts'
import type { Written } from '../octets.ts'
import type { Given } from './arguments.ts'
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

/** What an operation came to. */
export type Executed = { readonly written: Written } | ExecutedByFields

export interface ExecutedByFields extends ExecutionResult {
  /** What the root fields answered that a mutation had completed, where a later one left it without data. */
  readonly completed?: ExecutionResult['data']
}

export type Execute = (documents: readonly DocumentNode[], given: Given, context: Context) => Promise<Executed>

export interface ExecutorOptions extends Omit<ExecutionOptions, 'otherwise'> {
  /** Runs what plans do not, in the place of graphql-js. */
  readonly otherwise?: ExecutionOptions['otherwise'] | undefined
}

/** An executor of documents that `executable` made, for variables that have been coerced. */
export function createExecutor(options: ExecutorOptions): Execute {
  const execute = createExecution({ ...options, otherwise: options.otherwise ?? graphqlJs(options.schema) })
  return async (documents, given, context) => {
    const [first] = documents
    if (first === undefined) throw new Error('expected a document')
    let result = await execute(first, given, context)
    for (let index = 1; index < documents.length; index += 1) {
      const before = byFields(result)
      // As in one document: what is null although it can't be leaves nothing, and nothing further is begun.
      if (!before.data) break
      const next = byFields(await execute(documents[index] as DocumentNode, given, context))
      const errors = [...(before.errors ?? []), ...(next.errors ?? [])]
      if (!next.data) return { data: null, errors, completed: before.data }
      result = { data: Object.assign(before.data, next.data), ...(errors.length > 0 ? { errors } : {}) }
    }
    return result
  }
}

/** What an answer that has been written says. */
export function readAnswer(written: Written): { data: Record<string, unknown> } {
  return JSON.parse(written.text())
}

function byFields(executed: Executed): ExecutedByFields {
  return 'written' in executed ? readAnswer(executed.written) : executed
}

function graphqlJs(schema: GraphQLSchema): ExecuteDocument<ExecutionResult> {
  const withAsItIs: GraphQLSchema = Object.create(schema, {
    getType: { value: (name: string) => (name === nameOfAsItIs ? AsItIs : schema.getType(name)) },
  })
  return async (document, { variables: variableValues }, contextValue) =>
    execute({ schema: withAsItIs, document, variableValues, contextValue })
}
