/** Limits on a document's shape. They are written as rules over the selected fields, so that no alias or fragment gets by. */

import type { DocumentNode } from 'graphql'
import {
  type GraphQLCompositeType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  visit,
} from 'graphql'
import { GatewayError } from '../errors.ts'
import type { Cost } from './cost.ts'
import { type Fragments, fieldsOf, rootType, type Walk } from './selection.ts'

export interface Limits {
  /** Lexical tokens of a document, and fields when its fragments are written out where they are spread. */
  readonly tokens: number
  /** Levels of fields. */
  readonly depth: number
  /** Aliases in the whole document. */
  readonly aliases: number
  /** Root fields of a query. */
  readonly rootFields: number
  /** Root fields of a mutation. */
  readonly mutationFields: number
  /** Objects that an answer may hold, by estimate (`cost.ts`). */
  readonly objects: number
  /** Bytes that an answer may have, by estimate. */
  readonly bytes: number
  /** Work that an operation may cause, by estimate. */
  readonly work: number
}

/** QUERY_TOO_COMPLEX for one of the limits. It is named by its setting. */
export function tooComplex(limit: keyof Limits, most: number, received?: number): GatewayError {
  const [setting, counted] = names[limit]
  const came = received === undefined ? '' : `, received ${received}`
  return new GatewayError('QUERY_TOO_COMPLEX', `expected at most ${most} ${counted}${came}`, {
    extensions: { limit: setting, most, ...(received === undefined ? {} : { received }) },
  })
}

const names: Readonly<Record<keyof Limits, readonly [setting: string, counted: string]>> = {
  tokens: ['MAX_DOCUMENT_TOKENS', 'tokens in the document, its fragments written out'],
  depth: ['MAX_DEPTH', 'levels of fields'],
  aliases: ['MAX_ALIASES', 'aliases'],
  rootFields: ['MAX_ROOT_FIELDS', 'root fields'],
  mutationFields: ['MAX_MUTATION_FIELDS', 'root fields in a mutation'],
  objects: ['MAX_COST', 'objects in the answer by estimate'],
  bytes: ['MAX_ANSWER_BYTES', 'bytes in the answer by estimate'],
  work: ['MAX_WORK', 'rows to go through by estimate'],
}

/** Throws QUERY_TOO_COMPLEX where the estimate is beyond a limit. */
export function checkCost(cost: Cost, limits: Limits): void {
  for (const limit of ['objects', 'bytes', 'work'] as const) {
    if (cost[limit] > limits[limit]) throw tooComplex(limit, limits[limit], cost[limit])
  }
}

/**
 * The selections of the document, its fragments written out where they are spread. Throws QUERY_TOO_COMPLEX where that
 * would be too long: a few lines of
 * fragments that spread each other twice stand for more fields than anything that walks them could bear. The document
 * need not be valid.
 */
export function checkSpreads(document: DocumentNode, fragments: Fragments, limits: Limits): number {
  const known = new Map<string, number>()
  const fragmentSize = (name: string): number => {
    const size = known.get(name)
    if (size !== undefined) return size
    // What a cycle leads back to counts nothing; validation refuses it.
    known.set(name, 0)
    const found = sizeOf(fragments.get(name)?.selectionSet)
    known.set(name, found)
    return found
  }
  const sizeOf = (selections: SelectionSetNode | undefined): number => {
    let size = 0
    for (const selection of selections?.selections ?? []) {
      size +=
        1 +
        (selection.kind === Kind.FRAGMENT_SPREAD ? fragmentSize(selection.name.value) : sizeOf(selection.selectionSet))
    }
    return size
  }
  let size = 0
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) size += sizeOf(definition.selectionSet)
  }
  if (size > limits.tokens) throw tooComplex('tokens', limits.tokens, size)
  return size
}

/** Throws QUERY_TOO_COMPLEX where the document has too many aliases. */
export function checkAliases(document: DocumentNode, limits: Limits): void {
  let aliases = 0
  visit(document, {
    [Kind.FIELD](node) {
      if (node.alias !== undefined) aliases++
    },
  })
  if (aliases > limits.aliases) throw tooComplex('aliases', limits.aliases, aliases)
}

/** Throws QUERY_TOO_COMPLEX where the operation is beyond a limit on its shape. */
export function checkLimits(walk: Walk, operation: OperationDefinitionNode, limits: Limits): void {
  const root = rootType(walk, operation)
  const rootFields = new Set<string>()
  for (const { node } of fieldsOf(walk, root, operation.selectionSet)) {
    rootFields.add(node.alias?.value ?? node.name.value)
  }
  const rootLimit = operation.operation === 'mutation' ? 'mutationFields' : 'rootFields'
  if (rootFields.size > limits[rootLimit]) throw tooComplex(rootLimit, limits[rootLimit], rootFields.size)
  const depth = depthOf(walk, root, operation.selectionSet)
  if (depth > limits.depth) throw tooComplex('depth', limits.depth, depth)
}

function depthOf(walk: Walk, parent: GraphQLCompositeType, selections: SelectionSetNode): number {
  let depth = 0
  for (const { node, definition, type } of fieldsOf(walk, parent, selections)) {
    // What is below is bounded by graphql-js's own rule.
    const introspects = definition === SchemaMetaFieldDef || definition === TypeMetaFieldDef
    const below = type && node.selectionSet && !introspects ? depthOf(walk, type, node.selectionSet) : 0
    depth = Math.max(depth, 1 + below)
  }
  return depth
}
