/** Relay's object identification: one id, and one way to get, for everything that has an identity. */
import { brandWithType } from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import { badInput, GatewayError } from '../errors.ts'
import { integerIdOf, nameIdOf, uuidOf } from '../ids.ts'
import { idList } from '../search/condition.ts'
import { builder } from './builder.ts'
import { declaredScopes } from './scopesPlugin.ts'

/** A row and the name of its object type. */
interface Found {
  readonly type: string
  readonly row: object
}

/** How the nodes of a kind are loaded; null where there is none that the caller may see. */
type LoadNode = (text: string, context: Context) => Promise<Found | null>

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'Something with an identity of its own.',
  fields: (t) => ({
    nodeId: t.id({ description: "Relay's global id: opaque, and unique over all types.", resolve: unreachable }),
  }),
})

function unreachable(): never {
  throw new Error('every type that implements Node resolves its own nodeId')
}

const accessTypeNames = {
  UI_CONNECTION: 'UiConnectionAccess',
  SSO_CONNECTION: 'SsoConnectionAccess',
  API_CONNECTION: 'ApiConnectionAccess',
  PROFILE: 'ProfileAccess',
} as const

/** The object type of an access. */
export function accessTypeName(access: { readonly type: keyof typeof accessTypeNames }): string {
  return accessTypeNames[access.type]
}

const kinds: Readonly<Record<string, LoadNode>> = {
  User: async (id, { loaders }) => found('User', await loaders.user.load(uuidOf('id', id))),
  Access: async (id, { loaders }) => {
    const access = await loaders.access.load(integerIdOf('id', id))
    return access && found(accessTypeName(access), access)
  },
  Role: async (id, { loaders }) => found('Role', await loaders.role.load(nameIdOf('id', id))),
  Permission: async (id, { loaders }) => found('Permission', await loaders.permission.load(nameIdOf('id', id))),
  Token: async (id, { loaders }) => found('Token', await loaders.token.load(integerIdOf('id', id))),
}

function found(type: string, row: object | null): Found | null {
  return row && { type, row }
}

/** The node id of something. `kind` is one of User, Access, Role, Permission and Token. */
export function nodeIdOf(kind: string, id: string | number): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}

/** What a node id says. Throws BAD_USER_INPUT where it is none of ours. */
function readNodeId(nodeId: string): { readonly load: LoadNode; readonly id: string } {
  const text = Buffer.from(nodeId, 'base64url').toString('utf8')
  const [kind = '', ...rest] = text.split(':')
  const load = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (load === undefined || nodeIdOf(kind, rest.join(':')) !== nodeId) throw badInput('id', 'a nodeId', nodeId)
  return { load, id: rest.join(':') }
}

/**
 * The node of an id; null where there is none, or where the caller's scopes do not cover its type: which type it has
 * is known only once it has been found, so this one check can't be made before.
 */
async function loadNode(nodeId: string, context: Context, schema: GraphQLSchema): Promise<object | null> {
  const { load, id } = readNodeId(nodeId)
  const node = await load(id, context)
  const type = node && schema.getType(node.type)
  if (!type || !(declaredScopes(type) ?? []).every((scope) => context.principal.scopes.has(scope))) return null
  brandWithType(node.row, node.type as never)
  return node.row
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    scopes: [],
    description: 'One node by its nodeId. Null where there is none, or none of a type that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A nodeId.' }) },
    resolve: (_, { id }, context, { schema }) => loadNode(id, context, schema),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    scopes: [],
    description: 'Nodes by their nodeIds, in the order asked for, with null in the place of what is not there.',
    args: { ids: t.arg.idList({ required: true, description: 'nodeIds.' }) },
    resolve: (_, { ids }, context, { schema }) =>
      idList('ids', ids, (_argument, id) => id, context.policy.mostRows).map((id) =>
        loadNode(id, context, schema).catch((error: unknown) => {
          if (error instanceof GatewayError) return error
          throw error
        }),
      ) as never,
  }),
}))
