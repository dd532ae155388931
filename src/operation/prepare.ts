/**
 * Document → prepared operation: parsed, validated, within the limits, its cost formula and the scopes that it needs
 * known. Done once for each document; nothing that depends on a caller or on variables is part of it.
 */
import { createHash } from 'node:crypto'
import {
  type ASTVisitor,
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationContext,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql'
import { GatewayError } from '../errors.ts'
import type { ReadMembers } from '../links/columns.ts'
import { type ConditionTable, createConditionTable } from './conditions.ts'
import { type CostFormula, costFormula } from './cost.ts'
import type { DocumentCache, KnownDocument } from './documentCache.ts'
import { executable } from './execute.ts'
import { checkAliases, checkLimits, checkSpreads, type Limits, tooComplex } from './limits.ts'
import { isOnlyByPost } from './onlyByPost.ts'
import { readMembers } from './readMembers.ts'
import { type RequiredScopes, requiredScopes } from './requiredScopes.ts'

export interface PreparedOperation {
  /** The whole document. */
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  /** The first 16 hexadecimal digits of the SHA-256 of the document. */
  readonly hash: string
  /** What is executed, with variables that have been coerced. */
  readonly executable: readonly DocumentNode[]
  readonly conditions: ConditionTable
  readonly required: RequiredScopes
  readonly cost: CostFormula
  /** The members of rows that the operation's fields read. */
  readonly members: ReadMembers
  /** Whether it must not stand in an address, as HTTP's GET has it. */
  readonly onlyByPost: boolean
}

/** Documents are asked for by many callers, so the check of a caller's scopes and the variables come later, in `run`. */
export type Prepare = (source: string, operationName: string | null | undefined) => PreparedOperation

/** All operations of a document. */
export type PrepareAll = (source: string) => readonly PreparedOperation[]

export interface PrepareOptions {
  readonly schema: GraphQLSchema
  readonly documents: DocumentCache
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

/**
 * A preparer for one schema. It throws DocumentRefused for a document that does not parse or validate, and
 * GatewayErrors for one that is beyond a limit, or that has not exactly one operation to run.
 */
export function createPreparer(options: PrepareOptions): Prepare {
  return (source, operationName) => {
    const known = lookedUp(source, options)
    return preparedIn(known, selectOperation(known.document, operationName), options)
  }
}

/** A preparer of whole documents for one schema. It throws as the other one does, and where there is no operation at all. */
export function createPreparerOfAll(options: PrepareOptions): PrepareAll {
  return (source) => {
    const known = lookedUp(source, options)
    const operations = known.document.definitions.filter(isOperation)
    if (operations.length === 0) throw new GatewayError('BAD_REQUEST', 'expected an operation in the document')
    return operations.map((operation) => preparedIn(known, operation, options))
  }
}

function lookedUp(source: string, options: PrepareOptions): KnownDocument {
  const { schema, documents } = options
  const bySchema = documents.get(source)
  let known = bySchema?.get(schema)
  if (known === undefined) {
    known = knownDocument(source, options)
    documents.set(source, new Map([...(bySchema ?? []), [schema, known]]))
  }
  return known
}

function preparedIn(
  known: KnownDocument,
  operation: OperationDefinitionNode,
  options: PrepareOptions,
): PreparedOperation {
  checkKind(operation)
  const name = operation.name?.value ?? ''
  let prepared = known.operations.get(name)
  if (prepared === undefined) {
    prepared = prepareOperation(known, operation, options)
    known.operations.set(name, prepared)
  }
  return prepared
}

function hashOf(source: string): string {
  return createHash('sha256').update(source).digest('hex').slice(0, 16)
}

/** The document, which is valid. */
function knownDocument(source: string, { schema, limits, openIntrospection }: PrepareOptions): KnownDocument {
  let document: DocumentNode
  try {
    document = parse(source, { maxTokens: limits.tokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes('tokens. Parsing aborted')) throw tooComplex('tokens', limits.tokens)
    throw new DocumentRefused([located('GRAPHQL_PARSE_FAILED', error.message, error)])
  }
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const selections = checkSpreads(document, fragments, limits)
  // Suggestions would tell names of a schema that is not open to everybody.
  const errors = validate(schema, document, rules, { maxErrors: mostErrors, hideSuggestions: !openIntrospection })
  if (errors.length > 0) throw new DocumentRefused(errors.map(refusal))
  checkAliases(document, limits)
  return { document, hash: hashOf(source), fragments, selections, operations: new Map() }
}

/** graphql-js's rules. Values in the document are refused as those of variables are. */
const rules = specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? valuesRule : rule))

function valuesRule(context: ValidationContext): ASTVisitor {
  const reportError = (error: GraphQLError) => {
    const argument = context.getArgument()?.name
    const message = argument === undefined ? error.message : `"${argument}": ${error.message}`
    context.reportError(located('BAD_USER_INPUT', message, error, argument === undefined ? {} : { argument }))
  }
  return ValuesOfCorrectTypeRule(Object.create(context, { reportError: { value: reportError } }))
}

function refusal(error: GraphQLError): GatewayError {
  if (error instanceof GatewayError) return error
  // graphql-js gives up comparing fields of the same name when there are too many of them.
  if (error.message === 'Validation aborted.') {
    return new GatewayError('QUERY_TOO_COMPLEX', 'expected fewer fields of the same name')
  }
  return located('GRAPHQL_VALIDATION_FAILED', error.message, error)
}

/** The error with the place in the document that graphql-js found. */
function located(
  code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_USER_INPUT',
  message: string,
  { locations }: GraphQLError,
  extensions: Readonly<Record<string, unknown>> = {},
): GatewayError {
  const error = new GatewayError(code, message, { extensions })
  if (locations !== undefined) Object.defineProperty(error, 'locations', { value: locations, enumerable: true })
  return error
}

function selectOperation(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode {
  const operations = document.definitions.filter(isOperation)
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

function isOperation(definition: DefinitionNode): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION
}

/** Throws BAD_REQUEST for what the schema has no type of. */
function checkKind({ operation }: OperationDefinitionNode): void {
  if (operation === 'subscription') {
    throw new GatewayError('BAD_REQUEST', 'expected a query or a mutation: there are no subscriptions')
  }
}

function prepareOperation(
  { document, fragments, hash }: KnownDocument,
  operation: OperationDefinitionNode,
  { schema, limits, mostRows, openIntrospection }: PrepareOptions,
): PreparedOperation {
  const walk = { schema, fragments, conditions: createConditionTable() }
  checkLimits(walk, operation, limits)
  return {
    document,
    operation,
    hash,
    executable: executable(operation, fragments),
    conditions: walk.conditions,
    required: requiredScopes(walk, operation, openIntrospection),
    cost: costFormula(walk, operation, mostRows),
    members: readMembers(walk, operation),
    onlyByPost: isOnlyByPost(walk, operation),
  }
}
