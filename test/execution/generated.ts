/** Generated questions: documents over the whole schema, by all kinds of callers. */
import fc from 'fast-check'
import type { GraphQLSchema } from 'graphql'
import type { Question } from '../support/bothWays.ts'
import { callers } from './callers.ts'
import { selections } from './choices.ts'
import { writeDocument } from './documents.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Questions for the schema, which is served at the path. */
export function questions(
  { schema, path }: { readonly schema: GraphQLSchema; readonly path: string },
  operation: 'query' | 'mutation',
  vocabulary: Vocabulary,
): fc.Arbitrary<Question> {
  return fc.record({ caller: fc.nat({ max: callers.length - 1 }), selections }).map(({ caller, selections }) => ({
    ...writeDocument(schema, operation, selections, vocabulary),
    caller: callers[caller] ?? null,
    path,
  }))
}
