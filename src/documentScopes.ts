/** Documents on disk → the scopes that their operations need; and a list of those, which the operations must not outgrow. */
import { readFile } from 'node:fs/promises'
import {
  concatAST,
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  Source,
  validate,
} from 'graphql'
import type { NeededScope } from './context.ts'
import { StartupError } from './errors.ts'
import { createConditionTable, worstCase } from './operation/conditions.ts'
import { missingScopes, requiredScopes } from './operation/requiredScopes.ts'
import { schema } from './schema/index.ts'

/** What an operation needs in the worst case, whatever its variables. */
export interface OperationScopes {
  readonly name: string
  /** Sorted. */
  readonly needed: readonly NeededScope[]
}

/**
 * What the operations of the files need, by name. Fragments may stand in other files than the operations that spread them.
 * Throws StartupError, with a line for each problem, for a file that can't be read and for documents that are not valid.
 */
export async function scopesOfFiles(files: readonly string[]): Promise<readonly OperationScopes[]> {
  const document = concatAST(await Promise.all(files.map(readDocument)))
  const errors = validate(schema, document)
  if (errors.length > 0) throw new StartupError(errors.map(problem).join('\n'))
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return operations
    .map((operation) => ({ name: nameOf(operation), needed: neededBy(document, operation) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The list: a line for each operation, its name and its scopes. */
export function formatList(operations: readonly OperationScopes[]): string {
  return operations
    .map(({ name, needed }) => `${[`${name}:`, ...needed.map(({ scope }) => scope)].join(' ')}\n`)
    .join('')
}

/**
 * Where the operations need more than the list in the file says: a line for each. Operations that need less, and that are
 * gone, may stay in it. Throws StartupError where the file is no list.
 */
export async function outgrown(operations: readonly OperationScopes[], file: string): Promise<readonly string[]> {
  const listed = readList(await readText(file), file)
  return operations.flatMap(({ name, needed }) => {
    const known = listed.get(name)
    if (known === undefined) return [`${name} is not in ${file}`]
    return needed
      .filter(({ scope }) => !known.has(scope))
      .map(({ scope, fields }) => `${name} needs ${scope} (${fields.join(', ')}), which ${file} does not have`)
  })
}

function readList(text: string, file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const listed = new Map<string, ReadonlySet<string>>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name, scopes] = /^(\w+):((?: \S+)*)\s*$/.exec(line) ?? []
    if (name === undefined || scopes === undefined) {
      throw new StartupError(
        `${file}:${index + 1}: expected an operation with its scopes, such as "ReadUsers: users:read"`,
      )
    }
    listed.set(name, new Set(scopes.trim().split(' ')))
  }
  return listed
}

async function readDocument(file: string): Promise<DocumentNode> {
  const text = await readText(file)
  try {
    return parse(new Source(text, file))
  } catch (error) {
    if (error instanceof GraphQLError) throw new StartupError(problem(error))
    throw error
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new StartupError(`${file} can not be read: ${(error as NodeJS.ErrnoException).code}`, 1, error)
  }
}

function neededBy(document: DocumentNode, operation: OperationDefinitionNode): readonly NeededScope[] {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  const walk = { schema, fragments: byName, conditions: createConditionTable() }
  return missingScopes(requiredScopes(walk, operation, false), new Set(), worstCase)
}

/** A lone operation may have none. */
function nameOf({ name, operation }: OperationDefinitionNode): string {
  return name?.value ?? operation
}

function problem({ message, source, locations, nodes }: GraphQLError): string {
  const [place] = locations ?? []
  const file = source?.name ?? nodes?.[0]?.loc?.source.name
  return file === undefined || place === undefined ? message : `${file}:${place.line}:${place.column}: ${message}`
}
