/**
 * How many objects an answer may hold at most, estimated before it is run. A page counts as many as it asks for, a list
 * of ids as many as there are, any other list a typical number. The formula is made once for each document; variables
 * are put in for each request.
 */
import {
  type ArgumentNode,
  type GraphQLCompositeType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { type Conditions, hold } from './conditions.ts'
import { fieldsOf, rootType, type SelectedField, type Walk } from './selection.ts'

type Variables = Readonly<Record<string, unknown>>

/** The estimate for a request's variables, coerced, and the conditions that hold with them. */
export type CostFormula = (variables: Variables, holding: Conditions) => number

/** What a list counts that has no size of its own, by what is in it. */
const typicalSizes: Readonly<Record<string, number>> = { Access: 3, Role: 10, Permission: 20, __Type: 100 }
const otherwiseTypical = 10
const defaultConnection = 20

const sizeArguments: ReadonlySet<string> = new Set(['limit', 'first', 'last'])

/** The number of rows of the page that a list is in; undefined outside of pages. */
type PageSize = ((variables: Variables) => number) | undefined

/** The operation's formula. Pages count `mostRows` at most: larger ones are refused when they are resolved. */
export function costFormula(walk: Walk, operation: OperationDefinitionNode, mostRows: number): CostFormula {
  const formulaOf = (parent: GraphQLCompositeType, selections: SelectionSetNode, page: PageSize): CostFormula => {
    const terms: CostFormula[] = []
    for (const field of fieldsOf(walk, parent, selections)) {
      if (field.type !== undefined && field.node.selectionSet !== undefined) {
        terms.push(termOf(field, field.type, field.node.selectionSet, page))
      }
    }
    return (variables, holding) => terms.reduce((sum, term) => sum + term(variables, holding), 0)
  }
  const termOf = (
    field: SelectedField,
    type: GraphQLCompositeType,
    selections: SelectionSetNode,
    page: PageSize,
  ): CostFormula => {
    const asked = pageSize(field, mostRows)
    const isList = isListType(
      isNonNullType(field.definition.type) ? field.definition.type.ofType : field.definition.type,
    )
    const count = isList ? (idCount(field) ?? page ?? (() => typicalSizes[type.name] ?? otherwiseTypical)) : () => 1
    const below = formulaOf(type, selections, isList ? undefined : asked)
    const { conditions } = field
    return (variables, holding) => (hold(conditions, holding) ? count(variables) * (1 + below(variables, holding)) : 0)
  }
  return formulaOf(rootType(walk, operation), operation.selectionSet, undefined)
}

/** The size of the page that the field's arguments ask for; undefined where it has no such arguments. */
function pageSize({ node, definition }: SelectedField, mostRows: number): PageSize {
  const known = definition.args.filter((argument) => sizeArguments.has(argument.name))
  if (known.length === 0) return undefined
  const given = (node.arguments ?? []).filter((argument) => sizeArguments.has(argument.name.value))
  const otherwise =
    known.map((argument) => argument.defaultValue).find((value) => typeof value === 'number') ?? defaultConnection
  return (variables) => {
    const sizes = given.map((argument) => numberOf(argument, variables)).filter((size) => size !== undefined)
    return Math.min(Math.max(sizes.length === 0 ? otherwise : Math.max(...sizes), 0), mostRows)
  }
}

function numberOf({ value }: ArgumentNode, variables: Variables): number | undefined {
  if (value.kind === Kind.INT) return Number(value.value)
  const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : undefined
  return typeof given === 'number' ? given : undefined
}

/** How many ids a list is asked for by; undefined where it is not asked for so. */
function idCount({ node }: SelectedField): PageSize {
  const value = node.arguments?.find((argument) =>
    ['ids', 'tokenIds', 'representations'].includes(argument.name.value),
  )?.value
  if (value?.kind === Kind.LIST) return () => value.values.length
  if (value?.kind !== Kind.VARIABLE) return undefined
  return (variables) => {
    const given = variables[value.name.value]
    return Array.isArray(given) ? given.length : 1
  }
}
