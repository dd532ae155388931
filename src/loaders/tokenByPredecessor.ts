/** Token → the token that it was rotated to. */
import type { Token } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { type Keyed, type LoaderContext, rowsByKey, visibleRows } from './batch.ts'

/** The successor of each token: a list of one, or empty where it was not rotated. */
export function tokenByPredecessor(context: LoaderContext) {
  const predecessor = tokens.column('rotatedFromId')
  return rowsByKey<number, Token>(
    (tokenIds) => context.prisma.$queryRaw<Keyed<number, Token>[]>`
      SELECT ${tokens.columns}, ${predecessor} AS "batchKey" FROM tokens
      WHERE ${predecessor} = ANY(${tokenIds}::integer[]) AND ${visibleRows(context, tokens)}`,
  )
}
