/** Relay's object identification: one id, and one way to get, for everything that has an identity. */
import type { GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import { badInput, mostErrors } from '../errors.ts'
import { decodeOpaque, encodeOpaque } from '../opaqueId.ts'
import { idList } from '../search/condition.ts'
import { builder } from './builder.ts'
import { branded, isCovered, type Reference, referenceTo } from './identity.ts'

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
  return encodeOpaque(kind, id)
}

/** What the node id refers to; null where it is none of ours. Organizations have an identity, but are no nodes. */
function referenceOf(nodeId: string): Reference | null {
  const decoded = decodeOpaque(nodeId)
  return decoded === null || decoded.kind === 'Organization' ? null : referenceTo(decoded.kind, decoded.text)
}

async function findNode(reference: Reference, context: Context, schema: GraphQLSchema): Promise<object | null> {
  if (!isCovered(reference.kind, context, schema)) return null
  const found = await reference.find(context)
  return found && branded(found)
}

/**
 * The nodes, null in the place of what is not there, an error in the place of what is no nodeId. Throws BAD_USER_INPUT
 * where more are none than an answer has errors: a thousand of them would tell nothing new, and cost more than the nodes.
 */
function findNodes(ids: readonly string[], context: Context, schema: GraphQLSchema) {
  const references = idList('ids', ids, (_, id) => referenceOf(id), context.policy.mostRows)
  const malformed = references.filter((reference) => reference === null).length
  if (malformed > mostErrors) throw badInput('ids', `at most ${mostErrors} that are no nodeIds`, malformed)
  return references.map((reference, index) =>
    reference === null ? badInput('ids', 'a nodeId', ids[index]) : findNode(reference, context, schema),
  )
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    scopes: [],
    description: 'One node by its nodeId. Null where there is none, or none of a type that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A nodeId.' }) },
    resolve: (_, { id }, context, { schema }) => {
      const reference = referenceOf(id)
      if (reference === null) throw badInput('id', 'a nodeId', id)
      return findNode(reference, context, schema)
    },
  }),
  nodes: t.field({
    type: [Node],
    weighs: { onePer: 'ids' },
    nullable: { list: false, items: true },
    scopes: [],
    description: 'Nodes by their nodeIds, in the order asked for, with null in the place of what is not there.',
    args: { ids: t.arg.idList({ required: true, description: 'The nodeIds of what is asked for.' }) },
    resolve: (_, { ids }, context, { schema }) => findNodes(ids, context, schema) as never,
  }),
}))
