/** Values for the arguments of a generated document: written out, as variables, or with variables inside. */
import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import { choose, type Decide, happens } from './choices.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A value as a document has it. */
type Value =
  | { readonly kind: 'null' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'scalar'; readonly json: unknown; readonly literal: string }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, Value>> }

/** Where a value is given. */
interface Place {
  readonly type: GraphQLInputType
  /** What the vocabulary knows it by, for example `Query.user(id:)` or `UserSearch.ids`. */
  readonly coordinate: string
  readonly name: string
  /** Whether it may be left out although its type is non-null. */
  readonly hasDefault: boolean
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly definition: string
}

/** The variables of one document as they come to be, and what they are given. */
export interface Inputs {
  /** The arguments of a field or a directive, in brackets; empty where none is given. */
  args(of: readonly GraphQLArgument[], coordinate: (argument: string) => string, decide: Decide): string
  /** A value of the type for a place of the vocabulary, as a variable has it. */
  value(type: GraphQLInputType, coordinate: string, decide: Decide): unknown
  /** What the operation declares, in brackets; empty where nothing is. */
  definitions(): string
  readonly values: Readonly<Record<string, unknown>>
}

export function createInputs(vocabulary: Vocabulary): Inputs {
  const variables: Variable[] = []
  const values: Record<string, unknown> = {}

  const args: Inputs['args'] = (of, coordinate, decide) => {
    const given = of
      .map((argument) => placeOf(argument, coordinate(argument.name)))
      .filter((place) => (isNonNullType(place.type) && !place.hasDefault) || happens(decide, 3))
    if (given.length === 0) return ''
    return `(${given.map((place) => `${place.name}: ${literal(anyValue(place, decide, true))}`).join(', ')})`
  }

  /** A value for the place; with `asDocument` one that may have variables in it. */
  function anyValue(place: Place, decide: Decide, asDocument: boolean): Value {
    if (asDocument && happens(decide, 4)) return { kind: 'variable', name: variableFor(place, decide) }
    if (!isNonNullType(place.type) && happens(decide, 12)) return { kind: 'null' }
    return presentValue(bare(place), decide, asDocument)
  }

  function presentValue(place: Place, decide: Decide, asDocument: boolean): Value {
    const { type } = place
    if (isListType(type)) {
      const item = { ...place, type: type.ofType, hasDefault: false }
      // A value that is no list stands for a list of one; a variable must be one.
      if (happens(decide, 8)) return presentValue(bare(item), decide, false)
      const length = choose(decide, [1, 2, 3, 0, 6])
      return { kind: 'list', items: Array.from({ length }, () => anyValue(item, decide, asDocument)) }
    }
    if (isEnumType(type)) return { kind: 'enum', name: choose(decide, type.getValues()).name }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields())
      const optional = fields.filter((field) => !isRequiredInputField(field))
      const some = new Set(
        optional.length === 0 ? [] : Array.from({ length: decide(3) }, () => choose(decide, optional)),
      )
      const given = fields.filter((field) => isRequiredInputField(field) || some.has(field))
      return {
        kind: 'object',
        fields: Object.fromEntries(
          given.map((field) => [field.name, anyValue(placeOf(field, `${type}.${field.name}`), decide, asDocument)]),
        ),
      }
    }
    return scalarValue(place, decide)
  }

  function scalarValue({ type, coordinate, name }: Place, decide: Decide): Value {
    const typeName = getNamedType(type).name
    const known = vocabulary[coordinate] ?? vocabulary[name] ?? vocabulary[typeName]
    if (known === undefined) throw new Error(`expected a vocabulary for ${coordinate} or ${typeName}`)
    const json = choose(decide, known)
    const asNumber = typeName === 'ID' && /^(0|[1-9]\d*)$/.test(String(json)) && happens(decide, 4)
    return { kind: 'scalar', json, literal: asNumber ? String(json) : jsonLiteral(json) }
  }

  /** The name of a variable of the place's type, or of one that fits there; sometimes one that is there already. */
  function variableFor(place: Place, decide: Decide): string {
    const { type, hasDefault } = place
    const nullable = getNullableType(type)
    const mustHave = isNonNullType(type)
    const name = `v${variables.length + 1}`
    const declare = (declared: string, given: unknown, fallback?: Value) => {
      const known = variables.find((variable) => variable.type === declared)
      if (known !== undefined && fallback === undefined && happens(decide, 3)) return known.name
      const written = fallback === undefined ? declared : `${declared} = ${literal(fallback)}`
      variables.push({ name, type: fallback === undefined ? declared : '', definition: `$${name}: ${written}` })
      if (given !== undefined) values[name] = given
      return name
    }
    const value = (): Value => presentValue(bare(place), decide, false)
    switch (decide(7)) {
      case 1:
        return declare(`${nullable}!`, json(value()))
      case 2:
        return mustHave && !hasDefault ? declare(`${nullable}!`, json(value())) : declare(`${nullable}`, null)
      case 3:
        return mustHave && !hasDefault ? declare(`${nullable}!`, json(value())) : declare(`${nullable}`, undefined)
      case 4:
        return declare(`${nullable}`, undefined, value())
      case 5:
        return declare(`${nullable}`, json(value()), value())
      case 6:
        return mustHave ? declare(`${nullable}`, null, value()) : declare(`${nullable}`, null, { kind: 'null' })
      default:
        return declare(`${type}`, json(value()))
    }
  }

  return {
    args,
    value: (type, coordinate, decide) =>
      json(anyValue({ type, coordinate, name: '', hasDefault: false }, decide, false)),
    definitions: () => (variables.length === 0 ? '' : `(${variables.map(({ definition }) => definition).join(', ')})`),
    values,
  }
}

function placeOf({ type, name, defaultValue }: GraphQLArgument | GraphQLInputField, coordinate: string): Place {
  return { type, name, coordinate, hasDefault: defaultValue !== undefined }
}

function bare(place: Place): Place {
  return { ...place, type: getNullableType(place.type) }
}

function literal(value: Value): string {
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'variable':
      return `$${value.name}`
    case 'enum':
      return value.name
    case 'scalar':
      return value.literal
    case 'list':
      return `[${value.items.map(literal).join(', ')}]`
    case 'object':
      return `{ ${Object.entries(value.fields)
        .map(([name, field]) => `${name}: ${literal(field)}`)
        .join(', ')} }`
  }
}

/** The value as a variable has it. Throws for one with variables inside. */
function json(value: Value): unknown {
  switch (value.kind) {
    case 'null':
      return null
    case 'variable':
      throw new Error('expected a value without variables')
    case 'enum':
      return value.name
    case 'scalar':
      return value.json
    case 'list':
      return value.items.map(json)
    case 'object':
      return Object.fromEntries(Object.entries(value.fields).map(([name, field]) => [name, json(field)]))
  }
}

/** JSON as GraphQL writes it: names of members without quotation marks. */
function jsonLiteral(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([name, member]) => `${name}: ${jsonLiteral(member)}`)
    .join(', ')} }`
}
