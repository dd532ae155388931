/** What the arguments of a field say about its cost. */
import { type ArgumentNode, type FieldNode, Kind, valueFromASTUntyped, visit } from 'graphql'
import { weightPerRow } from '../schema/costPlugin.ts'
import { always, type Conditions, type ConditionTable, hold } from './conditions.ts'
import { givenInputs } from './givenInputs.ts'
import type { SelectedField } from './selection.ts'

/** What a request brings: its variables, coerced, and the conditions that hold with them. */
export interface Given {
  readonly variables: Readonly<Record<string, unknown>>
  readonly holding: Conditions
}

/** A number that is known once the variables are. */
export type Amount<T extends number | undefined = number> = (given: Given) => T

/**
 * What the arguments with these names say, each by its number or by being a list of so many: the largest, and never less
 * than 0. Undefined where none of them is given or has a default.
 */
export function argumentAmount(
  { node, definition }: SelectedField,
  names: readonly string[],
): Amount<number | undefined> {
  const written = (node.arguments ?? []).filter(({ name }) => names.includes(name.value))
  const otherwise = definition.args
    .filter(({ name }) => names.includes(name))
    .map(({ defaultValue }) => defaultValue)
    .find((value) => typeof value === 'number')
  return (given) => {
    const amounts = written.map((argument) => amountOf(argument, given)).filter((amount) => amount !== undefined)
    return amounts.length === 0 ? otherwise : Math.max(...amounts, 0)
  }
}

function amountOf({ value }: ArgumentNode, { variables }: Given): number | undefined {
  if (value.kind === Kind.INT) return Number(value.value)
  if (value.kind === Kind.LIST) return value.values.length
  if (value.kind !== Kind.VARIABLE) return value.kind === Kind.NULL ? undefined : 1
  const given = variables[value.name.value]
  if (Array.isArray(given)) return given.length
  return typeof given === 'number' ? given : undefined
}

/** Rows' worth of work that the field's search and order add to each row. */
export function rowWeight(table: ConditionTable, field: SelectedField): Amount {
  const weights = [...givenInputs(field)]
    .map(({ definition, condition }) => ({ perRow: weightPerRow(definition), condition }))
    .filter(({ perRow }) => perRow > 0)
    .map(({ perRow, condition }) => ({ perRow, conditions: condition === null ? always : table.bitOf(condition) }))
  if (weights.length === 0) return () => 0
  return ({ holding }) =>
    weights.reduce((sum, { perRow, conditions }) => (hold(conditions, holding) ? sum + perRow : sum), 0)
}

/**
 * Values that stand in the field's arguments, which graphql-js reads again for each parent. A variable in a list or an
 * object is one of them; one that is the argument is taken as it is.
 */
export function literalValues(node: FieldNode): number {
  let values = 0
  for (const { value } of node.arguments ?? []) {
    if (value.kind === Kind.VARIABLE) continue
    visit(value, {
      enter({ kind }) {
        if (kind !== Kind.NAME && kind !== Kind.OBJECT_FIELD) values++
      },
    })
  }
  return values
}

/**
 * Reading a document takes no longer than going through so many rows: for the document, and for each of its characters. Most
 * take a tenth of that; many equal fields, each of which is compared with each other, take half of it.
 */
const rowsOfADocument = { each: 500, character: 20 }

/** Rows' worth of work to read the documents in the field's arguments at these places. */
export function documentRows({ node }: SelectedField, places: readonly string[]): Amount {
  const given = places.flatMap((place) => {
    const [name, ...members] = place.split('.')
    const argument = node.arguments?.find((each) => each.name.value === name)
    return argument === undefined ? [] : [{ value: argument.value, members }]
  })
  return ({ variables }) => {
    let rows = 0
    for (const { value, members } of given) {
      const found = members.reduce(memberOf, valueFromASTUntyped(value, variables))
      for (const text of [found].flat()) {
        if (typeof text === 'string') rows += rowsOfADocument.each + text.length * rowsOfADocument.character
      }
    }
    return rows
  }
}

function memberOf(value: unknown, member: string): unknown {
  return (value as Readonly<Record<string, unknown>> | null | undefined)?.[member]
}
