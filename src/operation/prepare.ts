/**
 * Document → prepared operation: parsed, validated, within the limits, its cost formula and the scopes that it needs
 * known. Done once for each document; nothing that depends on a caller or on variables is part of it.
 */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import { type CostFormula, costFormula } from './cost.ts'
import { checkLimits, type Limits, tooComplex } from './limits.ts'
import { type RequiredScopes, requiredScopes } from './requiredScopes.ts'

export interface PreparedOperation {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly required: RequiredScopes
  readonly cost: CostFormula
}

/** Documents are asked for by many callers, so the check of a caller's scopes and the variables come later, in `run`. */
export type Prepare = (source: string, operationName: string | null | undefined) => PreparedOperation

export interface PrepareOptions {
  readonly schema: GraphQLSchema
  readonly limits: Limits
  /** Rows of a page at most. */
  readonly mostRows: number
  readonly openIntrospection: boolean
}

/** Several errors of one document: a GatewayError for each. */
export class DocumentRefused extends Error {
  readonly errors: readonly GatewayError[]

  constructor(errors: readonly GatewayError[]) {
    super('the document was refused')
    this.errors = errors
  }
}

const mostErrors = 10
/** Characters of documents that are remembered. */
const rememberedSize = 5_000_000

interface ParsedDocument {
  readonly document: DocumentNode
  readonly operations: Map<string, PreparedOperation>
}

/**
 * A preparer with a cache of its own. It throws DocumentRefused for a document that does not parse or validate, and
 * GatewayErrors for one that is beyond a limit, or that has not exactly one operation to run.
 */
export function createPreparer(options: PrepareOptions): Prepare {
  const documents = new LRUCache<string, ParsedDocument>({
    maxSize: rememberedSize,
    sizeCalculation: (_, source) => source.length + 1,
  })
  return (source, operationName) => {
    let parsed = documents.get(source)
    if (parsed === undefined) {
      parsed = { document: parseDocument(source, options), operations: new Map() }
      documents.set(source, parsed)
    }
    const operation = selectOperation(parsed.document, operationName)
    const name = operation.name?.value ?? ''
    let prepared = parsed.operations.get(name)
    if (prepared === undefined) {
      prepared = prepareOperation(parsed.document, operation, options)
      parsed.operations.set(name, prepared)
    }
    return prepared
  }
}

function parseDocument(source: string, { schema, limits, openIntrospection }: PrepareOptions): DocumentNode {
  let document: DocumentNode
  try {
    document = parse(source, { maxTokens: limits.tokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes('tokens. Parsing aborted')) throw tooComplex('tokens', limits.tokens)
    throw new DocumentRefused([located('GRAPHQL_PARSE_FAILED', error.message, error)])
  }
  // Suggestions would tell names of a schema that is not open to everybody.
  const errors = validate(schema, document, undefined, { maxErrors: mostErrors, hideSuggestions: !openIntrospection })
  if (errors.length === 0) return document
  throw new DocumentRefused(errors.map((error) => located('GRAPHQL_VALIDATION_FAILED', error.message, error)))
}

/** The error with the place in the document that graphql-js found. */
function located(
  code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED',
  message: string,
  { locations }: GraphQLError,
): GatewayError {
  const error = new GatewayError(code, message)
  if (locations !== undefined) Object.defineProperty(error, 'locations', { value: locations, enumerable: true })
  return error
}

function selectOperation(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (name === null || name === undefined || name === '') {
    if (operations.length === 1 && operations[0] !== undefined) return operations[0]
    throw new GatewayError(
      'BAD_REQUEST',
      `expected "operationName", because the document has ${operations.length} operations`,
    )
  }
  const operation = operations.find((candidate) => candidate.name?.value === name)
  if (operation === undefined)
    throw new GatewayError('BAD_REQUEST', 'expected "operationName" to name an operation of the document')
  return operation
}

function prepareOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { schema, limits, mostRows, openIntrospection }: PrepareOptions,
): PreparedOperation {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  checkLimits(schema, document, fragments, operation, limits)
  return {
    document,
    operation,
    required: requiredScopes(schema, fragments, operation, openIntrospection),
    cost: costFormula(schema, fragments, operation, mostRows),
  }
}
