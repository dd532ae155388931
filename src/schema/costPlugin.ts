/**
 * Lets fields and input fields declare what they weigh, next to everything else they say of themselves. The declaration
 * is kept in the schema's `extensions`, where the estimate of an operation's cost reads it, and is printed for routers as
 * @listSize and @cost (the directives of IBM's cost specification, in Federation since 2.9).
 */
import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type FieldRequiredness,
  type InputFieldMap,
  type InputType,
  type PothosInputFieldConfig,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import type { GraphQLField, GraphQLInputField } from 'graphql'

/** What a field weighs. */
export interface FieldWeight {
  /** Items of its list: typically, and where it has arguments that say how many, what they say by being left out. */
  readonly size?: number
  /** The arguments that say how many. */
  readonly sizedBy?: readonly string[]
  /** The argument that is a list of as many. */
  readonly onePer?: string
  /** The argument that says how many rows are skipped first. */
  readonly skippedBy?: string
  /** The fields below that are the list. Left out: the field is the list itself. */
  readonly sizedFields?: readonly string[]
  /** Rows that there typically are, over all pages: searches and totals go through them. Left out: `size`. */
  readonly of?: number
  /** Whether the field counts the rows of the list beside it. */
  readonly counts?: boolean
  /** The arguments with documents that are read, and those in an input: `input.forOperations`. */
  readonly documents?: readonly string[]
  /** Bytes of one of its values, where it is a leaf. Left out: what is usual for its type. */
  readonly bytes?: number
}

/** What a search or an order weighs where it is given: so many rows are gone through for each one that there is. */
export interface InputWeight {
  readonly perRow: number
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      cost: CostPlugin<Types>
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
      /** What the field weighs. A list must say how long it typically is. */
      weighs?: FieldWeight
    }
    export interface InputFieldOptions<
      Types extends SchemaTypes,
      Type extends InputType<Types> | [InputType<Types>],
      Req extends FieldRequiredness<Type>,
    > {
      /** What it weighs to search or to order by the field. Left out: nothing, because an index leads to the rows. */
      weighs?: InputWeight
    }
  }
}

class CostPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { weighs } = config.pothosOptions as { readonly weighs?: FieldWeight }
    return weighs === undefined ? config : withDeclaration(config, weighs, [...listSize(weighs), ...rowsCost(weighs)])
  }

  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    const { weighs } = config.pothosOptions as { readonly weighs?: InputWeight }
    return weighs === undefined ? config : withDeclaration(config, weighs, [cost(weighs.perRow)])
  }
}

function withDeclaration<Config extends { readonly extensions?: object | null | undefined }>(
  config: Config,
  weight: FieldWeight | InputWeight,
  printed: readonly object[],
): Config {
  const { directives = [] } = (config.extensions ?? {}) as { readonly directives?: readonly object[] }
  return { ...config, extensions: { ...config.extensions, directives: [...directives, ...printed], weight } }
}

function listSize({ size, sizedBy, sizedFields }: FieldWeight): readonly object[] {
  if (size === undefined && sizedBy === undefined) return []
  const args = {
    ...(size === undefined ? {} : { assumedSize: size }),
    // The specification demands exactly one of them, unless told otherwise.
    ...(sizedBy === undefined ? {} : { slicingArguments: sizedBy, requireOneSlicingArgument: false }),
    ...(sizedFields === undefined ? {} : { sizedFields }),
  }
  return [{ name: 'listSize', args }]
}

/** So many rows that are gone through weigh as much as one object that is given. */
const rowsOfAnObject = 1_000

/** Nothing is printed where it would come to the weight that routers take for any object. */
function rowsCost({ of = 0 }: FieldWeight): readonly object[] {
  return of < rowsOfAnObject ? [] : [cost(1 + of / rowsOfAnObject)]
}

function cost(weight: number): object {
  return { name: 'cost', args: { weight: Math.ceil(weight) } }
}

SchemaBuilder.registerPlugin('cost', CostPlugin)

/** What the field declares; undefined where it declares nothing. */
export function declaredWeight(of: GraphQLField<unknown, unknown>): FieldWeight | undefined {
  return of.extensions.weight as FieldWeight | undefined
}

/** What it weighs for each row to search or to order by the input field. */
export function weightPerRow(of: GraphQLInputField): number {
  return (of.extensions.weight as InputWeight | undefined)?.perRow ?? 0
}
