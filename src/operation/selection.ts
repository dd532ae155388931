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

/** Something counts when the variable has the value, or when it has anything at the path. */
export type Condition =
  | { readonly variable: string; readonly is: boolean }
  | { readonly variable: string; readonly given: readonly string[] }

export interface SelectedField {
  readonly node: FieldNode
  readonly parent: GraphQLCompositeType
  readonly definition: GraphQLField<unknown, unknown>
  /** All of them must hold. Those of what leads to the field are not among them. */
  readonly conditions: readonly Condition[]
  /** The composite type that the field leads to; undefined for a leaf. */
  readonly type: GraphQLCompositeType | undefined
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** The root type of an operation. The document has been validated, so there is one. */
export function rootType(schema: GraphQLSchema, operation: OperationDefinitionNode): GraphQLCompositeType {
  const type = schema.getRootType(operation.operation)
  if (!type) throw new Error(`the schema has no ${operation.operation} type`)
  return type
}

/**
 * The fields of a selection set, with those of its fragments, but not those below them. Fields that are never run
 * (`@skip(if: true)`) and `__typename` are left out. A fragment that is spread again under the same conditions is not opened again.
 */
export function* fieldsOf(
  schema: GraphQLSchema,
  fragments: Fragments,
  parent: GraphQLCompositeType,
  selections: SelectionSetNode,
  conditions: readonly Condition[] = [],
  opened = new Set<string>(),
): Generator<SelectedField> {
  for (const selection of selections.selections) {
    const own = conditionsOf(selection)
    if (own === 'never') continue
    const all = own.length === 0 ? conditions : [...conditions, ...own]
    if (selection.kind === Kind.FIELD) {
      const field = selectedField(schema, parent, selection, all)
      if (field !== undefined) yield field
      continue
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
    if (fragment === undefined) continue
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const key = JSON.stringify([selection.name.value, all])
      if (opened.has(key)) continue
      opened.add(key)
    }
    const named = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
    const type = named && isCompositeType(named) ? named : parent
    yield* fieldsOf(schema, fragments, type, fragment.selectionSet, all, opened)
  }
}

const metaFields = new Map([SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]))

function selectedField(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  node: FieldNode,
  conditions: readonly Condition[],
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
function conditionsOf(selection: SelectionNode): readonly Condition[] | 'never' {
  const conditions: Condition[] = []
  for (const directive of selection.directives ?? []) {
    const name = directive.name.value
    if (name !== 'skip' && name !== 'include') continue
    const value: ValueNode | undefined = directive.arguments?.find((argument) => argument.name.value === 'if')?.value
    const runsWhen = name === 'include'
    if (value?.kind === Kind.BOOLEAN && value.value !== runsWhen) return 'never'
    if (value?.kind === Kind.VARIABLE) conditions.push({ variable: value.name.value, is: runsWhen })
  }
  return conditions
}

/** Whether the conditions hold. A variable of `@skip` or `@include` that is missing counts as holding: what might run is treated as running. */
export function hold(conditions: readonly Condition[], variables: Readonly<Record<string, unknown>>): boolean {
  return conditions.every((condition) => {
    const value = variables[condition.variable]
    if ('given' in condition) return isGiven(value, condition.given)
    return typeof value !== 'boolean' || value === condition.is
  })
}

/** Whether there is anything but null at the path, in some item where a list is on the way. */
function isGiven(value: unknown, [next, ...rest]: readonly string[]): boolean {
  if (value === null || value === undefined) return false
  if (next === undefined) return true
  if (Array.isArray(value)) return value.some((item) => isGiven(item, [next, ...rest]))
  return isGiven((value as Readonly<Record<string, unknown>>)[next], rest)
}
