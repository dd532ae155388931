import { type GraphQLObjectType, getNamedType, isInterfaceType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { allScopes } from '../../src/auth/scopes.ts'
import { schema } from '../../src/schema/index.ts'
import { declaredScopes } from '../../src/schema/scopesPlugin.ts'

const rootTypes = [schema.getQueryType(), schema.getMutationType()].filter(
  (type) => type !== null && type !== undefined,
)
const composites = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type))

/** Types whose rows belong to somebody, or say who may do what. */
const rows: Readonly<Record<string, readonly string[]>> = {
  User: ['users:read'],
  Access: ['accesses:read'],
  UiConnectionAccess: ['accesses:read'],
  SsoConnectionAccess: ['accesses:read'],
  ApiConnectionAccess: ['accesses:read'],
  ProfileAccess: ['accesses:read'],
  Role: ['roles:read'],
  RoleAssignment: ['roles:read'],
  Permission: ['roles:read'],
  Token: ['tokens:read'],
}

/** What needs no scope of its own, because only something that does, or the caller's own credential, leads to it. */
const open = ['Author', 'Organization', 'IdentityProvider', 'AllowedScopes', 'OrganizationScopes', 'ServiceScopes']
const opener = ['ScopedPermission', 'ScopedRole', 'Resource', 'PageInfo', 'Viewer']

/** Whether something can be reached from `from` without a declared scope on the way. */
function reachedFreely(from: readonly GraphQLObjectType[]): Set<string> {
  const reached = new Set<string>()
  const queue: (typeof composites)[number][] = [...from]
  for (const type of queue) {
    for (const field of Object.values(type.getFields())) {
      const next = getNamedType(field.type)
      if (!isObjectType(next) && !isInterfaceType(next)) continue
      const needed = [...(declaredScopes(field) ?? []), ...(declaredScopes(next) ?? [])]
      if (needed.length > 0 || reached.has(next.name)) continue
      reached.add(next.name)
      queue.push(next)
    }
  }
  return reached
}

describe('declarations of scopes', () => {
  it.each(
    rootTypes.flatMap((type) =>
      Object.values(type.getFields()).map((field) => [`${type}.${field.name}`, field] as const),
    ),
  )('has one: %s', (_, field) => expect(declaredScopes(field)).toBeDefined())

  it('leave no root field open but the viewer and the nodes, which check each row', () => {
    const fields = rootTypes.flatMap((type) => Object.values(type.getFields()))
    const free = fields.filter((field) => declaredScopes(field)?.length === 0).map(({ name }) => name)
    expect(free.sort()).toEqual(['node', 'nodes', 'viewer'])
  })

  it.each(Object.entries(rows))('protect the rows of %s', (name, scopes) => {
    const type = schema.getType(name)
    expect(type && declaredScopes(type)).toEqual(scopes)
  })

  it('are the same for a list, a connection and an edge as for what is in it', () => {
    for (const type of composites) {
      const item = Object.values(type.getFields()).find(({ name }) => ['results', 'node', 'nodes'].includes(name))
      if (item === undefined || type === schema.getQueryType()) continue
      expect([type.name, declaredScopes(type)]).toEqual([type.name, declaredScopes(getNamedType(item.type))])
    }
  })

  it('name scopes that there are', () => {
    const declared = composites.flatMap((type) => [
      ...(declaredScopes(type) ?? []),
      ...Object.values(type.getFields()).flatMap((field) => declaredScopes(field) ?? []),
    ])
    expect(declared.filter((scope) => !allScopes.includes(scope))).toEqual([])
  })

  it('stand on the way to every row: without a scope only the caller itself is reached', () => {
    const reached = reachedFreely(rootTypes.filter((type) => type === schema.getQueryType()))
    expect([...reached].sort()).toEqual(['Node', 'Organization', 'Viewer'])
  })

  it('are left out on purpose only: a new type has to declare its scopes or be listed here', () => {
    const silent = composites
      .filter((type) => !type.name.startsWith('__') && !rootTypes.includes(type as GraphQLObjectType))
      .filter((type) => (declaredScopes(type) ?? []).length === 0)
      .filter((type) => !/Payload$|Error$|^FieldIssue$|^TokenFailure$|^Node$/.test(type.name))
    expect(silent.map(({ name }) => name).sort()).toEqual([...open, ...opener].sort())
  })
})
