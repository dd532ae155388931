import { type GraphQLField, isInterfaceType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import * as graph from '../../src/links/graph.ts'
import type { Link } from '../../src/links/link.ts'
import { schema } from '../../src/schema/index.ts'
import { declaredReads } from '../../src/schema/readsPlugin.ts'

/** Types whose fields read no rows by themselves, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  Query: 'begins at the arguments; what it leads to says what it reads',
  Mutation: 'changes rows by a statement that reads what it needs itself',
  Node: 'every type that implements it resolves its own nodeId',
  Viewer: 'is the verified credential',
  Resource: 'is a value of its parent',
  ScopedPermission: 'is a value of its token',
  ScopedRole: 'is a value of its token',
  OrganizationScopes: 'is a value of its token',
  ServiceScopes: 'is a value of its token',
  AllowedScopes: 'is a value of its token',
  Author: 'is a snapshot in a column of its parent',
  PageInfo: 'is computed from the page',
  FieldIssue: 'is part of a failure',
  TokenFailure: 'is a failure with what was asked for',
  RoleAssignmentFailure: 'is a failure with what was asked for',
  TokenRotation: 'is made of the two tokens that its parent has read',
  RequiredScopes: 'is found in a document',
  ScopeAlternative: 'is found in a document',
  FieldScopes: 'is found in a document',
  AccessResources: 'is decided on what its access has read',
  PermissionDecision: 'is decided on what its check has read',
  PermissionExplanation: 'is decided on what its check has read',
  PermissionGrant: 'is decided on what its check has read',
  MissingGrant: 'is decided on what its check has read',
}
/** Lists and answers of mutations hold rows, which are read by what the rows' own fields say. */
const holders = /(SearchResult|ListResult|Connection|Edge|Payload|Error)$/

const types = Object.values(schema.getTypeMap()).filter(
  (type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'),
)
const fields = types.flatMap((type) =>
  isObjectType(type) || isInterfaceType(type)
    ? Object.values(type.getFields()).map((field) => ({ type: type.name, field, place: `${type.name}.${field.name}` }))
    : [],
)
const linkOf = ({ extensions }: GraphQLField<unknown, unknown>) => extensions.link as Link<unknown, unknown> | undefined

describe('what a field reads', () => {
  it('stands in the schema: its column, its link, or what its resolver needs', () => {
    const silent = fields.filter(
      ({ type, field }) =>
        exceptions[type] === undefined &&
        !holders.test(type) &&
        linkOf(field) === undefined &&
        !declaredReads(field)?.some(({ members }) => members.length > 0),
    )
    expect(silent.map(({ place }) => place)).toEqual([])
  })

  it('has no exception for a type that is gone', () => {
    const names = new Set(types.map(({ name }) => name))
    expect(Object.keys(exceptions).filter((name) => !names.has(name))).toEqual([])
  })

  it('is never the hash of a secret', () => {
    const members = fields.flatMap(({ field }) => declaredReads(field)?.flatMap((read) => read.members) ?? [])
    expect(members.length).toBeGreaterThan(60)
    expect(members).not.toContain('secretHash')
  })
})

describe('a link', () => {
  const links = Object.values(graph) as readonly Link<unknown, unknown>[]

  it('is asked through some field', () => {
    const used = new Set(fields.map(({ field }) => linkOf(field)))
    expect(links.filter((link) => !used.has(link)).map(({ name }) => name)).toEqual([])
  })

  it('has a name of its own', () => {
    expect(new Set(links.map(({ name }) => name)).size).toBe(links.length)
  })
})
