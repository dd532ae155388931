/** Walking an operation's fields: fragments opened, each field with its type and the conditions under which it is run. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
} from 'graphql'
import { always, type Conditions, type ConditionTable } from './conditions.ts'

export interface SelectedField {
  readonly node: FieldNode
  readonly parent: GraphQLCompositeType
  readonly definition: GraphQLField<unknown, unknown>
  /** What must hold for the field to be run, with what must hold for what leads to it. */
  readonly conditions: Conditions
  /** The composite type that the field leads to; undefined for a leaf. */
  readonly type: GraphQLCompositeType | undefined
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** What an operation is walked with. The document has been validated, and its spreads have been counted. */
export interface Walk {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  readonly conditions: ConditionTable
}

/** The root type of an operation. The document has been validated, so there is one. */
export function rootType({ schema }: Pick<Walk, 'schema'>, operation: OperationDefinitionNode): GraphQLCompositeType {
  const type = schema.getRootType(operation.operation)
  if (!type) throw new Error(`the schema has no ${operation.operation} type`)
  return type
}

/**
 * The fields of a selection set, with those of its fragments, but not those below them. Fields that are never run
 * (`@skip(if: true)`) and `__typename` are left out. `conditions` are those of what leads to the selection set.
 */
export function* fieldsOf(
  walk: Walk,
  parent: GraphQLCompositeType,
  selections: SelectionSetNode,
  conditions: Conditions = always,
): Generator<SelectedField> {
  const { schema, fragments } = walk
  for (const selection of selections.selections) {
    const own = conditionsOf(walk, selection)
    if (own === 'never') continue
    const all = conditions | own
    if (selection.kind === Kind.FIELD) {
      const field = selectedField(schema, parent, selection, all)
      if (field !== undefined) yield field
      continue
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
    if (fragment === undefined) continue
    const named = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
    const type = named && isCompositeType(named) ? named : parent
    yield* fieldsOf(walk, type, fragment.selectionSet, all)
  }
}

const metaFields = new Map([SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]))

function selectedField(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  node: FieldNode,
  conditions: Conditions,
): SelectedField | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined
  const name = node.name.value
  const metaField = parent === schema.getQueryType() ? metaFields.get(name) : undefined
  const definition = metaField ?? parent.getFields()[name]
  if (definition === undefined) return undefined
  const type = getNamedType(definition.type)
  return { node, parent, definition, conditions, type: isCompositeType(type) ? type : undefined }
}

/** The conditions of `@skip` and `@include`; `never` where a literal says so. */
function conditionsOf({ conditions }: Walk, selection: SelectionNode): Conditions | 'never' {
  let all = always
  for (const directive of selection.directives ?? []) {
    const name = directive.name.value
    if (name !== 'skip' && name !== 'include') continue
    const value: ValueNode | undefined = directive.arguments?.find((argument) => argument.name.value === 'if')?.value
    const is = name === 'include'
    if (value?.kind === Kind.BOOLEAN && value.value !== is) return 'never'
    if (value?.kind === Kind.VARIABLE) all |= conditions.bitOf({ variable: value.name.value, is })
  }
  return all
}
