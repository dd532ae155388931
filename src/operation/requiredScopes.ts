/** Which scopes an operation needs, and which of its fields need them, from the declarations in the schema. */
import type { GraphQLCompositeType, GraphQLSchema, OperationDefinitionNode, SelectionSetNode } from 'graphql'
import type { Scope } from '../auth/scopes.ts'
import { declaredScopes } from '../schema/scopesPlugin.ts'
import { givenInputs } from './givenInputs.ts'
import { type Condition, type Fragments, fieldsOf, hold, rootType } from './selection.ts'

/** A field needs a scope when the conditions hold. */
interface Requirement {
  readonly scope: Scope
  /** The schema coordinate of the field, or of the input field, for example `User.accesses`. */
  readonly field: string
  readonly conditions: readonly Condition[]
}

export type RequiredScopes = readonly Requirement[]

/** A scope that the caller lacks, and the coordinates of the fields that need it. */
export interface MissingScope {
  readonly scope: Scope
  readonly fields: readonly string[]
}

/** Fields that tell of the schema, and what is needed for them. */
const introspectionFields: ReadonlySet<string> = new Set(['Query.__schema', 'Query.__type', 'Query._service'])
const introspectionScopes: readonly Scope[] = ['schema:read']

/**
 * All that the operation might need. A field needs what its own declaration says and what the type declares that it
 * leads to; behind a type condition, what that type declares; an input field that is given needs what it declares.
 * Introspection needs `schema:read`, unless it is open.
 */
export function requiredScopes(
  schema: GraphQLSchema,
  fragments: Fragments,
  operation: OperationDefinitionNode,
  openIntrospection: boolean,
): RequiredScopes {
  const requirements = new Map<string, Requirement>()
  /** By the node itself: its place in the text is not there where the document was parsed without locations. */
  const walked = new Map<SelectionSetNode, Set<string>>()

  const require = (scopes: readonly Scope[], field: string, conditions: readonly Condition[]) => {
    for (const scope of scopes) {
      const key = JSON.stringify([scope, field, conditions])
      if (!requirements.has(key)) requirements.set(key, { scope, field, conditions })
    }
  }
  const walk = (parent: GraphQLCompositeType, selections: SelectionSetNode, conditions: readonly Condition[]) => {
    for (const field of fieldsOf(schema, fragments, parent, selections)) {
      const coordinate = `${field.parent.name}.${field.definition.name}`
      const all = merge(conditions, field.conditions)
      const introspects = introspectionFields.has(coordinate)
      if (introspects && !openIntrospection) require(introspectionScopes, coordinate, all)
      require(declaredScopes(field.definition) ?? [], coordinate, all)
      for (const input of givenInputs(field)) require(input.scopes, input.coordinate, merge(all, input.conditions))
      // Behind a type condition the parent may be another type than the one the field above leads to.
      if (field.parent !== parent) require(declaredScopes(field.parent) ?? [], coordinate, all)
      if (field.type === undefined || field.node.selectionSet === undefined) continue
      require(declaredScopes(field.type) ?? [], coordinate, all)
      // The same selection under the same conditions needs the same again: without this, fragments that are spread
      // twice at each of many levels would be walked an exponential number of times.
      const below = field.node.selectionSet
      const known = walked.get(below) ?? new Set()
      const key = JSON.stringify([field.type.name, all])
      if (known.has(key)) continue
      walked.set(below, known.add(key))
      walk(field.type, below, all)
    }
  }
  walk(rootType(schema, operation), operation.selectionSet, [])
  return [...requirements.values()]
}

function merge(outer: readonly Condition[], inner: readonly Condition[]): readonly Condition[] {
  const merged = [...outer]
  for (const condition of inner) {
    if (!merged.some((known) => JSON.stringify(known) === JSON.stringify(condition))) merged.push(condition)
  }
  return merged
}

/** The scopes that are needed with these variables and are not held, sorted; empty where the operation may run. */
export function missingScopes(
  required: RequiredScopes,
  held: ReadonlySet<string>,
  variables: Readonly<Record<string, unknown>>,
): readonly MissingScope[] {
  const missing = new Map<Scope, Set<string>>()
  for (const { scope, field, conditions } of required) {
    if (held.has(scope) || !hold(conditions, variables)) continue
    const fields = missing.get(scope)
    if (fields === undefined) missing.set(scope, new Set([field]))
    else fields.add(field)
  }
  return [...missing]
    .map(([scope, fields]) => ({ scope, fields: [...fields].sort() }))
    .sort((a, b) => (a.scope < b.scope ? -1 : 1))
}
