import { readFile } from 'node:fs/promises'
import { isEnumType, isInputObjectType, isInterfaceType, isIntrospectionType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { publicSdl } from '../../src/schema/sdl.ts'

/** The coordinates of everything in the schema, each with its description. */
function* described(): Generator<readonly [string, string | null | undefined]> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue
    yield [type.name, type.description]
    if (isEnumType(type)) {
      for (const value of type.getValues()) yield [`${type}.${value.name}`, value.description]
    }
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) yield [`${type}.${field.name}`, field.description]
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        yield [`${type}.${field.name}`, field.description]
        for (const argument of field.args) yield [`${type}.${field.name}(${argument.name}:)`, argument.description]
      }
    }
  }
}

describe('the committed SDL', () => {
  it('is that of the code: npm run --silent schema > schema.graphql', async () => {
    expect(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8')).toBe(publicSdl())
  })
})

describe('every part of the schema', () => {
  it('has a description', () => {
    const without = [...described()].filter(([, description]) => !description?.trim())
    expect(without.map(([coordinate]) => coordinate)).toEqual([])
  })

  it('has one that is a sentence', () => {
    const others = [...described()].filter(([, description]) => !/^[A-Z`].*\.$/s.test(description ?? ''))
    expect(others).toEqual([])
  })
})
