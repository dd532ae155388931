/** Every operation that stands in a file of the repository, whatever it is there for. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Decide } from './choices.ts'
import { createInputs } from './inputs.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface RepositoryOperation {
  readonly file: string
  /** The text as it stands there, with the fragments that it takes from other places. */
  readonly document: string
  readonly operation: OperationDefinitionNode
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = ['.', 'docs', 'examples', 'src', 'test', 'bench']
const ending = /\.(md|ts|tsx|mjs|js|graphql)$/
const elsewhere = /(^|\/)(node_modules|generated|__generated__|\.data)(\/|$)/

/** All of them, each once, in the order of the files. */
export function repositoryOperations(): readonly RepositoryOperation[] {
  const found = files().flatMap((file) =>
    textsIn(file).flatMap((text) => parsed(text).map((document) => ({ file, text, document }))),
  )
  const fragments = new Map(
    found.flatMap(({ document }) => fragmentsOf(document)).map((each) => [each.name.value, each]),
  )
  const byText = new Map<string, RepositoryOperation>()
  for (const { file, text, document } of found) {
    const complete = [text, ...missing(document, fragments).map(print)].join('\n')
    for (const operation of document.definitions.filter(isOperation)) {
      byText.set(`${operation.name?.value} ${complete}`, { file, document: complete, operation })
    }
  }
  return [...byText.values()]
}

function files(): readonly string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((file) => ending.test(file) && !elsewhere.test(file))
    .sort()
}

/** What stands between two marks of a text: a fence, quotation marks. It may be anything. */
function textsIn(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const fenced = [...text.matchAll(/^ *```graphql\n(.*?)^ *```/gms)].map(([, code = '']) => code)
  const quoted = text.split('\n').flatMap((line) => line.split(/['"]/))
  return [...fenced, ...text.split('`'), ...quoted]
}

/** A text that is a document, as one. */
function parsed(text: string): readonly DocumentNode[] {
  if (!/^\s*(#|\{|query\b|mutation\b|fragment\b)/.test(text)) return []
  try {
    return [parse(text)]
  } catch {
    return []
  }
}

function isOperation(definition: DocumentNode['definitions'][number]): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION
}

function fragmentsOf({ definitions }: DocumentNode): readonly FragmentDefinitionNode[] {
  return definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
}

/** The fragments that are spread in the document, or in such a fragment, and do not stand in it. */
function missing(
  document: DocumentNode,
  all: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly FragmentDefinitionNode[] {
  const own = new Set(fragmentsOf(document).map(({ name }) => name.value))
  const found = new Map<string, FragmentDefinitionNode>()
  const collect = (node: DocumentNode | FragmentDefinitionNode) =>
    visit(node, {
      FragmentSpread({ name: { value: name } }) {
        const fragment = all.get(name)
        if (fragment === undefined || own.has(name) || found.has(name)) return
        found.set(name, fragment)
        collect(fragment)
      },
    })
  collect(document)
  return [...found.values()]
}

/** Values for the variables of an operation, by where they are used; those whose types the schema does not have are left out. */
export function variablesFor(
  { document, operation }: RepositoryOperation,
  schema: GraphQLSchema,
  vocabulary: Vocabulary,
  decide: Decide,
): Readonly<Record<string, unknown>> {
  const places = placesOf(parse(document), schema)
  const inputs = createInputs(vocabulary)
  const values = (operation.variableDefinitions ?? []).flatMap(({ type: node, variable: { name } }) => {
    const type = typeFromAST(schema, node as never)
    if (!isInputType(type)) return []
    return [[name.value, inputs.value(type, places.get(name.value) ?? '', decide)]]
  })
  return Object.fromEntries(values)
}

/** Variable → the place where it is used first. */
function placesOf(document: DocumentNode, schema: GraphQLSchema): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  const info = new TypeInfo(schema)
  let place = ''
  visit(
    document,
    visitWithTypeInfo(info, {
      VariableDefinition: () => false,
      Argument({ name }) {
        place = `${info.getParentType()}.${info.getFieldDef()?.name}(${name.value}:)`
      },
      ObjectField({ name }) {
        place = `${getNamedType(info.getParentInputType())}.${name.value}`
      },
      Variable({ name }) {
        if (!places.has(name.value)) places.set(name.value, place)
      },
    }),
  )
  return places
}
