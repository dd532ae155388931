import { Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createConditionTable } from '../../src/operation/conditions.ts'
import { requiredScopes } from '../../src/operation/requiredScopes.ts'
import { schema } from '../../src/schema/index.ts'

/** The scopes that the document's operation might need, sorted. */
function scopesOf(text: string, noLocation: boolean): readonly string[] {
  const { definitions } = parse(text, { noLocation })
  const [operation] = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new Error('expected an operation')
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  const walk = { schema, fragments: byName, conditions: createConditionTable() }
  return [...new Set(requiredScopes(walk, operation, true).map(({ scope }) => scope))].sort()
}

describe('the scopes that an operation needs', () => {
  it.each([
    [
      'selects the same type twice',
      '{ viewer { user { id } } users { results { accesses { total } tokens { total } } } }',
      ['accesses:read', 'tokens:read', 'users:read'],
    ],
    [
      'selects the same type in itself',
      '{ users { results { createdBy { user { createdBy { user { tokens { total } } } } } } } }',
      ['tokens:read', 'users:read'],
    ],
    [
      'spreads fragments on the same type',
      `{ viewer { user { ...A } } users { results { ...B } } }
       fragment A on User { id } fragment B on User { accesses { results { roles { id } } } }`,
      ['accesses:read', 'roles:read', 'users:read'],
    ],
  ])('do not depend on the locations of its nodes, where it %s', (_, text, scopes) => {
    expect(scopesOf(text, false)).toEqual(scopes)
    expect(scopesOf(text, true)).toEqual(scopes)
  })
})
