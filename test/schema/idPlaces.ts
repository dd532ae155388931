/** Where the schema takes ids, found by walking it, with a document for each place. */
import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { schema } from '../../src/schema/index.ts'

/** What is given for what must be given beside an id: a permission that every tenant has, and that is no secret. */
const beside: Readonly<Record<string, unknown>> = { permissionId: 'dns.zone.read' }

type WithFields = GraphQLObjectType | GraphQLInterfaceType

/** A place where an id can be given. */
export interface Place {
  /** The argument or the input's field, for example `Query.user(id:)` or `UserSearch.ids`. */
  readonly coordinate: string
  /** The same, with the field whose argument it is a part of. */
  readonly title: string
  readonly document: string
  /** What the document's variable has to be for these ids. */
  readonly value: (ids: readonly (string | number)[]) => unknown
}

/** Every place that is reached from the root, with a document that leads to it through lists of many rows. */
export function findPlaces(): readonly Place[] {
  const places: Place[] = []
  const ways = new Map<WithFields, (inner: string) => string>()
  const query = schema.getQueryType()
  if (query) ways.set(query, (inner) => inner)
  // A Map gives what is added while it is walked.
  for (const [type, way] of ways) {
    for (const field of fieldsOf(type)) {
      for (const argument of field.args) {
        const others = field.args.filter((other) => other !== argument && isRequiredArgument(other))
        const given = [`${argument.name}: $v`, ...others.map(({ name }) => `${name}: ${JSON.stringify(beside[name])}`)]
        const inner = `${field.name}(${given.join(', ')}) ${select(field.type, 2)}`
        for (const { coordinate, value } of idsIn(argument, `${type}.${field.name}(${argument.name}:)`)) {
          const title = `${coordinate} in ${type}.${field.name}`
          places.push({ coordinate, value, title, document: `query ($v: ${argument.type}) { ${way(inner)} }` })
        }
      }
      // The viewer leads to the caller's own rows only, and ids are what is looked for.
      if (field.name === 'viewer' || field.args.some(isRequiredArgument)) continue
      for (const next of typesOf(field.type)) {
        if (!ways.has(next)) ways.set(next, (inner) => way(`${field.name} { ... on ${next} { ${inner} } }`))
      }
    }
  }
  return places
}

/** A selection of everything that needs no argument, so many levels deep; empty for a leaf. */
export function select(type: GraphQLOutputType, levels: number): string {
  const [named] = typesOf(type)
  if (named === undefined) return ''
  const fields = Object.values(named.getFields()).filter((field) => !field.args.some(isRequiredArgument))
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map(({ name }) => name)
  const links = levels === 0 ? [] : fields.filter((field) => typesOf(field.type).length > 0)
  const below = links.map((field) => `${field.name} ${select(field.type, levels - 1)}`)
  return `{ __typename ${[...leaves, ...below].join(' ')} }`
}

/** The fields that no interface of the type has: those of interfaces are met there. */
function fieldsOf(type: WithFields) {
  const inherited = new Set(type.getInterfaces().flatMap((each) => Object.keys(each.getFields())))
  return Object.values(type.getFields()).filter(({ name }) => !inherited.has(name))
}

/** The type, and those that implement it where it is an interface; empty for a leaf. */
function typesOf(type: GraphQLOutputType): readonly WithFields[] {
  const named = getNamedType(type)
  if (isInterfaceType(named)) return [named, ...schema.getPossibleTypes(named)]
  return isObjectType(named) ? [named] : []
}

/** The ids that an argument or an input's field can hold: its own, and those of its fields. */
function* idsIn(
  input: GraphQLArgument | GraphQLInputField,
  coordinate: string,
): Generator<Pick<Place, 'coordinate' | 'value'>> {
  const isList = isListType(getNullableType(input.type))
  const type = getNamedType(input.type)
  if (type.name === 'ID' || input.name === 'customerId') {
    yield { coordinate, value: (ids) => (isList ? ids : ids[0]) }
  }
  if (!isInputObjectType(type)) return
  const fields = Object.values(type.getFields())
  for (const field of fields) {
    const others = fields.filter((other) => other !== field && isRequiredInputField(other))
    const given = Object.fromEntries(others.map(({ name }) => [name, beside[name]]))
    for (const inner of idsIn(field, `${type}.${field.name}`)) {
      const object = (ids: readonly (string | number)[]) => ({ ...given, [field.name]: inner.value(ids) })
      yield { coordinate: inner.coordinate, value: (ids) => (isList ? [object(ids)] : object(ids)) }
    }
  }
}
