/** What the arguments of a field come to, made once for each field of a document, however many parents it is asked of. */
import type { FieldNode, GraphQLResolveInfo } from 'graphql'

/** Returns what `make` returned for the same field of the request's document before, or throws what it threw. */
export type PerField = <Made>(info: Pick<GraphQLResolveInfo, 'fieldNodes'>, make: () => Made) => Made

/** A memory for one request: there, equal fields have equal arguments. */
export function createPerField(): PerField {
  const made = new Map<FieldNode | undefined, () => unknown>()
  return <Made>({ fieldNodes }: Pick<GraphQLResolveInfo, 'fieldNodes'>, make: () => Made): Made => {
    const [field] = fieldNodes
    let outcome = made.get(field)
    if (outcome === undefined) {
      outcome = outcomeOf(make)
      made.set(field, outcome)
    }
    return outcome() as Made
  }
}

function outcomeOf<Made>(make: () => Made): () => Made {
  try {
    const result = make()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}
