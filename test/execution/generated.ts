/** Generated questions: documents over the whole schema, by all kinds of callers. */
import fc from 'fast-check'
import type { GraphQLSchema } from 'graphql'
import type { Question } from '../support/bothWays.ts'
import type { Caller } from '../support/harness.ts'
import { callers } from './callers.ts'
import { selections } from './choices.ts'
import { writeDocument } from './documents.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Questions for the schema, which is served at the path, by these callers. */
export function questions(
  { schema, path }: { readonly schema: GraphQLSchema; readonly path: string },
  operation: 'query' | 'mutation',
  vocabulary: Vocabulary,
  by: readonly Caller[] = callers,
): fc.Arbitrary<Question> {
  return fc.record({ caller: fc.nat({ max: by.length - 1 }), selections }).map(({ caller, selections }) => ({
    ...writeDocument(schema, operation, selections, vocabulary),
    caller: by[caller] ?? null,
    path,
  }))
}
