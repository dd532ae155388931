/**
 * Lets types and root fields declare the scopes they need, next to everything else they say of themselves.
 * The declaration is kept in the schema's `extensions`, where the check and the documentation read it.
 */
import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLField, GraphQLNamedType } from 'graphql'
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

import type { FieldNullability, InputFieldMap, InterfaceParam, TypeParam } from '@pothos/core'

class ScopesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    return withDeclaration(config)
  }

  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return withDeclaration(config)
  }
}

function withDeclaration<
  Config extends { readonly pothosOptions: object; readonly extensions?: object | null | undefined },
>(config: Config): Config {
  const { scopes } = config.pothosOptions as { readonly scopes?: DeclaredScopes }
  return scopes === undefined ? config : { ...config, extensions: { ...config.extensions, scopes } }
}

SchemaBuilder.registerPlugin('scopes', ScopesPlugin)

/** What the type or the field declares; undefined where it declares nothing. */
export function declaredScopes(of: GraphQLNamedType | GraphQLField<unknown, unknown>): DeclaredScopes | undefined {
  return of.extensions.scopes as DeclaredScopes | undefined
}
