/**
 * The same graph as a subgraph of a larger one (Apollo Federation v2). References of other subgraphs are resolved by what
 * resolves everything else: the same loaders, the same tenant filter, the same scopes.
 */
import { printSubgraphSchema } from '@apollo/subgraph'
import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { getTypeBrand } from '@pothos/core'
import {
  GraphQLInterfaceType,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLUnionType,
  type NamedTypeNode,
} from 'graphql'
import { isInt4 } from '../auth/int4.ts'
import type { Context } from '../context.ts'
import { organizations } from '../db/tables.ts'
import { badInput } from '../errors.ts'
import { Access, accessTypes } from './access.ts'
import { builder } from './builder.ts'
import type { FieldWeight } from './costPlugin.ts'
import { branded, type Found, isCovered, referenceTo } from './identity.ts'
import './index.ts'
import { Organization } from './organization.ts'
import { Permission } from './permission.ts'
import { Role } from './role.ts'
import { Token } from './token.ts'
import { User } from './user.ts'

/** The first version with @cost and @listSize; later ones change nothing that is used here. */
const linkUrl = 'https://specs.apollo.dev/federation/v2.9'
const federationDirectives = [
  ...['@authenticated', '@cost', '@inaccessible', '@key', '@listSize', '@requiresScopes', '@shareable', '@tag'],
]

const entitiesWeight: FieldWeight = { onePer: 'representations' }

/** How another subgraph refers to something: by its type and its key. Other fields are of no account. */
interface Representation {
  readonly __typename?: unknown
  readonly id?: unknown
  readonly customerId?: unknown
}

const byId = builder.selection<{ id: string }>('id')
/** Entities are resolved by `resolveEntities`, which knows what one malformed representation must not do to the others. */
const entity = { key: byId, resolveReference: () => null as never }

for (const type of [User, Role, Permission, Token]) builder.asEntity(type, entity)
// An entity interface, so that other subgraphs can add fields to all accesses at once by @interfaceObject.
for (const type of [Access, ...accessTypes]) builder.asEntity(type, entity)
builder.asEntity(Organization, { ...entity, key: [byId, builder.selection<{ customerId: number }>('customerId')] })

/** Types by which an access may be referred to. */
const accessNames: ReadonlySet<string> = new Set(['Access', ...accessTypes.map((type) => type.name)])

/** The subgraph schema, and what `_service` tells of it. Building it takes a while, so it is done where it is needed. */
export function createSubgraph(): { readonly schema: GraphQLSchema; readonly sdl: string } {
  const built = builder.toSubGraphSchema({ linkUrl, federationDirectives })
  // Two subgraphs with a `node` each do not compose, nor do two that have different ideas of what a Node is.
  const schema = mapSchema(built, {
    [MapperKind.OBJECT_TYPE](type) {
      const config = type.toConfig()
      return new GraphQLObjectType({ ...config, ...withoutNode(config.interfaces, config.astNode) })
    },
    [MapperKind.INTERFACE_TYPE](type) {
      if (type.name === 'Node') return null
      const config = type.toConfig()
      return new GraphQLInterfaceType({ ...config, ...withoutNode(config.interfaces, config.astNode) })
    },
    [MapperKind.UNION_TYPE]: (type) =>
      type.name === '_Entity' ? new GraphQLUnionType({ ...type.toConfig(), resolveType: entityType }) : undefined,
    [MapperKind.QUERY_ROOT_FIELD]: (field, name) => {
      if (name === 'node' || name === 'nodes') return null
      if (name === '_entities') {
        return { ...field, resolve: resolveEntities, extensions: { ...field.extensions, weight: entitiesWeight } }
      }
      return name === '_service' ? { ...field, resolve: () => ({ sdl }) } : undefined
    },
  })
  const sdl = `${printSubgraphSchema(schema)}\n`
  return { schema, sdl }
}

/** The interfaces of a type but Node: in its configuration, and in its syntax tree, which the printer reads. */
function withoutNode<Tree extends { readonly interfaces?: readonly NamedTypeNode[] }>(
  interfaces: readonly GraphQLInterfaceType[],
  tree: Tree | null | undefined,
) {
  return {
    interfaces: interfaces.filter((type) => type.name !== 'Node'),
    astNode: tree?.interfaces
      ? { ...tree, interfaces: tree.interfaces.filter(({ name }) => name.value !== 'Node') }
      : tree,
  }
}

/** The name that `branded` gave the row. */
function entityType(row: unknown): string {
  return String(getTypeBrand(row))
}

/** What the representations refer to, in their order, with null in the place of what is not there or is malformed. */
function resolveEntities(
  _: unknown,
  { representations }: { readonly representations?: readonly unknown[] },
  context: Context,
  { schema }: GraphQLResolveInfo,
): Promise<(object | null)[]> {
  const { mostRows } = context.policy
  const given = representations ?? []
  if (given.length > mostRows) throw badInput('representations', `at most ${mostRows} representations`, given.length)
  return Promise.all(given.map((representation) => findEntity(representation, context, schema)))
}

async function findEntity(given: unknown, context: Context, schema: GraphQLSchema): Promise<object | null> {
  if (typeof given !== 'object' || given === null) return null
  const { __typename: name, ...keys } = given as Representation
  if (typeof name !== 'string') return null
  const kind = accessNames.has(name) ? 'Access' : name
  if (!isCovered(kind, context, schema)) return null
  const found = await findReferred(kind, keys, context)
  // A reference to one type of access does not find an access of another type.
  return found === null || (found.type !== name && name !== 'Access') ? null : branded(found)
}

async function findReferred(kind: string, { id, customerId }: Representation, context: Context): Promise<Found | null> {
  if (kind === 'Organization' && isInt4(customerId) && id === undefined) {
    const row = await context.loaders.rowBy(organizations, 'customerId', customerId)
    return row && { type: kind, row }
  }
  if (typeof id !== 'string' && typeof id !== 'number') return null
  return referenceTo(kind, String(id))?.find(context) ?? null
}
