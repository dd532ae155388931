/** Which scopes an operation needs, and which of its fields need them, from the declarations in the schema. */
import type { GraphQLCompositeType, OperationDefinitionNode, SelectionSetNode } from 'graphql'
import type { Scope } from '../auth/scopes.ts'
import { declaredScopes } from '../schema/scopesPlugin.ts'
import { always, type Conditions, hold } from './conditions.ts'
import { givenInputs } from './givenInputs.ts'
import { fieldsOf, rootType, type Walk } from './selection.ts'

/** A field needs a scope when the conditions hold. */
interface Requirement {
  readonly scope: Scope
  /** The schema coordinate of the field, or of the input field, for example `User.accesses`. */
  readonly field: string
  readonly conditions: Conditions
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
  walk: Walk,
  operation: OperationDefinitionNode,
  openIntrospection: boolean,
): RequiredScopes {
  const requirements = new RequirementSet()
  const visit = (parent: GraphQLCompositeType, selections: SelectionSetNode, outer: Conditions) => {
    for (const field of fieldsOf(walk, parent, selections, outer)) {
      const { conditions } = field
      const coordinate = `${field.parent.name}.${field.definition.name}`
      const require = (scopes: readonly Scope[] = []) => requirements.add(scopes, coordinate, conditions)
      if (introspectionFields.has(coordinate) && !openIntrospection) require(introspectionScopes)
      require(declaredScopes(field.definition))
      for (const input of givenInputs(field)) {
        const scopes = declaredScopes(input.definition)
        if (scopes === undefined) continue
        const own = input.condition === null ? always : walk.conditions.bitOf(input.condition)
        requirements.add(scopes, input.coordinate, conditions | own)
      }
      // Behind a type condition the parent may be another type than the one the field above leads to.
      if (field.parent !== parent) require(declaredScopes(field.parent))
      if (field.type === undefined || field.node.selectionSet === undefined) continue
      require(declaredScopes(field.type))
      visit(field.type, field.node.selectionSet, conditions)
    }
  }
  visit(rootType(walk, operation), operation.selectionSet, always)
  return requirements.all()
}

/** Requirements, each once; those that hold only under conditions are dropped where the same holds without any. */
class RequirementSet {
  readonly #conditions = new Map<Scope, Map<string, Set<Conditions>>>()

  add(scopes: readonly Scope[], field: string, conditions: Conditions): void {
    for (const scope of scopes) {
      const fields = this.#conditions.get(scope) ?? new Map<string, Set<Conditions>>()
      this.#conditions.set(scope, fields)
      const known = fields.get(field)
      if (known === undefined || conditions === always) fields.set(field, new Set([conditions]))
      else if (!known.has(always)) known.add(conditions)
    }
  }

  all(): RequiredScopes {
    return [...this.#conditions].flatMap(([scope, fields]) =>
      [...fields].flatMap(([field, sets]) => [...sets].map((conditions) => ({ scope, field, conditions }))),
    )
  }
}

/** The scopes that are needed where these conditions hold and that are not held, sorted; empty where the operation may run. */
export function missingScopes(
  required: RequiredScopes,
  held: ReadonlySet<string>,
  holding: Conditions,
): readonly MissingScope[] {
  const missing = new Map<Scope, Set<string>>()
  for (const { scope, field, conditions } of required) {
    if (held.has(scope) || !hold(conditions, holding)) continue
    const fields = missing.get(scope)
    if (fields === undefined) missing.set(scope, new Set([field]))
    else fields.add(field)
  }
  return [...missing]
    .map(([scope, fields]) => ({ scope, fields: [...fields].sort() }))
    .sort((a, b) => (a.scope < b.scope ? -1 : 1))
}
