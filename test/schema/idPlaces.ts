/**
 * Where the schema takes ids, found by walking it from each operation, with a document for each place. Whose ids they are is
 * told by names: `accessId` takes those of accesses, `Query.user(id:)` and `UserSearch.ids` those of users.
 */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import { schema } from '../../src/schema/index.ts'

type WithFields = GraphQLObjectType | GraphQLInterfaceType
type Field = GraphQLField<unknown, unknown>

export type Id = string | number

/** An id of each kind, for where one must be given beside those that matter. */
export type Sample = (kind: string) => Id

/** A place where an id can be given, in one operation. */
export interface Place {
  /** The argument or the input's field, for example `Query.user(id:)` or `UserSearch.ids`. */
  readonly coordinate: string
  /** What has such ids: a type of the graph, or what their name says. */
  readonly kind: string
  /** The same, with the field whose argument it is a part of, and the operation that leads to it. */
  readonly title: string
  /** Whether it is an argument of the operation's own field. */
  readonly isDirect: boolean
  readonly takesSeveral: boolean
  readonly document: string
  /** What the document's variables have to be for these ids. */
  variables(ids: readonly Id[], sample: Sample): Readonly<Record<string, unknown>>
}

/** What must be given beside an id and is none, by its name. */
const beside: Readonly<Record<string, unknown>> = {
  document: '{ viewer { subject } }',
  name: 'tried',
  firstname: 'Noor',
  lastname: 'Haddad',
  email: 'noor.haddad@tried.example',
}

/** Of inputs whose fields are all optional, the one that is given: such an input asks for one of several. */
const oneOf: Readonly<Record<string, string>> = { PermissionCheck: 'accessId', NewAccessInput: 'profile' }

/** A document as far as it goes, and what it must be given for that. */
interface Way {
  readonly operation: string
  readonly around: (inner: string) => string
  readonly given: readonly Given[]
}

interface Given {
  readonly type: GraphQLInputType
  readonly value: (sample: Sample) => unknown
}

/** Every place of every operation: in its own arguments, and in those of the fields that a query leads to. */
export function findPlaces(): readonly Place[] {
  const places: Place[] = []
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()] as const
  for (const field of Object.values(mutation?.getFields() ?? {}))
    places.push(...placesIn(mutation as GraphQLObjectType, field, start('mutation', field), true))
  for (const field of Object.values(query?.getFields() ?? {})) {
    const way = start('query', field)
    places.push(...placesIn(query as GraphQLObjectType, field, way, true))
    // What mutations answer is of types that queries lead to.
    for (const [type, further] of waysFrom(field, way))
      for (const below of fieldsOf(type)) places.push(...placesIn(type, below, further, false))
  }
  return places
}

function start(operation: 'query' | 'mutation', { name }: Field): Way {
  return { operation: `${operation} ${name}`, around: (inner) => inner, given: [] }
}

/** A way to each type that the field leads to. */
function waysFrom(root: Field, begun: Way): ReadonlyMap<WithFields, Way> {
  const ways = new Map<WithFields, Way>()
  const follow = (field: Field, way: Way) => {
    for (const next of typesOf(field.type)) {
      const { args, given } = argumentsOf(field, way, undefined, next)
      const around = (inner: string) => way.around(`${field.name}${args} { ... on ${next} { ${inner} } }`)
      if (!ways.has(next)) ways.set(next, { ...way, given, around })
    }
  }
  follow(root, begun)
  // A Map gives what is added while it is walked.
  for (const [type, way] of ways) for (const field of fieldsOf(type)) follow(field, way)
  return ways
}

/** The places in the arguments of a field to which the way leads. */
function placesIn(type: WithFields, field: Field, way: Way, isDirect: boolean): readonly Place[] {
  return field.args.flatMap((argument) => {
    const { args, given } = argumentsOf(field, way, argument)
    const kind = kindOf(argument.name, field.type)
    return [...idsIn(argument, `${type}.${field.name}(${argument.name}:)`, kind)].map((ids) => {
      const declared = [`$v: ${argument.type}`, ...given.map((each, place) => `$g${place}: ${each.type}`)]
      const selected = select(field.type, isDirect ? 2 : 0)
      const [operation] = way.operation.split(' ')
      return {
        coordinate: ids.coordinate,
        kind: ids.kind,
        title: `${ids.coordinate} in ${isDirect ? '' : `${type}.${field.name} of `}${way.operation}`,
        isDirect,
        takesSeveral: ids.takesSeveral,
        document: `${operation} (${declared.join(', ')}) { ${way.around(`${field.name}${args} ${selected}`)} }`,
        variables: (values: readonly Id[], sample: Sample) => ({
          v: ids.value(values, sample),
          ...Object.fromEntries(given.map(({ value }, place) => [`g${place}`, value(sample)])),
        }),
      }
    })
  })
}

/**
 * The arguments of a field as a document has them: those that must be given, the one that is told, as `$v`, and so many
 * rows that none is missed. Where it may lead to several types, it shall lead to `next`.
 */
function argumentsOf(field: Field, way: Way, told?: GraphQLArgument, next?: WithFields) {
  const others = field.args.filter((argument) => argument !== told && isRequiredArgument(argument))
  const names = others.map(({ name }, place) => `${name}: $g${way.given.length + place}`)
  const first = field.args.some(({ name }) => name === 'first') ? ['first: 100'] : []
  const args = [...(told ? [`${told.name}: $v`] : []), ...names, ...first].join(', ')
  const given = others.map(({ name, type }) => ({
    type,
    value: (sample: Sample) => {
      const kind = kindOf(name, field.type)
      return valueFor(type, name, kind === 'Node' ? `Node of ${next}` : kind, sample)
    },
  }))
  return { args: args === '' ? '' : `(${args})`, given: [...way.given, ...given] }
}

/** Something that may be given for a type: of objects what they must have. */
function valueFor(type: GraphQLInputType, name: string, kind: string | null, sample: Sample): unknown {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return [valueFor(nullable.ofType, name, kind, sample)]
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name
  if (!isInputObjectType(nullable)) return kind === null ? beside[name] : sample(kind)
  const fields = Object.values(nullable.getFields())
  const given = fields.filter((field) => isRequiredInputField(field) || oneOf[nullable.name] === field.name)
  return Object.fromEntries(
    given.map((field) => [field.name, valueFor(field.type, field.name, kindOf(field.name, nullable), sample)]),
  )
}

/** The places in an argument or an input's field: itself, and its fields. */
function* idsIn(
  input: GraphQLArgument | GraphQLInputField,
  coordinate: string,
  kind: string | null,
): Generator<{
  readonly coordinate: string
  readonly kind: string
  readonly takesSeveral: boolean
  readonly value: (ids: readonly Id[], sample: Sample) => unknown
}> {
  const takesSeveral = isListType(getNullableType(input.type))
  if (kind !== null) yield { coordinate, kind, takesSeveral, value: (ids) => (takesSeveral ? ids : ids[0]) }
  const type = getNamedType(input.type)
  if (!isInputObjectType(type)) return
  for (const field of Object.values(type.getFields())) {
    for (const inner of idsIn(field, `${type}.${field.name}`, kindOf(field.name, type))) {
      const object = (ids: readonly Id[], sample: Sample) => {
        const others = Object.values(type.getFields()).filter((other) => other !== field && isRequiredInputField(other))
        const given = others.map((other) => [
          other.name,
          valueFor(other.type, other.name, kindOf(other.name, type), sample),
        ])
        return { ...Object.fromEntries(given), [field.name]: inner.value(ids, sample) }
      }
      yield {
        ...inner,
        takesSeveral: takesSeveral || inner.takesSeveral,
        value: (ids, sample) => (takesSeveral ? ids.map((id) => object([id], sample)) : object(ids, sample)),
      }
    }
  }
}

/** Whose ids something of this name takes, in the input or as an argument of a field of the type; null: it takes none. */
function kindOf(name: string, of: GraphQLOutputType | GraphQLInputType): string | null {
  if (name === 'secret') return 'Secret'
  if (/^ids?$/.test(name)) return getNamedType(of).name.replace(/(Search|Input)$/, '')
  const [, named] = /^(.+)Ids?$/.exec(name) ?? []
  return named === undefined ? null : named.charAt(0).toUpperCase() + named.slice(1)
}

/** A selection of everything that needs no argument, so many levels deep; empty for a leaf. */
export function select(type: GraphQLOutputType, levels: number): string {
  const named = getNamedType(type)
  if (isUnionType(named)) {
    const members = named.getTypes().map((member) => `... on ${member} ${select(member, levels)}`)
    return `{ __typename ${members.join(' ')} }`
  }
  if (!isObjectType(named) && !isInterfaceType(named)) return ''
  const fields = Object.values(named.getFields()).filter((field) => !field.args.some(isRequiredArgument))
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map(({ name }) => name)
  const links = levels === 0 ? [] : fields.filter((field) => typesOf(field.type).length > 0)
  const below = links.map((field) => `${field.name} ${select(field.type, levels - 1)}`)
  return `{ __typename ${[...leaves, ...below].join(' ')} }`
}

/** The fields that no interface of the type has: those of interfaces are met there. */
function fieldsOf(type: WithFields): readonly Field[] {
  const inherited = new Set(type.getInterfaces().flatMap((each) => Object.keys(each.getFields())))
  return Object.values(type.getFields()).filter(({ name }) => !inherited.has(name))
}

/** The type, and those that implement it or are of it; empty for a leaf. */
function typesOf(type: GraphQLOutputType): readonly WithFields[] {
  const named = getNamedType(type)
  if (isInterfaceType(named)) return [named, ...schema.getPossibleTypes(named)]
  if (isUnionType(named)) return named.getTypes()
  return isObjectType(named) ? [named] : []
}
