/** Relay's object identification: one id, and one way to get, for everything that has an identity. */
import type { GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import { badInput, GatewayError } from '../errors.ts'
import { idList } from '../search/condition.ts'
import { builder } from './builder.ts'
import { branded, findByIdentity, isCovered, isKind } from './identity.ts'

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'Something with an identity of its own.',
  fields: (t) => ({
    nodeId: t.id({ description: "Relay's global id: opaque, and unique over all types.", resolve: unreachable }),
  }),
})

function unreachable(): never {
  throw new Error('every type that implements Node resolves its own nodeId')
}

/** The node id of something. `kind` is one of User, Access, Role, Permission and Token. */
export function nodeIdOf(kind: string, id: string | number): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}

/** What has the node id. Throws BAD_USER_INPUT, which names the argument, where it is none of ours. */
async function findNode(
  argument: string,
  nodeId: string,
  context: Context,
  schema: GraphQLSchema,
): Promise<object | null> {
  const text = Buffer.from(nodeId, 'base64url').toString('utf8')
  const kind = text.slice(0, Math.max(text.indexOf(':'), 0))
  const id = text.slice(kind.length + 1)
  if (!isNodeKind(kind) || nodeIdOf(kind, id) !== nodeId) throw badInput(argument, 'a nodeId', nodeId)
  if (!isCovered(kind, context, schema)) return null
  const found = await findByIdentity(kind, id, context).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'BAD_USER_INPUT') throw badInput(argument, 'a nodeId', nodeId)
    throw error
  })
  return found && branded(found)
}

/** Organizations have an identity, but are no nodes. */
function isNodeKind(kind: string): boolean {
  return isKind(kind) && kind !== 'Organization'
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    scopes: [],
    description: 'One node by its nodeId. Null where there is none, or none of a type that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A nodeId.' }) },
    resolve: (_, { id }, context, { schema }) => findNode('id', id, context, schema),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    scopes: [],
    description: 'Nodes by their nodeIds, in the order asked for, with null in the place of what is not there.',
    args: { ids: t.arg.idList({ required: true, description: 'The nodeIds of what is asked for.' }) },
    resolve: (_, { ids }, context, { schema }) =>
      idList('ids', ids, (_argument, id) => id, context.policy.mostRows).map((id) =>
        findNode('ids', id, context, schema),
      ) as never,
  }),
}))
