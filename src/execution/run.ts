/**
 * Plan → JSON, a level at a time: each field is run once for all objects of its level, each link is asked once with all
 * keys, and values are written at once, without an object or a promise for each. All texts here are JSON in UTF-8, a character
 * for each byte.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  type OperationDefinitionNode,
} from 'graphql'
import type { Context } from '../context.ts'
import type { Octets } from '../octets.ts'
import type { KeptTexts } from './keptTexts.ts'
import { NotPlanned } from './notPlanned.ts'
import type { Completion, FieldPlan, IdOf, ObjectPlan } from './plan.ts'
import { assembled, filled, isNothing, joined, type Lists, nullText, place, placedAt, spread } from './texts.ts'

/** What a plan is run with. */
export interface RunOptions {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: Context
  readonly kept: KeptTexts
  /** Whether what begins at the id of a row is asked together with the row, where the id is known before. */
  readonly ahead: boolean
}

/** A value for each of several objects, at once or later. */
type Soon<Value> = Value | Promise<Value>

/** The texts of fields of one object that have been asked for before it was there. */
type Ahead = ReadonlyMap<FieldPlan, Promise<readonly string[]>>

const noArguments = Object.freeze({})

/** Arguments that are the same in each request. */
const fixedArguments = new WeakMap<FieldPlan, Readonly<Record<string, unknown>>>()

/** The answer's data as JSON. Rejects with NotPlanned for what graphql-js has to run, and with what resolvers throw. */
export async function runPlan(plan: ObjectPlan, options: RunOptions): Promise<Octets> {
  const run = new PlanRun(options)
  try {
    const [text] = await run.objects(plan, [undefined])
    if (text === undefined) throw new Error('expected a text')
    return text
  } catch (error) {
    run.end()
    throw error
  }
}

/** What a resolver is told of its field. */
class FieldInfo implements GraphQLResolveInfo {
  readonly fieldName: string
  readonly fieldNodes: readonly FieldNode[]
  readonly returnType: GraphQLOutputType
  readonly parentType: GraphQLObjectType
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly variableValues: { [variable: string]: unknown }
  readonly rootValue: undefined
  readonly #fragments: RunOptions['fragments']

  constructor({ definition, nodes, parentType }: FieldPlan, options: RunOptions) {
    this.fieldName = definition.name
    this.fieldNodes = nodes
    this.returnType = definition.type
    this.parentType = parentType
    this.schema = options.schema
    this.operation = options.operation
    this.variableValues = options.variables
    this.#fragments = options.fragments
  }

  get fragments(): GraphQLResolveInfo['fragments'] {
    return Object.fromEntries(this.#fragments)
  }

  /** Throws: the fields of a level are run together, and none of them stands in one place of the answer. */
  get path(): never {
    throw new NotPlanned('value')
  }
}

class PlanRun {
  readonly #options: RunOptions
  #hasEnded = false

  constructor(options: RunOptions) {
    this.#options = options
  }

  /** Has fields that still wait ask for nothing further: who runs the operation in its place would find it asked already. */
  end(): void {
    this.#hasEnded = true
  }

  /** The texts of the objects. `ahead` has what is known of the only one. */
  objects(plan: ObjectPlan, parents: readonly unknown[], ahead?: Ahead): Soon<readonly string[]> {
    if (parents.length === 0) return []
    const { fields } = plan
    const columns: (readonly string[] | undefined)[] = new Array(fields.length)
    const pending: Promise<void>[] = []
    try {
      for (let index = 0; index < fields.length; index += 1) {
        const field = fields[index] as FieldPlan
        if (field.constant !== undefined || field.writeMember !== undefined) continue
        const texts = ahead?.get(field) ?? this.#field(field, parents)
        if (isPromise(texts)) pending.push(texts.then(placedAt(columns, index)))
        else columns[index] = texts
      }
    } catch (error) {
      abandon(pending)
      throw error
    }
    if (pending.length === 0) return assembled(fields, columns, parents)
    return allOf(pending).then(() => assembled(fields, columns, parents))
  }

  /** The texts of the field's values, one for each parent. */
  #field(field: FieldPlan, parents: readonly unknown[]): Soon<readonly string[]> {
    if (field.idOf !== undefined && this.#options.ahead && field.completion.kind === 'object' && parents.length === 1) {
      return this.#found(field, field.idOf, field.completion, parents)
    }
    const values = this.#values(field, parents, this.#argumentsOf(field))
    return isPromise(values)
      ? values.then((resolved) => this.#completed(field.completion, resolved))
      : this.#completed(field.completion, values)
  }

  /** `#field` of one that finds a row by its id: what begins there is asked at the same time, and dropped where there is no row. */
  #found(
    field: FieldPlan,
    idOf: IdOf,
    { plan, isNullable }: Extract<Completion, { kind: 'object' }>,
    parents: readonly unknown[],
  ): Soon<readonly string[]> {
    const args = this.#argumentsOf(field)
    const values = this.#values(field, parents, args)
    if (!isPromise(values)) return this.#completed(field.completion, values)
    const ahead = this.#ahead(plan, idOf(args as never))
    return values.then(([row]) => {
      if (isNothing(row)) return [nullText(isNullable)]
      return this.#written(plan, [refuseError(row) as object], ahead)
    })
  }

  /** What begins at the id, and comes later. What can't be asked at all is left to be asked of the row. */
  #ahead({ fields }: ObjectPlan, parent: object): Ahead {
    const ahead = new Map<FieldPlan, Promise<readonly string[]>>()
    for (const field of fields) {
      if (!field.beginsAtId) continue
      try {
        const texts = this.#field(field, [parent])
        if (!isPromise(texts)) continue
        abandon([texts])
        ahead.set(field, texts)
      } catch {}
    }
    return ahead
  }

  #values(
    field: FieldPlan,
    parents: readonly unknown[],
    args: Readonly<Record<string, unknown>>,
  ): Soon<readonly unknown[]> {
    if (this.#hasEnded) throw new NotPlanned('failure')
    const { context } = this.#options
    const { definition, resolveAll } = field
    const info = this.#info(field)
    if (resolveAll !== undefined) return resolveAll(parents, args as never, context, info)
    const { resolve, name } = definition
    if (resolve === undefined) {
      return parents.map((parent) => (parent as Readonly<Record<string, unknown>>)[name])
    }
    const values: unknown[] = []
    try {
      for (const parent of parents) values.push(resolve(parent, args as never, context, info))
    } catch (error) {
      abandon(values)
      throw error
    }
    return values.some(isPromise) ? Promise.all(values) : values
  }

  #argumentsOf(field: FieldPlan): Readonly<Record<string, unknown>> {
    const { definition, nodes, hasFixedArguments } = field
    if (definition.args.length === 0) return noArguments
    if (!hasFixedArguments) return getArgumentValues(definition, nodes[0], this.#options.variables)
    let args = fixedArguments.get(field)
    if (args === undefined) {
      args = getArgumentValues(definition, nodes[0], {})
      fixedArguments.set(field, args)
    }
    return args
  }

  #info(field: FieldPlan): GraphQLResolveInfo {
    return new FieldInfo(field, this.#options)
  }

  /**
   * The texts of values that have been resolved. Throws NotPlanned where one is null that can't be. Items of lists are as good
   * as never equal, so nothing is looked for that could be made once for several.
   */
  #completed(completion: Completion, values: readonly unknown[], areItems = false): Soon<readonly string[]> {
    const { kind, isNullable } = completion
    switch (kind) {
      case 'leaf':
        return values.map((value) => (isNothing(value) ? nullText(isNullable) : completion.write(refuseError(value))))
      case 'list':
        return this.#lists(completion.items, isNullable, values)
      case 'object':
        if (areItems && areObjects(values)) return this.#written(completion.plan, values)
        return this.#each(isNullable, values, (objects) => this.#written(completion.plan, objects))
      case 'abstract':
        if (areItems && areObjects(values)) return this.#ofSomeType(completion, values)
        return this.#each(isNullable, values, (objects) => this.#ofSomeType(completion, objects))
    }
  }

  /** The texts of values of which some may be null; of equal ones it is made once. */
  #each(
    isNullable: boolean,
    values: readonly unknown[],
    write: (objects: readonly object[]) => Soon<readonly string[]>,
  ): Soon<readonly string[]> {
    const places = new Map<object, number>()
    for (const value of values) {
      if (isNothing(value)) nullText(isNullable)
      else if (!places.has(objectOf(value))) places.set(value, places.size)
    }
    const objects = [...places.keys()]
    const texts = write(objects)
    // Where each is there once, the texts are in the order of the values.
    if (objects.length === values.length) return texts
    return isPromise(texts) ? texts.then((written) => spread(values, places, written)) : spread(values, places, texts)
  }

  #written(plan: ObjectPlan, objects: readonly object[], ahead?: Ahead): Soon<readonly string[]> {
    const { isTypeOf, name } = plan.type
    if (isTypeOf) {
      const { context } = this.#options
      const info = this.#infoOfType(name)
      if (!objects.every((each) => isTypeOf(each, context, info) === true)) throw new NotPlanned('type')
    }
    return plan.isLasting
      ? this.#kept(plan, objects, (others) => this.objects(plan, others))
      : this.objects(plan, objects, ahead)
  }

  /** The texts of what lasts: only those that are not kept are made. */
  #kept(
    selection: object,
    values: readonly object[],
    make: (values: readonly object[]) => Soon<readonly string[]>,
  ): Soon<readonly string[]> {
    const { kept } = this.#options
    const texts = values.map((value) => kept.get(selection, value))
    const missing = values.filter((_, index) => texts[index] === undefined)
    if (missing.length === 0) return texts as readonly string[]
    const made = make(missing)
    return isPromise(made)
      ? made.then((written) => filled(kept, selection, texts, missing, written))
      : filled(kept, selection, texts, missing, made)
  }

  #ofSomeType(
    { type, planOf }: Extract<Completion, { kind: 'abstract' }>,
    objects: readonly object[],
  ): Soon<readonly string[]> {
    const { context } = this.#options
    const info = this.#infoOfType(type.name)
    const names = objects.map((object) => type.resolveType?.(object, context, info, type))
    const [first] = names
    if (typeof first === 'string' && names.every((name) => name === first)) return this.#written(planOf(first), objects)
    const byName = new Map<string, { readonly places: number[]; readonly objects: object[] }>()
    for (let place = 0; place < objects.length; place += 1) {
      const name = names[place]
      if (typeof name !== 'string') throw new NotPlanned('type')
      let group = byName.get(name)
      if (group === undefined) {
        group = { places: [], objects: [] }
        byName.set(name, group)
      }
      group.places.push(place)
      group.objects.push(objects[place] as object)
    }
    const texts: string[] = new Array(objects.length)
    const pending: Promise<void>[] = []
    try {
      for (const [name, group] of byName) {
        const written = this.#written(planOf(name), group.objects)
        if (isPromise(written)) pending.push(written.then((later) => place(texts, group.places, later)))
        else place(texts, group.places, written)
      }
    } catch (error) {
      abandon(pending)
      throw error
    }
    return pending.length === 0 ? texts : allOf(pending).then(() => texts)
  }

  #infoOfType(name: string): GraphQLResolveInfo {
    const { schema } = this.#options
    return { schema, fieldName: name } as GraphQLResolveInfo
  }

  #lists(items: Completion, isNullable: boolean, lists: readonly unknown[]): Soon<readonly string[]> {
    const lasts = items.kind === 'object' && items.plan.isLasting
    // Others are as good as never equal.
    if (!lasts && lists.every(Array.isArray)) return this.#joinedLists(items, lists as Lists)
    return this.#each(isNullable, lists, (each) => {
      if (!each.every(Array.isArray)) throw new NotPlanned('value')
      return lasts
        ? this.#kept(items, each, (others) => this.#joinedLists(items, others as Lists))
        : this.#joinedLists(items, each as Lists)
    })
  }

  #joinedLists(items: Completion, lists: Lists): Soon<readonly string[]> {
    const all = lists.length === 1 ? (lists[0] as readonly unknown[]) : lists.flat()
    if (all.some(isPromise)) {
      return Promise.all(all)
        .then((values) => this.#completed(items, values, true))
        .then((texts) => joined(lists, texts))
    }
    const texts = this.#completed(items, all, true)
    return isPromise(texts) ? texts.then((written) => joined(lists, written)) : joined(lists, texts)
  }
}

/** Whether none of them is null. Throws NotPlanned for what is no object. */
function areObjects(values: readonly unknown[]): values is readonly object[] {
  for (const value of values) {
    if (isNothing(value)) return false
    objectOf(value)
  }
  return true
}

/** The value, which is an object. Throws NotPlanned for what is none. */
function objectOf(value: unknown): object {
  if (typeof refuseError(value) !== 'object') throw new NotPlanned('value')
  return value as object
}

/** graphql-js takes an error that a resolver gives as one that it throws. */
function refuseError<Value>(value: Value): Value {
  if (value instanceof Error) throw new NotPlanned('failure', value)
  return value
}

/** Nobody waits for these any more: what becomes of them is of no account. */
function abandon(values: readonly unknown[]): void {
  for (const value of values) if (isPromise(value)) value.catch(() => {})
}

/** Most levels wait for one thing, which takes nothing further. */
function allOf(pending: readonly Promise<void>[]): Promise<unknown> {
  const [only] = pending
  return only !== undefined && pending.length === 1 ? only : Promise.all(pending)
}

function isPromise<Value>(value: unknown): value is Promise<Value> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
}
