import { readFileSync } from 'node:fs'
import {
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { declaredWeight, weightPerRow } from '../../src/schema/costPlugin.ts'
import { schema } from '../../src/schema/index.ts'
import { createSubgraph } from '../../src/schema/subgraph.ts'

interface Place {
  readonly coordinate: string
  readonly parent: string
  readonly field: GraphQLField<unknown, unknown>
}

function fieldsOf(of: GraphQLSchema): readonly Place[] {
  return Object.values(of.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.values((type as Extract<typeof type, { getFields: unknown }>).getFields()).map((field) => ({
        coordinate: `${type.name}.${field.name}`,
        parent: type.name,
        field: field as GraphQLField<unknown, unknown>,
      })),
    )
}

/** Whether the field, or every field that leads to it, says how many items it has. */
function isSized({ parent, field }: Place, all: readonly Place[]): boolean {
  const { size, sizedBy, onePer, sizedFields } = declaredWeight(field) ?? {}
  if ((size ?? sizedBy ?? onePer) !== undefined && sizedFields === undefined) return true
  const leading = all.filter((each) => getNamedType(each.field.type).name === parent)
  return leading.length > 0 && leading.every((each) => declaredWeight(each.field)?.sizedFields?.includes(field.name))
}

describe('what fields weigh', () => {
  const schemas = [
    ['the public graph', schema],
    ['the subgraph', createSubgraph().schema],
  ] as const

  it.each(schemas)('is declared for every list of %s', (_, of) => {
    const all = fieldsOf(of)
    const lists = all.filter(({ field }) => isListType(getNullableType(field.type)))
    expect(lists.length).toBeGreaterThan(40)
    expect(lists.filter((place) => !isSized(place, all)).map(({ coordinate }) => coordinate)).toEqual([])
  })

  it.each(schemas)('names arguments and fields of %s that there are', (_, of) => {
    for (const { coordinate, field } of fieldsOf(of)) {
      const { sizedBy = [], onePer = [], skippedBy = [], sizedFields = [] } = declaredWeight(field) ?? {}
      const type = getNamedType(field.type)
      const below = isObjectType(type) ? Object.keys(type.getFields()) : []
      expect({ coordinate, args: field.args.map(({ name }) => name), below }).toEqual({
        coordinate,
        args: expect.arrayContaining([...sizedBy, onePer, skippedBy].flat()),
        below: expect.arrayContaining([...sizedFields]),
      })
    }
  })

  it('is declared for every total, which counts the list beside it', () => {
    const totals = fieldsOf(schema).filter(({ field }) => field.name === 'total')
    expect(totals.filter(({ field }) => !declaredWeight(field)?.counts)).toEqual([])
    for (const { parent } of totals) {
      const leading = fieldsOf(schema).filter(({ field }) => getNamedType(field.type).name === parent)
      expect(leading.map(({ field }) => declaredWeight(field)?.of ?? declaredWeight(field)?.size)).not.toContain(
        undefined,
      )
    }
  })

  it.each(['UserSearch', 'AccessSearch', 'TokenSearch'])(
    'is declared for what %s finds by going through rows',
    (name) => {
      const type = schema.getType(name)
      if (!isInputObjectType(type)) throw new Error(`expected ${name} to be an input`)
      const light = Object.values(type.getFields()).filter((field) => weightPerRow(field) === 0)
      const byIndex = ['accessId', 'customerId', 'email', 'ids', 'userId']
      expect(light.map((field) => field.name).filter((field) => !byIndex.includes(field))).toEqual([])
      expect(weightPerRow(type.getFields().text as never)).toBeGreaterThan(1)
    },
  )

  it('is told to routers', () => {
    const sdl = readFileSync(new URL('../../subgraph.graphql', import.meta.url), 'utf8')
    for (const line of [
      'https://specs.apollo.dev/federation/v2.9',
      'permissions: [Permission!]! @listSize(assumedSize: 20)',
      '): AccessSearchResult! @listSize(slicingArguments: ["limit"], requireOneSlicingArgument: false, sizedFields: ["results"]) @cost(weight: 3)',
      '): UserConnection! @listSize(assumedSize: 20, slicingArguments: ["first", "last"], requireOneSlicingArgument: false, sizedFields: ["edges", "nodes"])',
      'text: String @cost(weight: 4)',
    ]) {
      expect(sdl).toContain(line)
    }
  })
})
