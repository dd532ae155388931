/**
 * Operation → plan: what each object's fields are and how their values become JSON, for the conditions of one request. It
 * is made as it is needed, and kept with the prepared operation.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
  type ValueNode,
} from 'graphql'
import { cataloguedList } from '../links/catalogued.ts'
import type { Link } from '../links/link.ts'
import { type ResolveAll, resolvesAll } from '../schema/resolveAll.ts'
import { leafWriter, memberWriter, quote, type WriteLeaf, type WriteMember } from './json.ts'
import { NotPlanned } from './notPlanned.ts'

/** The fields of objects of one type. */
export interface ObjectPlan {
  readonly type: GraphQLObjectType
  /** In the order of the answer. */
  readonly fields: readonly FieldPlan[]
  /** Whether its text depends on the object alone: then it is kept with it. */
  readonly isLasting: boolean
}

export interface FieldPlan {
  /** What stands before the value: the name that it answers under, and what parts it from what is before. */
  readonly prefix: string
  /** What stands where the value does, for `__typename`; else undefined. */
  readonly constant: string | undefined
  /** Writes the value straight from its parent; undefined for a field that is resolved. */
  readonly writeMember: WriteMember | undefined
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  /** All fields of the document that answer under the name. */
  readonly nodes: readonly [FieldNode, ...FieldNode[]]
  readonly resolveAll: ResolveAll<unknown, unknown> | undefined
  /** What the arguments tell of the row that the field finds: links that begin at its id need nothing else of it. */
  readonly idOf: IdOf | undefined
  /** Whether it needs the id of its parent alone. */
  readonly beginsAtId: boolean
  /** Whether its arguments are the same in each request. */
  readonly hasFixedArguments: boolean
  readonly completion: Completion
}

/**
 * The id of the row that a field finds by its arguments, which stands in `extensions.idOf`. May throw what its resolver throws
 * for them.
 */
export type IdOf = (args: never) => { readonly id: string | number }

/** How values of a type become JSON. */
export type Completion = { readonly isNullable: boolean } & (
  | { readonly kind: 'leaf'; readonly write: WriteLeaf }
  | { readonly kind: 'list'; readonly items: Completion }
  | { readonly kind: 'object'; readonly plan: ObjectPlan }
  | {
      readonly kind: 'abstract'
      readonly type: GraphQLAbstractType
      /** Throws NotPlanned for what is no object type of the abstract one. */
      readonly planOf: (name: string) => ObjectPlan
    }
)

/** What plans are made of. */
export interface PlanOptions {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Those of the request that has the conditions. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** The plan of an operation. Throws NotPlanned for what graphql-js has to run. */
export function createPlan({ schema, operation, fragments, variables }: PlanOptions): ObjectPlan {
  const type = schema.getRootType(operation.operation)
  if (!type) throw new NotPlanned('kind')
  const numbers = new Map<SelectionSetNode, number>()
  /** Fields that lead to the same type by the same selections share their plan. */
  const plans = new Map<string, ObjectPlan>()

  const planOf = (objectType: GraphQLObjectType, selectionSets: readonly SelectionSetNode[]): ObjectPlan => {
    const key = [objectType.name, ...selectionSets.map(numberOf)].join(' ')
    const known = plans.get(key)
    if (known !== undefined) return known
    const collected = new Map<string, FieldNode[]>()
    const spread = new Set<string>()
    for (const { selections } of selectionSets) collect(objectType, selections, collected, spread)
    const fields = [...collected].map(([name, nodes], index) => fieldPlan(objectType, name, nodes, index === 0))
    const plan = { type: objectType, fields, isLasting: fields.every(isLasting) }
    plans.set(key, plan)
    return plan
  }

  const numberOf = (selectionSet: SelectionSetNode): number => {
    const number = numbers.get(selectionSet) ?? numbers.size
    numbers.set(selectionSet, number)
    return number
  }

  /** GraphQL, section 6.3.2: CollectFields. */
  const collect = (
    objectType: GraphQLObjectType,
    selections: readonly SelectionNode[],
    collected: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void => {
    for (const selection of selections) {
      if (!isIncluded(selection, variables)) continue
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value
        const nodes = collected.get(name)
        if (nodes === undefined) collected.set(name, [selection])
        else nodes.push(selection)
        continue
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (spread.has(selection.name.value)) continue
        spread.add(selection.name.value)
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
      if (fragment === undefined || !applies(fragment.typeCondition, objectType)) continue
      collect(objectType, fragment.selectionSet.selections, collected, spread)
    }
  }

  const applies = (condition: FragmentDefinitionNode['typeCondition'] | undefined, objectType: GraphQLObjectType) => {
    if (condition === undefined) return true
    const named = typeFromAST(schema, condition)
    return named === objectType || (isAbstractType(named) && schema.isSubType(named, objectType))
  }

  const fieldPlan = (
    parentType: GraphQLObjectType,
    name: string,
    nodes: readonly FieldNode[],
    isFirst: boolean,
  ): FieldPlan => {
    const [first] = nodes
    if (first === undefined) throw new Error('expected a field')
    const prefix = `${isFirst ? '{' : ','}${quote(name)}:`
    const fieldName = first.name.value
    const definition = parentType.getFields()[fieldName]
    const isTypeName = fieldName === '__typename'
    if (definition === undefined && !isTypeName) throw new NotPlanned('introspection')
    const isFixed = !(first.arguments ?? []).some(({ value }) => hasVariable(value))
    return {
      prefix,
      nodes: nodes as FieldPlan['nodes'],
      parentType,
      constant: isTypeName ? quote(parentType.name) : undefined,
      ...(definition === undefined
        ? { ...nothing, hasFixedArguments: true }
        : {
            definition,
            hasFixedArguments: isFixed,
            resolveAll: resolvesAll(definition),
            idOf: definition.extensions.idOf as IdOf | undefined,
            beginsAtId: (definition.extensions.link as Link<never, never> | undefined)?.key === 'id',
            writeMember: memberWriterOf(definition),
            completion: completionOf(definition.type, selectionSetsOf(nodes)),
          }),
    }
  }

  const completionOf = (type: GraphQLOutputType, selectionSets: readonly SelectionSetNode[]): Completion => {
    const isNullable = !isNonNullType(type)
    const nullable = isNonNullType(type) ? type.ofType : type
    if (isListType(nullable)) return { kind: 'list', isNullable, items: completionOf(nullable.ofType, selectionSets) }
    if (isLeafType(nullable)) return { kind: 'leaf', isNullable, write: leafWriter(nullable) }
    if (isObjectType(nullable)) {
      // Made when it is needed: a document may name more than its answer has.
      let plan: ObjectPlan | undefined
      return {
        kind: 'object',
        isNullable,
        get plan() {
          plan ??= planOf(nullable, selectionSets)
          return plan
        },
      }
    }
    const byName = new Map<string, ObjectPlan>()
    return {
      kind: 'abstract',
      isNullable,
      type: nullable,
      planOf(name) {
        let plan = byName.get(name)
        if (plan === undefined) {
          const named = schema.getType(name)
          if (!isObjectType(named) || !schema.isSubType(nullable, named)) throw new NotPlanned('type')
          plan = planOf(named, selectionSets)
          byName.set(name, plan)
        }
        return plan
      },
    }
  }

  /**
   * Whether the text of the field's value lasts as its object does: it is made of that alone, or of such others. Types and
   * fields say so by `extensions.lasts`: a new version of the catalogue has new objects.
   */
  const isLasting = ({ parentType, constant, definition, writeMember, completion }: FieldPlan): boolean => {
    if (parentType.extensions.lasts !== true) return false
    if (constant !== undefined || writeMember !== undefined) return true
    const { link, lasts: isDeclared } = definition.extensions
    return (isDeclared === true || cataloguedList(link as never) !== undefined) && lasts(completion)
  }
  const lasts = (completion: Completion): boolean => {
    if (completion.kind === 'list') return lasts(completion.items)
    return completion.kind === 'leaf' || (completion.kind === 'object' && completion.plan.isLasting)
  }
  return planOf(type, [operation.selectionSet])
}

const nothing = {
  definition: undefined as never,
  resolveAll: undefined,
  idOf: undefined,
  beginsAtId: false,
  writeMember: undefined,
  completion: undefined as never,
}

function memberWriterOf({ type, extensions }: GraphQLField<unknown, unknown>): WriteMember | undefined {
  const member = extensions.pothosExposedField
  const leaf = isNonNullType(type) ? type.ofType : type
  return typeof member === 'string' && isLeafType(leaf) ? memberWriter(member, leaf) : undefined
}

function selectionSetsOf(nodes: readonly FieldNode[]): readonly SelectionSetNode[] {
  return nodes.map(({ selectionSet }) => selectionSet).filter((selectionSet) => selectionSet !== undefined)
}

function isIncluded(selection: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (selection.directives === undefined || selection.directives.length === 0) return true
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false
}

function hasVariable(value: ValueNode): boolean {
  switch (value.kind) {
    case Kind.VARIABLE:
      return true
    case Kind.LIST:
      return value.values.some(hasVariable)
    case Kind.OBJECT:
      return value.fields.some((field) => hasVariable(field.value))
    default:
      return false
  }
}
