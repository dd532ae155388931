/**
 * Lets types, fields and input fields declare the scopes they need, next to everything else they say of themselves.
 * The declaration is kept in the schema's `extensions`, where the check and the documentation read it, and is printed
 * for routers as @requiresScopes and @authenticated. They may heed it; the check does not rely on them.
 */
import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type FieldRequiredness,
  type InputFieldMap,
  type InputType,
  type InterfaceParam,
  type PothosInputFieldConfig,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import type { Scope } from '../auth/scopes.ts'

/** All of them are needed. An empty list: any valid credential will do. */
export type DeclaredScopes = readonly Scope[]

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      scopes: ScopesPlugin<Types>
    }
    export interface ObjectTypeOptions<Types extends SchemaTypes, Shape> {
      /** The scopes that a caller needs to see anything of the type. Left out: those of what leads to it are enough. */
      scopes?: DeclaredScopes
    }
    export interface InterfaceTypeOptions<
      Types extends SchemaTypes,
      Shape,
      Interfaces extends InterfaceParam<Types>[] = InterfaceParam<Types>[],
    > {
      /** The scopes that a caller needs to see anything of the type. Left out: those of what leads to it are enough. */
      scopes?: DeclaredScopes
    }
    export interface InputFieldOptions<
      Types extends SchemaTypes,
      Type extends InputType<Types> | [InputType<Types>],
      Req extends FieldRequiredness<Type>,
    > {
      /** The scopes that a caller needs to give the field: to search by something tells of it, as reading it does. */
      scopes?: DeclaredScopes
    }
    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** The scopes that a caller needs for the field, beside those of its type and of the type it leads to. */
      scopes?: DeclaredScopes
    }
    export interface QueryFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /** The scopes that a caller needs for the field, beside those of the type it leads to. */
      scopes: DeclaredScopes
    }
    export interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /** The scopes that a caller needs for the field, beside those of the type it leads to. */
      scopes: DeclaredScopes
    }
  }
}

class ScopesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    // Federation takes the directives on objects only, and derives those of an interface from the types that implement it.
    return withDeclaration(config, config.graphqlKind === 'Object')
  }

  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    // Federation has no such directive for inputs.
    return withDeclaration(config, false)
  }

  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    // A type takes an interface's fields over with their declarations; the field of the interface itself prints none.
    const parent = this.builder.configStore.getTypeConfig(config.parentType)
    return withDeclaration(config, parent.graphqlKind === 'Object')
  }

  /** Throws where a type's field declares other scopes than the interface's: what is selected through the one would evade the other. */
  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) && !isInterfaceType(type)) continue
      for (const parent of type.getInterfaces()) refuseOtherDeclarations(type, parent)
    }
    return schema
  }
}

function refuseOtherDeclarations(type: GraphQLObjectType | GraphQLInterfaceType, parent: GraphQLInterfaceType): void {
  const written = (field: GraphQLField<unknown, unknown> | undefined) =>
    field === undefined ? '' : [...(declaredScopes(field) ?? [])].sort().join(' ')
  for (const field of Object.values(parent.getFields())) {
    const [expected, received] = [written(field), written(type.getFields()[field.name])]
    if (expected === received) continue
    throw new Error(
      `${type.name}.${field.name}: expected the scopes of ${parent.name}.${field.name}, "${expected}", received "${received}"`,
    )
  }
}

function withDeclaration<
  Config extends { readonly pothosOptions: object; readonly extensions?: object | null | undefined },
>(config: Config, printed: boolean): Config {
  const { scopes } = config.pothosOptions as { readonly scopes?: DeclaredScopes }
  if (scopes === undefined) return config
  const { directives = [] } = (config.extensions ?? {}) as { readonly directives?: readonly object[] }
  const declared = printed ? { directives: [...directives, directiveOf(scopes)] } : {}
  return { ...config, extensions: { ...config.extensions, ...declared, scopes } }
}

/** @requiresScopes takes alternatives, each of scopes that are needed together; a declaration is the only alternative. */
function directiveOf(scopes: DeclaredScopes): object {
  return scopes.length === 0
    ? { name: 'authenticated', args: {} }
    : { name: 'requiresScopes', args: { scopes: [scopes] } }
}

SchemaBuilder.registerPlugin('scopes', ScopesPlugin)

/** What the type, the field or the input field declares; undefined where it declares nothing. */
export function declaredScopes(
  of: GraphQLNamedType | GraphQLField<unknown, unknown> | GraphQLInputField,
): DeclaredScopes | undefined {
  return of.extensions.scopes as DeclaredScopes | undefined
}
