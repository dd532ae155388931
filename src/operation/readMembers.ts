/** Which members of rows an operation may read, from what its fields declare in the schema. */
import type { GraphQLCompositeType, OperationDefinitionNode, SelectionSetNode } from 'graphql'
import type { ReadMembers } from '../links/columns.ts'
import { declaredReads } from '../schema/readsPlugin.ts'
import { fieldsOf, rootType, type Walk } from './selection.ts'

/** The members by the models' names, whatever `@skip` and `@include` will leave out. */
export function readMembers(walk: Walk, operation: OperationDefinitionNode): ReadMembers {
  const members = new Map<string, Set<string>>()
  const walked = new Map<SelectionSetNode, Set<GraphQLCompositeType>>()

  const visit = (parent: GraphQLCompositeType, selections: SelectionSetNode) => {
    const parents = walked.get(selections) ?? new Set()
    if (parents.has(parent)) return
    walked.set(selections, parents.add(parent))
    for (const { node, definition, type } of fieldsOf(walk, parent, selections)) {
      for (const { model, members: read } of declaredReads(definition) ?? []) {
        const known = members.get(model) ?? new Set()
        members.set(model, known)
        for (const member of read) known.add(member)
      }
      if (type !== undefined && node.selectionSet !== undefined) visit(type, node.selectionSet)
    }
  }
  visit(rootType(walk, operation), operation.selectionSet)
  return members
}
