/**
 * What an operation costs at most, by estimate, before it is run: objects and bytes of the answer, and the work behind it.
 * What a field weighs is declared in the schema (`costPlugin.ts`). Which fields there are is found out once for each
 * document; variables are put in for each request.
 */
import {
  type GraphQLCompositeType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isListType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { declaredWeight, type FieldWeight } from '../schema/costPlugin.ts'
import { type Amount, argumentAmount, documentRows, type Given, literalValues, rowWeight } from './arguments.ts'
import { always, type Conditions, hold } from './conditions.ts'
import { fieldsOf, rootType, type SelectedField, type Walk } from './selection.ts'

export interface Cost {
  readonly objects: number
  readonly bytes: number
  /** Rows that statements go through, and values in arguments, which are read again for each parent. */
  readonly work: number
}

/** The estimate for what a request brings. */
export type CostFormula = (given: Given) => Cost

/** A field as it is run once for each of its parents: all selections that answer under the same name. */
interface Term {
  /** It is run where one of them holds. */
  readonly conditions: readonly Conditions[]
  /** Items, for each parent. */
  readonly size: Amount
  readonly isObject: boolean
  /** For each parent. */
  readonly nameBytes: number
  readonly itemBytes: number
  /** Rows that are gone through, for each parent. */
  readonly rows: Amount
  /** Values in the arguments, for each parent. */
  readonly values: number
  readonly below: readonly Term[]
}

// Most fields have these. They are shared, because many documents are remembered.
const one: Amount = () => 1
const none: Amount = () => 0
const unconditional: readonly Conditions[] = [always]
const nothingBelow: readonly Term[] = []

/** A list that fields below are parts of: a page of it, and the total. */
interface Page {
  readonly weight: FieldWeight
  readonly size: Amount
  readonly skipped: Amount
  /** Rows' worth of work that searching and ordering add to each row. */
  readonly perRow: Amount
}

/** What lists of introspection have, by their names. All others declare their sizes. */
const introspected: Readonly<Record<string, number>> = {
  types: 100,
  fields: 10,
  args: 2,
  inputFields: 3,
  enumValues: 3,
  interfaces: 1,
  possibleTypes: 2,
  directives: 10,
  locations: 3,
}
const undeclared = 10

/** What usual values take in an answer, with what stands around them. */
const usualBytes: Readonly<Record<string, number>> = { Boolean: 5, Date: 12, DateTime: 26, Float: 12, ID: 38, Int: 6 }
const otherBytes = 32
/** Quotes, colon and comma of a name; braces and comma of an object. */
const around = { name: 4, object: 3 }

/** Rows that any list may have: to skip beyond its end costs nothing more. */
const longestList = 100_000

/** Coercing a value in an argument takes as long as going through so many rows. */
const rowsOfAValue = 4

/** The operation's formula. Pages count `mostRows` at most: larger ones are refused when they are resolved. */
export function costFormula(walk: Walk, operation: OperationDefinitionNode, mostRows: number): CostFormula {
  const termsOf = (
    parents: readonly { type: GraphQLCompositeType; selections: SelectionSetNode; conditions: Conditions }[],
    page: Page | undefined,
  ): readonly Term[] => {
    const groups = new Map<string, [SelectedField, ...SelectedField[]]>()
    for (const { type, selections, conditions } of parents) {
      for (const field of fieldsOf(walk, type, selections, conditions)) {
        // Behind different types the same name may stand for different fields.
        const key = `${responseName(field)} ${field.parent.name}`
        const group = groups.get(key)
        if (group === undefined) groups.set(key, [field])
        else group.push(field)
      }
    }
    return [...groups.values()].map((group) => termOf(group, page))
  }
  const termOf = (group: readonly [SelectedField, ...SelectedField[]], page: Page | undefined): Term => {
    const [field] = group
    const weight = declaredWeight(field.definition)
    const own = pageOf(walk, field, weight, mostRows)
    const isPart = page?.weight.sizedFields?.includes(field.definition.name) ?? false
    const size = isList(field.definition.type) ? ((isPart ? page : own)?.size ?? undeclaredSize(field)) : one
    const below = group.flatMap(({ type, node, conditions }) =>
      type && node.selectionSet ? [{ type, selections: node.selectionSet, conditions }] : [],
    )
    const conditions = group.map((each) => each.conditions)
    return {
      conditions: conditions.includes(always) ? unconditional : conditions,
      size,
      isObject: field.type !== undefined,
      nameBytes: responseName(field).length + around.name,
      itemBytes: field.type === undefined ? (weight?.bytes ?? leafBytes(field)) : around.object,
      rows: rowsOf(field, weight, isPart || weight?.counts ? page : own, size),
      values: literalValues(field.node),
      below: below.length === 0 ? nothingBelow : termsOf(below, own),
    }
  }
  const terms = termsOf(
    [{ type: rootType(walk, operation), selections: operation.selectionSet, conditions: always }],
    undefined,
  )
  return (given) => {
    const sum = { objects: 0, bytes: 0, work: 0 }
    add(sum, terms, 1, given)
    return sum
  }
}

function add(
  sum: { objects: number; bytes: number; work: number },
  terms: readonly Term[],
  times: number,
  given: Given,
) {
  for (const { conditions, size, isObject, nameBytes, itemBytes, rows, values, below } of terms) {
    if (conditions !== unconditional && !conditions.some((each) => hold(each, given.holding))) continue
    const items = times * size(given)
    if (isObject) sum.objects += items
    sum.bytes += times * nameBytes + items * itemBytes
    sum.work += times * (rows(given) + values * rowsOfAValue)
    add(sum, below, items, given)
  }
}

/** The list that the field is, or that fields below it are parts of. */
function pageOf(walk: Walk, field: SelectedField, weight: FieldWeight | undefined, mostRows: number): Page | undefined {
  if (weight === undefined || weight.counts) return undefined
  const { size = undeclared, sizedBy = [], onePer, skippedBy } = weight
  const asked = argumentAmount(field, onePer === undefined ? sizedBy : [onePer])
  return {
    weight,
    size: (given) => Math.min(asked(given) ?? size, mostRows),
    skipped: skippedBy === undefined ? none : rowsSkipped(argumentAmount(field, [skippedBy])),
    perRow: rowWeight(walk.conditions, field),
  }
}

/** Rows that are gone through for each parent, and what is as much work. */
function rowsOf(field: SelectedField, weight: FieldWeight | undefined, page: Page | undefined, size: Amount): Amount {
  const rows = rowsRead(field, weight, page, size)
  if (weight?.documents === undefined) return rows
  const documents = documentRows(field, weight.documents)
  return (given) => rows(given) + documents(given)
}

function rowsRead(field: SelectedField, weight: FieldWeight | undefined, page: Page | undefined, size: Amount): Amount {
  if (page === undefined) return field.type === undefined ? none : size
  const { of = page.weight.size ?? 0 } = page.weight
  if (weight?.counts) return (given) => of * (1 + page.perRow(given))
  if (!isList(field.definition.type)) return one
  return (given) => {
    const perRow = page.perRow(given)
    const read = page.size(given) + page.skipped(given)
    // Nobody knows how many rows a search leaves out until the page is full.
    return perRow === 0 ? read : Math.max(read, of) * (1 + perRow)
  }
}

function rowsSkipped(asked: Amount<number | undefined>): Amount {
  return (given) => Math.min(asked(given) ?? 0, longestList)
}

function undeclaredSize({ definition }: SelectedField): Amount {
  const size = introspected[definition.name] ?? undeclared
  return () => size
}

function responseName({ node }: SelectedField): string {
  return node.alias?.value ?? node.name.value
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type))
}

function leafBytes({ definition }: SelectedField): number {
  return usualBytes[getNamedType(definition.type).name] ?? otherBytes
}
