/** Choices → a document that is valid for the schema, whatever the choices are, with values for its variables. */
import {
  doTypesOverlap,
  type GraphQLCompositeType,
  type GraphQLDirective,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  type GraphQLUnionType,
  getNamedType,
  isCompositeType,
  isRequiredArgument,
  isUnionType,
  type OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql'
import { type Choice, choose, type Decide, decider, happens } from './choices.ts'
import { createInputs } from './inputs.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface Written {
  readonly document: string
  readonly variables: Readonly<Record<string, unknown>>
}

type Field = GraphQLField<unknown, unknown>

/** A fragment that can be spread. */
interface Fragment {
  readonly name: string
  readonly on: GraphQLCompositeType
  readonly definition: string
}

/** Names to answer under: short ones that meet, and names of other fields. */
const aliases = ['a', 'b', 'id', 'name', 'total', 'results', 'type', 'user', '__typename', 'b'] as const

/** The document of an operation with these selections. */
export function writeDocument(
  schema: GraphQLSchema,
  operation: `${OperationTypeNode}`,
  selections: readonly Choice[],
  vocabulary: Vocabulary,
): Written {
  const root = schema.getRootType(operation as OperationTypeNode)
  if (!root) throw new Error(`expected a schema with a ${operation}`)
  const composites = Object.values(schema.getTypeMap()).filter(isCompositeType).filter(isOfTheGraph)
  const inputs = createInputs(vocabulary)
  const fragments: Fragment[] = []
  /** What each name to answer under stands for, in the whole document: so no two selections can contradict each other. */
  const meanings = new Map<string, string>()
  const written = new Map<string, { readonly key: string; readonly field: Field; readonly args: string }[]>()

  /** Where nothing is chosen: the type's name, or some of its leaves. */
  const selectionSet = (type: GraphQLCompositeType, choices: readonly Choice[], decide: Decide): string => {
    const selected = choices.map((choice) => selection(type, choice))
    if (selected.length > 0) return `{ ${selected.join(' ')} }`
    const bare = leavesOf(type).filter(({ args }) => !args.some(isRequiredArgument))
    const leaves = Array.from({ length: choose(decide, [0, 1, 2, 4]) }, () => choose(decide, bare))
    return `{ ${[TypeNameMetaFieldDef, ...leaves].map((field) => named(field, '', decide, [])).join(' ')} }`
  }

  function selection(type: GraphQLCompositeType, { decisions, below }: Choice): string {
    const decide = decider(decisions)
    switch (decide(12)) {
      case 9:
        return `...${directives(decide)} ${selectionSet(type, below, decide)}`
      case 10: {
        const on = choose(decide, overlapping(type))
        return `... on ${on}${directives(decide)} ${selectionSet(on, below, decide)}`
      }
      case 11:
        return `...${fragmentFor(type, below, decide)}${directives(decide)}`
      default:
        return isUnionType(type) ? memberSelection(type, below, decide) : fieldSelection(type, below, decide)
    }
  }

  /** A field of one of the union's types, mostly of one that leads further: the union itself has none. */
  function memberSelection(type: GraphQLUnionType, below: readonly Choice[], decide: Decide): string {
    const members = type.getTypes()
    const leading = members.filter((member) =>
      fieldsOf(member).some((field) => isCompositeType(getNamedType(field.type))),
    )
    const on = choose(decide, [...leading, ...leading, ...leading, ...members])
    return `... on ${on}${directives(decide)} { ${fieldSelection(on, below, decide)} }`
  }

  function fieldSelection(type: GraphQLCompositeType, below: readonly Choice[], decide: Decide): string {
    const known = written.get(type.name)
    if (known !== undefined && happens(decide, 6)) {
      const { key, field, args } = choose(decide, known)
      return withKey(key, field, args, decide, below)
    }
    const composite = fieldsOf(type).filter((field) => isCompositeType(getNamedType(field.type)))
    const deeper = composite.length > 0 && (below.length > 0 || happens(decide, 8))
    const field = choose(decide, deeper ? composite : leavesOf(type))
    const coordinate = (argument: string) => `${type}.${field.name}(${argument}:)`
    const args = inputs.args(field.args, coordinate, decide)
    const key = keyFor(field, args, happens(decide, 4) ? choose(decide, aliases) : field.name)
    written.set(type.name, [...(known ?? []), { key, field, args }])
    return withKey(key, field, args, decide, below)
  }

  /** The field under its own name, or under one like it. */
  function named(field: Field, args: string, decide: Decide, below: readonly Choice[]): string {
    return withKey(keyFor(field, args, field.name), field, args, decide, below)
  }

  function withKey(key: string, { name, type }: Field, args: string, decide: Decide, below: readonly Choice[]): string {
    const inner = getNamedType(type)
    const selected = isCompositeType(inner) ? ` ${selectionSet(inner, below, decide)}` : ''
    return `${key === name ? name : `${key}: ${name}`}${args}${directives(decide)}${selected}`
  }

  /** The name that is wanted, or one that is still free where it means something else already. */
  function keyFor(field: Field, args: string, wanted: string): string {
    const meaning = `${field.name}${args}: ${shapeOf(field.type)}`
    // A name that begins with two underscores is introspection's own.
    for (let key = wanted === '__typename' ? field.name : wanted, further = 2; ; further += 1) {
      const known = meanings.get(key)
      if (known === undefined || known === meaning) {
        meanings.set(key, meaning)
        return key
      }
      key = `${wanted.replace(/^__/, '')}${further}`
    }
  }

  function fragmentFor(type: GraphQLCompositeType, below: readonly Choice[], decide: Decide): string {
    const fitting = fragments.filter(({ on }) => doTypesOverlap(schema, type, on))
    if (fitting.length > 0 && happens(decide, 2)) return choose(decide, fitting).name
    const on = choose(decide, overlapping(type))
    const selected = selectionSet(on, below, decide)
    const name = `F${fragments.length + 1}`
    fragments.push({ name, on, definition: `fragment ${name} on ${on} ${selected}` })
    return name
  }

  function directives(decide: Decide): string {
    const given: readonly (readonly GraphQLDirective[])[] = [
      ...[[], [], [], [], [], [], [], [], [], []],
      ...[[GraphQLSkipDirective], [GraphQLIncludeDirective], [GraphQLSkipDirective, GraphQLIncludeDirective]],
    ]
    return choose(decide, given)
      .map(({ name, args }) => ` @${name}${inputs.args(args, (argument) => `@${name}(${argument}:)`, decide)}`)
      .join('')
  }

  function overlapping(type: GraphQLCompositeType): readonly GraphQLCompositeType[] {
    return [type, ...composites.filter((other) => other !== type && doTypesOverlap(schema, type, other))]
  }

  function fieldsOf(type: GraphQLCompositeType): readonly Field[] {
    const own = isUnionType(type) ? [] : Object.values(type.getFields())
    const meta = type === schema.getQueryType() ? [SchemaMetaFieldDef, TypeMetaFieldDef] : []
    return [TypeNameMetaFieldDef, ...own, ...meta]
  }

  function leavesOf(type: GraphQLCompositeType): readonly Field[] {
    return fieldsOf(type).filter((field) => !isCompositeType(getNamedType(field.type)))
  }

  const selected = selectionSet(root, selections, () => 0)
  const definitions = [
    `${operation} ${inputs.definitions()}${selected}`,
    ...fragments.map(({ definition }) => definition),
  ]
  return { document: definitions.join('\n'), variables: inputs.values }
}

function isOfTheGraph({ name }: GraphQLCompositeType): boolean {
  return !name.startsWith('__')
}

/** The type as far as two answers under one name must agree in it: objects may be of different types. */
function shapeOf(type: GraphQLOutputType): string {
  const named = getNamedType(type)
  return isCompositeType(named) ? type.toString().replace(named.name, '{}') : type.toString()
}
