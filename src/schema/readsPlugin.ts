/**
 * Says in the schema what each field reads, in `extensions.reads`: the column that it exposes, those that its resolver
 * declares, or those that its link begins at. Requests read these columns and no others.
 */
import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import type { GraphQLField } from 'graphql'
import type { Reading } from '../links/columns.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      reads: ReadsPlugin<Types>
    }
    export interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > {
      /** What the field's resolver reads: of its parent's row, and of rows that it finds by itself. */
      reads?: readonly Reading[]
    }
  }
}

class ReadsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { reads } = config.pothosOptions as { readonly reads?: readonly Reading[] }
    const all = [...(reads ?? []), ...this.#exposed(config)]
    return reads === undefined && all.length === 0
      ? config
      : { ...config, extensions: { ...config.extensions, reads: all } }
  }

  /** The column that a field of a row exposes; a field of anything else exposes none. */
  #exposed({ parentType, extensions }: PothosOutputFieldConfig<Types>): readonly Reading[] {
    const member = extensions?.pothosExposedField
    const model = this.builder.configStore.getTypeConfig(parentType).extensions?.pothosPrismaModel
    return typeof member === 'string' && typeof model === 'string' ? [{ model, members: [member] }] : []
  }
}

SchemaBuilder.registerPlugin('reads', ReadsPlugin)

/** What the field declares to read; undefined where it declares nothing. */
export function declaredReads({ extensions }: GraphQLField<unknown, unknown>): readonly Reading[] | undefined {
  return extensions.reads as readonly Reading[] | undefined
}
