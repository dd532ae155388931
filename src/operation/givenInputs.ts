/**
 * Input fields that a request gives: they may need scopes, because to search by something tells of it as reading it does,
 * and they may weigh something.
 */
import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  Kind,
  type ValueNode,
} from 'graphql'
import type { Condition } from './conditions.ts'
import type { SelectedField } from './selection.ts'

export interface GivenInput {
  readonly definition: GraphQLInputField
  /** Schema coordinate, for example `UserSearch.roleId`. */
  readonly coordinate: string
  /** When it is given; null where it stands in the document. */
  readonly condition: Condition | null
}

/** The input fields in the arguments of a field: those in the document, and those that variables may bring. */
export function* givenInputs({ node, definition }: SelectedField): Generator<GivenInput> {
  for (const { name, value } of node.arguments ?? []) {
    const argument = definition.args.find((candidate) => candidate.name === name.value)
    if (argument !== undefined) yield* inValue(argument.type, value)
  }
}

function* inValue(type: GraphQLInputType, value: ValueNode): Generator<GivenInput> {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return
  if (value.kind === Kind.VARIABLE) yield* inVariable(named, value.name.value, [])
  if (value.kind === Kind.LIST) for (const item of value.values) yield* inValue(type, item)
  if (value.kind !== Kind.OBJECT) return
  for (const field of value.fields) {
    const definition = named.getFields()[field.name.value]
    if (definition === undefined || field.value.kind === Kind.NULL) continue
    const condition = field.value.kind === Kind.VARIABLE ? { variable: field.value.name.value, given: [] } : null
    yield { definition, coordinate: `${named.name}.${definition.name}`, condition }
    yield* inValue(definition.type, field.value)
  }
}

/** `path` leads from the variable's value to the input object. An input type that has itself inside is looked into once. */
function* inVariable(
  type: GraphQLInputObjectType,
  variable: string,
  path: readonly string[],
  seen: readonly GraphQLInputObjectType[] = [],
): Generator<GivenInput> {
  if (seen.includes(type)) return
  for (const definition of Object.values(type.getFields())) {
    const given = [...path, definition.name]
    yield { definition, coordinate: `${type.name}.${definition.name}`, condition: { variable, given } }
    const named = getNamedType(definition.type)
    if (isInputObjectType(named)) yield* inVariable(named, variable, given, [...seen, type])
  }
}
