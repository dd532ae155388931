/**
 * Input fields that declare scopes, where a request gives them: to search by something tells of it, as reading it does.
 */
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  Kind,
  type ValueNode,
} from 'graphql'
import { type DeclaredScopes, declaredScopes } from '../schema/scopesPlugin.ts'
import { always, type Conditions, type ConditionTable } from './conditions.ts'
import type { SelectedField } from './selection.ts'

export interface GivenInput {
  readonly scopes: DeclaredScopes
  /** Schema coordinate, for example `UserSearch.roleId`. */
  readonly coordinate: string
  /** None where it stands in the document. Those of the field that has it are not among them. */
  readonly conditions: Conditions
}

/** The declaring input fields in the arguments of a field: those in the document, and those that variables may bring. */
export function* givenInputs(table: ConditionTable, { node, definition }: SelectedField): Generator<GivenInput> {
  for (const { name, value } of node.arguments ?? []) {
    const argument = definition.args.find((candidate) => candidate.name === name.value)
    if (argument !== undefined) yield* inValue(table, argument.type, value)
  }
}

function* inValue(table: ConditionTable, type: GraphQLInputType, value: ValueNode): Generator<GivenInput> {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return
  if (value.kind === Kind.VARIABLE) yield* inVariable(table, named, value.name.value, [])
  if (value.kind === Kind.LIST) for (const item of value.values) yield* inValue(table, type, item)
  if (value.kind !== Kind.OBJECT) return
  for (const field of value.fields) {
    const definition = named.getFields()[field.name.value]
    if (definition === undefined || field.value.kind === Kind.NULL) continue
    const scopes = declaredScopes(definition)
    if (scopes !== undefined) {
      const variable = field.value.kind === Kind.VARIABLE ? field.value.name.value : undefined
      const conditions = variable === undefined ? always : table.bitOf({ variable, given: [] })
      yield { scopes, coordinate: `${named.name}.${definition.name}`, conditions }
    }
    yield* inValue(table, definition.type, field.value)
  }
}

/** `path` leads from the variable's value to the input object. An input type that has itself inside is looked into once. */
function* inVariable(
  table: ConditionTable,
  type: GraphQLInputObjectType,
  variable: string,
  path: readonly string[],
  seen: readonly GraphQLInputObjectType[] = [],
): Generator<GivenInput> {
  if (seen.includes(type)) return
  for (const definition of Object.values(type.getFields())) {
    const given = [...path, definition.name]
    const scopes = declaredScopes(definition)
    if (scopes !== undefined) {
      const conditions = table.bitOf({ variable, given })
      yield { scopes, coordinate: `${type.name}.${definition.name}`, conditions }
    }
    const named = getNamedType(definition.type)
    if (isInputObjectType(named)) yield* inVariable(table, named, variable, given, [...seen, type])
  }
}
