/**
 * Operations executed by graphql-js 17: over a schema that is built anew of its types, out of what the schema of 16 declares,
 * with the same resolvers. What 17 itself does otherwise than 16 is in test/execution/graphql17.test.ts.
 */
import { createRequire } from 'node:module'
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputFieldConfig,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
  Kind,
} from 'graphql'
import type { Context } from '../../src/context.ts'
import type { ExecutionOptions } from '../../src/execution/index.ts'

/** As 16 declares itself: what is used of it here, both have. */
const seventeen = createRequire(import.meta.url)('graphql17') as typeof import('graphql')

/** What executes by graphql-js 17 as `graphqlJs` does by 16, for variables that have been coerced. */
export function graphqlJs17(schema: GraphQLSchema): ExecutionOptions['otherwise'] {
  const rebuilt = rebuiltFor17(schema)
  return async (document, { variables: variableValues }, contextValue) => {
    const result = await seventeen.execute({
      schema: rebuilt,
      document: takingValuesAsTheyAre(document),
      variableValues,
      contextValue,
    })
    return told16(result)
  }
}

/** The document with variables of a type that takes any value as it is. */
function takingValuesAsTheyAre(document: DocumentNode): DocumentNode {
  const type = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } } as const
  return {
    ...document,
    definitions: document.definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? {
            ...definition,
            variableDefinitions: (definition.variableDefinitions ?? []).map((variable) => ({ ...variable, type })),
          }
        : definition,
    ),
  }
}

/** The result with errors of 16, which is what the gateway knows. */
function told16({ data, errors }: ExecutionResult): ExecutionResult {
  const told = new Map<unknown, GraphQLError>()
  const errorOf16 = (error: GraphQLError): GraphQLError => {
    if (!(error instanceof seventeen.GraphQLError)) return error
    const { message, nodes, path, originalError } = error
    const original = originalError instanceof seventeen.GraphQLError ? errorOf16(originalError) : originalError
    const known = told.get(error) ?? new GraphQLError(message, { nodes: nodes ?? null, path, originalError: original })
    told.set(error, known)
    return known
  }
  return { ...(data === undefined ? {} : { data }), ...(errors === undefined ? {} : { errors: errors.map(errorOf16) }) }
}

function rebuiltFor17(schema: GraphQLSchema): GraphQLSchema {
  const types = new Map<string, GraphQLNamedType>()

  const wrapped = <Type extends GraphQLType>(type: Type): Type => {
    if (isNonNullType(type)) return new seventeen.GraphQLNonNull(wrapped(type.ofType)) as Type
    if (isListType(type)) return new seventeen.GraphQLList(wrapped(type.ofType)) as Type
    return named(type as Type & GraphQLNamedType)
  }
  const named = <Type extends GraphQLNamedType>(type: Type): Type => {
    const known = types.get(type.name) ?? rebuilt(type)
    types.set(type.name, known)
    return known as Type
  }
  const input = <Config extends { readonly type: GraphQLInputType }>(config: Config): Config => ({
    ...config,
    type: wrapped(config.type),
    astNode: undefined,
  })
  const field = (config: GraphQLFieldConfig<unknown, Context>): GraphQLFieldConfig<unknown, Context> => {
    const { type, args = {}, resolve } = config
    return {
      ...config,
      type: wrapped(type),
      args: mapped<GraphQLFieldConfigArgumentMap[string]>(args, input),
      astNode: undefined,
      ...(resolve && { resolve: (parent, given, context, info) => resolve(parent, given, context, infoOf16(info)) }),
    }
  }
  /** Resolvers know the schema that they are declared in. */
  const infoOf16 = (info: GraphQLResolveInfo): GraphQLResolveInfo => ({ ...info, schema })

  const rebuilt = (type: GraphQLNamedType): GraphQLNamedType => {
    if (isSpecifiedScalarType(type)) {
      return seventeen.specifiedScalarTypes.find(({ name }) => name === type.name) as GraphQLNamedType
    }
    const bare = { astNode: undefined, extensionASTNodes: [] }
    if (isObjectType(type)) {
      const { fields, interfaces, ...config } = type.toConfig()
      return new seventeen.GraphQLObjectType({
        ...config,
        ...bare,
        fields: () => mapped(fields, field),
        interfaces: () => interfaces.map(named),
      })
    }
    if (isInterfaceType(type)) {
      const { fields, interfaces, ...config } = type.toConfig()
      return new seventeen.GraphQLInterfaceType({
        ...config,
        ...bare,
        fields: () => mapped(fields, field),
        interfaces: () => interfaces.map(named),
      })
    }
    if (isUnionType(type)) {
      const { types: members, ...config } = type.toConfig()
      return new seventeen.GraphQLUnionType({ ...config, ...bare, types: () => members.map(named) })
    }
    if (isInputObjectType(type)) {
      const { fields, ...config } = type.toConfig()
      return new seventeen.GraphQLInputObjectType({
        ...config,
        ...bare,
        fields: () => mapped<GraphQLInputFieldConfig>(fields, input),
      })
    }
    if (isEnumType(type)) {
      const { values, ...config } = type.toConfig()
      return new seventeen.GraphQLEnumType({
        ...config,
        ...bare,
        values: mapped(values, (value) => ({ ...value, astNode: undefined })),
      })
    }
    return new seventeen.GraphQLScalarType({ ...type.toConfig(), ...bare })
  }

  const { query, mutation, directives, types: all, ...config } = schema.toConfig()
  return new seventeen.GraphQLSchema({
    ...config,
    query: query && named(query),
    mutation: mutation && named(mutation),
    subscription: undefined,
    types: all.filter((type) => !isIntrospectionType(type)).map(named),
    directives: [
      ...seventeen.specifiedDirectives,
      ...directives
        .filter((directive) => !isSpecifiedDirective(directive))
        .map((directive) => directive.toConfig())
        .map(
          ({ args, ...rest }) =>
            new seventeen.GraphQLDirective({ ...rest, args: mapped(args, input), astNode: undefined }),
        ),
    ],
    astNode: undefined,
    extensionASTNodes: [],
  })
}

function mapped<Value>(values: Readonly<Record<string, Value>>, map: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))
}
