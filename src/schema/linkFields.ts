/** `t.one`, `t.list`, `t.listResult` and `t.searchResult`: the fields that links are asked through. */
import { createHash } from 'node:crypto'
import {
  type FieldKind,
  type FieldRef,
  type InputFieldMap,
  type InputShapeFromFields,
  RootFieldBuilder,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import type { GraphQLResolveInfo } from 'graphql'
import type { Context } from '../context.ts'
import type { Prisma } from '../db/generated/prisma/client.ts'
import { type Reading, reading } from '../links/columns.ts'
import type { Link, ManyLink, OneLink } from '../links/link.ts'
import { type Asked, LinkedRows } from '../links/linkedRows.ts'
import { everything, type Narrowed, type Parent } from '../links/loaders.ts'
import { type Page, type PageArguments, pageOf } from '../page/offset.ts'
import type { SearchRules } from '../search/rules.ts'
import { listWeight, pageWeight } from './listWeights.ts'
import { fromRow, type ResolveAll, type ResolvedField } from './resolveAll.ts'

interface LinkField<Types extends SchemaTypes> {
  readonly type: TypeParam<Types>
  readonly description: string
}

interface OneField<Types extends SchemaTypes> extends LinkField<Types> {
  /** Whether the parent may have none, or none that the caller may see. Left out: a foreign key guarantees it. */
  readonly nullable?: boolean
}

interface ListResultField<Types extends SchemaTypes, Args extends InputFieldMap> extends LinkField<Types> {
  readonly args: Args
  /** The rows that the arguments ask for; null for all of them. Throws BAD_USER_INPUT. */
  readonly narrow: (args: InputShapeFromFields<Args>) => Prisma.Sql | null
}

interface SearchResultField<Types extends SchemaTypes, Args extends InputFieldMap> extends LinkField<Types> {
  /** `search`, `limit` and `offset`. */
  readonly args: Args
  /** The condition that a search stands for. Throws BAD_USER_INPUT. */
  readonly matching: (search: never, rules: SearchRules) => Prisma.Sql
}

declare global {
  export namespace PothosSchemaTypes {
    export interface RootFieldBuilder<Types extends SchemaTypes, ParentShape, Kind extends FieldKind = FieldKind> {
      /** The row that the link leads to. */
      one<To extends object>(link: OneLink<ParentShape, To>, options: OneField<Types>): FieldRef<Types, unknown>
      /** The rows that the link leads to. */
      list<To extends object>(link: ManyLink<ParentShape, To>, options: LinkField<Types>): FieldRef<Types, unknown>
      /** The rows that the link leads to, with their number. */
      listResult<To extends object, Args extends InputFieldMap>(
        link: ManyLink<ParentShape, To>,
        options: ListResultField<Types, Args>,
      ): FieldRef<Types, unknown>
      /** A page of the rows that the link leads to, with their number over all pages. */
      searchResult<To extends object, Args extends InputFieldMap>(
        link: ManyLink<ParentShape, To>,
        options: SearchResultField<Types, Args>,
      ): FieldRef<Types, unknown>
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the prototype serves builders of every type.
const fields = RootFieldBuilder.prototype as any

fields.one = function one(link: OneLink<object, object>, { nullable = false, ...options }: OneField<SchemaTypes>) {
  if (!nullable) return this.createField({ ...fieldOf(link, options), ...fromRow(link, (row) => row), nullable })
  const resolveAll: ResolveAll<object, object | null> = (parents, _, { loaders }) => loaders.ones(link, parents)
  return this.createField({
    ...fieldOf(link, options),
    extensions: { link, resolveAll },
    nullable,
    resolve: (parent: object, _: object, { loaders }: Context) => loaders.one(link, parent),
  })
}

fields.list = function list(link: ManyLink<Parent, object>, options: LinkField<SchemaTypes>) {
  const resolveAll: ResolveAll<Parent, readonly object[]> = (parents, _, { loaders }) => loaders.lists(link, parents)
  return this.createField({
    ...fieldOf(link, options),
    extensions: { link, resolveAll },
    weighs: { size: link.typical },
    resolve: (parent: Parent, _: object, { loaders }: Context) => loaders.list(link, parent),
  })
}

fields.listResult = function listResult(
  link: ManyLink<never, object>,
  { narrow, args, ...options }: ListResultField<SchemaTypes, InputFieldMap>,
) {
  const asked = (given: object, { loaders }: Context): Asked => ({
    loaders,
    link,
    page: null,
    narrowed: narrowedBy(given, narrow(given as never)),
  })
  return this.createField({
    ...fieldOf(link, options),
    ...linkedRows(link, asked),
    weighs: listWeight(link.typical),
    args,
  })
}

fields.searchResult = function searchResult(
  link: ManyLink<never, object>,
  { matching, args, ...options }: SearchResultField<SchemaTypes, InputFieldMap>,
) {
  const asked = (given: object, { loaders, rules }: Context): Asked => ({
    loaders,
    link,
    ...pageAsked(given, matching, rules),
  })
  return this.createField({
    ...fieldOf(link, options),
    ...linkedRows(link, asked),
    weighs: pageWeight(link.typical),
    args,
  })
}

/** The options of a field that gives the rows that a link leads to: what is asked of them is made once for all parents. */
function linkedRows(link: ManyLink<never, object>, askedBy: (given: object, context: Context) => Asked) {
  const askedOnce = (given: object, context: Context, info: ResolvedField) =>
    context.perField(info, () => askedBy(given, context))
  const resolveAll: ResolveAll<Parent, LinkedRows> = (parents, given, context, info) => {
    const asked = askedOnce(given, context, info)
    return parents.map((parent) => new LinkedRows(asked, parent))
  }
  return {
    extensions: { link, resolveAll },
    resolve: (parent: Parent, given: object, context: Context, info: GraphQLResolveInfo) =>
      new LinkedRows(askedOnce(given, context, info), parent),
  }
}

/** Characters of arguments that are a name as they are. */
const longestName = 100

function fieldOf<From, To>(link: Link<From, To>, options: object) {
  return { ...options, reads: readsOf(link), extensions: { link } }
}

/** A row is found by its key; what of the rows that it leads to is read, their own fields say. */
function readsOf<From, To>({ from, key }: Link<From, To>): readonly Reading[] {
  return from.table === null ? [] : [reading(from.table, key)]
}

function pageAsked(
  { search = null, ...page }: PageArguments & { readonly search?: unknown },
  matching: SearchResultField<SchemaTypes, InputFieldMap>['matching'],
  rules: SearchRules,
): { readonly page: Page; readonly narrowed: Narrowed } {
  return {
    page: pageOf(page, rules.mostRows),
    narrowed: narrowedBy(search, search === null ? null : matching(search as never, rules)),
  }
}

/** Fields with equal arguments share a statement. The name is looked up for each parent, so it is short. */
function narrowedBy(given: unknown, where: Prisma.Sql | null): Narrowed {
  if (where === null) return everything
  const written = JSON.stringify(given)
  return { name: written.length > longestName ? createHash('sha256').update(written).digest('hex') : written, where }
}
