import { type FieldNode, GraphQLError, Kind } from 'graphql'
import { describe, expect, it } from 'vitest'
import { badInput, mostErrors } from '../../src/errors.ts'
import { createPerField, type PerField } from '../../src/links/perField.ts'

const node = (name: string): FieldNode => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } })
const parent = (index: number) => ({ prev: undefined, key: index, typename: undefined })
const at = (field: FieldNode, index: number) => ({ fieldNodes: [field], path: parent(index) })

/** What is thrown for the field of so many parents. */
function thrownFor(perField: PerField, field: FieldNode, parents: number, make: () => never): unknown[] {
  return Array.from({ length: parents }, (_, index) => {
    try {
      return perField(at(field, index), make)
    } catch (error) {
      return error
    }
  })
}

describe('what is made once for each field', () => {
  it('is the same for all parents, and another for another field', () => {
    const perField = createPerField()
    let made = 0
    const [a, b] = [node('a'), node('b')]
    const given = [at(a, 0), at(a, 1), at(b, 0), at(b, 1)].map((info) => perField(info, () => ++made))
    expect(given).toEqual([1, 1, 2, 2])
  })

  it('fails with the same error for all parents, of which graphql-js makes no more than an answer has', () => {
    const perField = createPerField()
    const error = badInput('limit', 'a whole number')
    const thrown = thrownFor(perField, node('a'), 1_000, () => {
      throw error
    })
    expect(thrown.slice(0, mostErrors)).toEqual(Array(mostErrors).fill(error))
    // One that has a path is taken as it is.
    const [located, ...others] = new Set(thrown.slice(mostErrors))
    expect(others).toEqual([])
    expect(located).toBeInstanceOf(GraphQLError)
    expect(located).toMatchObject({ message: error.message, path: [mostErrors], originalError: error })
  })
})
