import { readFileSync } from 'node:fs'
import {
  astFromValue,
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  print,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'

const contract = buildSchema(readFileSync(new URL('./contract.graphql', import.meta.url), 'utf8'))

const promisedTypes = Object.values(contract.getTypeMap()).filter(({ name }) => !name.startsWith('__'))

const byName = <T extends { readonly name: string }>(items: readonly T[]) =>
  Object.fromEntries(items.map((item) => [item.name, item]))

/** An argument or an input's field as SDL has it, without its name. */
function inputShape({ type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  const value = astFromValue(defaultValue, type)
  return value ? `${type} = ${print(value)}` : String(type)
}

/** A field as a client relies on it: its type, its deprecation, and the promised arguments. */
function fieldShape(field: GraphQLField<unknown, unknown> | undefined, promised: GraphQLField<unknown, unknown>) {
  const args = byName(field?.args ?? [])
  return {
    type: field && String(field.type),
    deprecated: field?.deprecationReason,
    args: promised.args.map(({ name }) => [name, args[name] && inputShape(args[name])]),
  }
}

/** Everything of the type that is promised in `promised`, in a form that can be compared. */
function shape(type: GraphQLNamedType | undefined, promised: GraphQLNamedType): unknown {
  if (isEnumType(promised)) {
    return promised.getValues().map(({ name }) => isEnumType(type) && type.getValue(name)?.name)
  }
  if (isUnionType(promised)) {
    const members = isUnionType(type) ? type.getTypes().map(({ name }) => name) : []
    return promised.getTypes().map(({ name }) => members.includes(name) && name)
  }
  if (isInputObjectType(promised)) {
    const fields = isInputObjectType(type) ? type.getFields() : {}
    return Object.keys(promised.getFields()).map((name) => [name, fields[name] && inputShape(fields[name])])
  }
  if (isObjectType(promised) || isInterfaceType(promised)) {
    const given = isObjectType(type) || isInterfaceType(type) ? type : undefined
    const interfaces = given?.getInterfaces().map(({ name }) => name) ?? []
    return {
      kind: given?.constructor.name,
      interfaces: promised.getInterfaces().map(({ name }) => interfaces.includes(name) && name),
      fields: Object.values(promised.getFields()).map((field) => [
        field.name,
        fieldShape(given?.getFields()[field.name], field),
      ]),
    }
  }
  return type?.name
}

describe('the contract', () => {
  it.each(promisedTypes.map((type) => [type.name, type] as const))('is kept by %s', (name, promised) => {
    expect(shape(schema.getType(name), promised)).toEqual(shape(promised, promised))
  })

  it('gets no additions that clients would have to send', () => {
    const added: string[] = []
    for (const promised of promisedTypes) {
      const type = schema.getType(promised.name)
      if (isInputObjectType(promised) && isInputObjectType(type)) {
        const known = promised.getFields()
        const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field))
        added.push(...fields.filter(({ name }) => !known[name]).map((field) => `${type}.${field.name}`))
      }
      if (isObjectType(promised) && isObjectType(type)) {
        for (const field of Object.values(promised.getFields())) {
          const required = type.getFields()[field.name]?.args.filter((argument) => isRequiredArgument(argument)) ?? []
          const known = byName(field.args)
          added.push(
            ...required.filter(({ name }) => !known[name]).map(({ name }) => `${type}.${field.name}(${name}:)`),
          )
        }
      }
    }
    expect(added).toEqual([])
  })

  it('is not met by a schema that lacks a field, so that this file tests something', () => {
    const promised = contract.getType('User')
    const other = buildSchema('type User { id: ID! } type Query { user: User }').getType('User')
    if (!promised) throw new Error('expected the contract to have a User')
    expect(shape(other, promised)).not.toEqual(shape(promised, promised))
  })
})
