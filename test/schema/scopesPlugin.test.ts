import { printSubgraphSchema } from '@apollo/subgraph'
import SchemaBuilder from '@pothos/core'
import DirectivePlugin from '@pothos/plugin-directives'
import FederationPlugin from '@pothos/plugin-federation'
import {
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { allScopes } from '../../src/auth/scopes.ts'
import { getDatamodel } from '../../src/db/generated/pothos.ts'
import { createConditionTable } from '../../src/operation/conditions.ts'
import { requiredScopes } from '../../src/operation/requiredScopes.ts'
import { schema } from '../../src/schema/index.ts'
import { type DeclaredScopes, declaredScopes } from '../../src/schema/scopesPlugin.ts'

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
  AuditEvent: ['audit:read'],
}

/** What needs no scope of its own, because only something that does, or the caller's own credential, leads to it. */
const open = ['Author', 'Organization', 'IdentityProvider', 'AllowedScopes', 'OrganizationScopes', 'ServiceScopes']
const opener = ['ScopedPermission', 'ScopedRole', 'Resource', 'PageInfo', 'Viewer', 'OrganizationSearchResult']
/** What a document needs, and what a check of permissions comes to: the field that leads to it has scopes of its own. */
const told = [
  'FieldScopes',
  'RequiredScopes',
  'ScopeAlternative',
  'MissingGrant',
  'PermissionDecision',
  'PermissionGrant',
]

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

  it('leave no root field open but those that check each row, tell of the caller itself or of documents, or take a secret', () => {
    const fields = rootTypes.flatMap((type) => Object.values(type.getFields()))
    const free = fields.filter((field) => declaredScopes(field)?.length === 0).map(({ name }) => name)
    const aboutSecrets = ['reportLeakedToken', 'revokeToken']
    const others = ['node', 'nodes', 'organization', 'organizations', 'requiredScopes', 'viewer']
    expect(free.sort()).toEqual([...others, ...aboutSecrets].sort())
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

  it('stand on the way to every row: without a scope only the caller itself, its organization and what a document needs are reached', () => {
    const reached = reachedFreely(rootTypes.filter((type) => type === schema.getQueryType()))
    expect([...reached].sort()).toEqual([
      'FieldScopes',
      'Node',
      'Organization',
      'OrganizationSearchResult',
      'RequiredScopes',
      'ScopeAlternative',
      'Viewer',
    ])
  })

  it('are left out on purpose only: a new type has to declare its scopes or be listed here', () => {
    const silent = composites
      .filter((type) => !type.name.startsWith('__') && !rootTypes.includes(type as GraphQLObjectType))
      .filter((type) => (declaredScopes(type) ?? []).length === 0)
      .filter((type) => !/Payload$|Error$|^FieldIssue$|^TokenFailure$|^RoleAssignmentFailure$|^Node$/.test(type.name))
    expect(silent.map(({ name }) => name).sort()).toEqual([...open, ...opener, ...told].sort())
  })
})

/** The types of all plugins are known everywhere, so its options must be given where it is not used. */
const unused = { client: undefined as never, dmmf: getDatamodel() }

/** What the declarations of one field of an interface, and of the same field of a type that implements it, come to. */
function withInterface(declared: { readonly interface?: DeclaredScopes; readonly type?: DeclaredScopes }) {
  const builder = new SchemaBuilder<{ DefaultFieldNullability: false }>({
    defaultFieldNullability: false,
    plugins: ['scopes', DirectivePlugin, FederationPlugin],
    prisma: unused,
  })
  const scopes = (given: DeclaredScopes | undefined) => (given === undefined ? {} : { scopes: given })
  const Animal = builder.interfaceRef<object>('Animal').implement({
    fields: (t) => ({
      name: t.string({ resolve: () => '' }),
      owner: t.string({ ...scopes(declared.interface), resolve: () => '' }),
    }),
  })
  const Cat = builder.objectRef<object>('Cat').implement({
    interfaces: [Animal],
    isTypeOf: () => true,
    fields: (t) => (declared.type ? { owner: t.string({ ...scopes(declared.type), resolve: () => '' }) } : {}),
  })
  builder.queryType({
    fields: (t) => ({
      animal: t.field({ type: Animal, scopes: [], resolve: () => ({}) }),
      cat: t.field({ type: Cat, scopes: [], resolve: () => ({}) }),
    }),
  })
  return builder.toSubGraphSchema({
    linkUrl: 'https://specs.apollo.dev/federation/v2.5',
    federationDirectives: ['@authenticated', '@requiresScopes'],
  })
}

describe('a declaration on a field of an interface', () => {
  const declared = withInterface({ interface: ['users:read'] })

  it.each([
    ['{ animal { owner } }', 'Animal.owner'],
    ['{ animal { ... on Cat { owner } } }', 'Cat.owner'],
    ['{ cat { owner } }', 'Cat.owner'],
    ['{ cat { ... on Animal { owner } } }', 'Animal.owner'],
  ])('counts wherever the field is selected: %s', (document, field) => {
    const operation = parse(document).definitions.find(
      (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
    ) as OperationDefinitionNode
    const required = requiredScopes(
      { schema: declared, fragments: new Map(), conditions: createConditionTable() },
      operation,
      true,
    )
    expect(required.map((requirement) => [requirement.scope, requirement.field])).toEqual([['users:read', field]])
  })

  it('is printed for routers on the types that implement it, and not on the interface', () => {
    const [interfaceSdl = '', typeSdl = ''] = ['interface Animal', 'type Cat'].map(
      (start) => printSubgraphSchema(declared).match(new RegExp(`${start}.*?^}`, 'ms'))?.[0],
    )
    expect(interfaceSdl).toContain('owner: String!')
    expect(interfaceSdl).not.toContain('@requiresScopes')
    expect(typeSdl).toContain('owner: String! @requiresScopes(scopes: [["users:read"]])')
    expect(typeSdl).toContain('name: String!\n')
  })

  it.each([
    ['another one', { interface: ['users:read'], type: ['roles:read'] }],
    ['fewer', { interface: ['users:read', 'roles:read'], type: ['roles:read'] }],
    ['none', { interface: ['users:read'], type: [] }],
    ['more', { type: ['users:read'] }],
  ] as const)('refuses a type that declares %s on its own field of that name', (_, given) => {
    expect(() => withInterface(given)).toThrow(/^Cat\.owner: expected the scopes of Animal\.owner, "[^"]*", received /)
  })

  it('may be repeated by a type that has the field itself, in any order', () => {
    const both = { interface: ['users:read', 'roles:read'], type: ['roles:read', 'users:read'] } as const
    expect(() => withInterface(both)).not.toThrow()
  })
})
