/** What the arguments of a field come to, made once for each field of a document, however many parents it is asked of. */
import { type FieldNode, type GraphQLResolveInfo, locatedError, responsePathAsArray } from 'graphql'
import { mostErrors } from '../errors.ts'

type Field = Pick<GraphQLResolveInfo, 'fieldNodes' | 'path'>

/** Returns what `make` returned for the same field of the request's document before, or throws what it threw. */
export type PerField = <Made>(info: Field, make: () => Made) => Made

/** A memory for one request: there, equal fields have equal arguments. */
export function createPerField(): PerField {
  const made = new Map<FieldNode | undefined, (info: Field) => unknown>()
  return <Made>(info: Field, make: () => Made): Made => {
    const [field] = info.fieldNodes
    let outcome = made.get(field)
    if (outcome === undefined) {
      outcome = outcomeOf(make)
      made.set(field, outcome)
    }
    return outcome(info) as Made
  }
}

function outcomeOf<Made>(make: () => Made): (info: Field) => Made {
  try {
    const result = make()
    return () => result
  } catch (error) {
    return thrower(error)
  }
}

/**
 * Throws the error. For each parent graphql-js makes a located one of it, which takes long; so from where no answer would
 * show another one, one that is located already is thrown.
 */
function thrower(error: unknown): (info: Field) => never {
  let thrown = 0
  let located: unknown
  // A plan has no path to tell, and needs none: the first that is thrown ends it.
  return (info) => {
    thrown += 1
    if (thrown <= mostErrors) throw error
    located ??= locatedError(error, info.fieldNodes, responsePathAsArray(info.path))
    throw located
  }
}
