/** Operations that are sent in the body of a POST only: proxies log addresses, and these take a secret. */
import type { OperationDefinitionNode } from 'graphql'
import { fieldsOf, rootType, type Walk } from './selection.ts'

/** Whether a root field of the operation says `onlyByPost` in its extensions, whatever `@skip` and `@include` will leave out. */
export function isOnlyByPost(walk: Walk, operation: OperationDefinitionNode): boolean {
  const fields = fieldsOf(walk, rootType(walk, operation), operation.selectionSet)
  return [...fields].some(({ definition }) => definition.extensions.onlyByPost === true)
}
