/** Changes of several tokens at once, each on its own: what becomes of one does not matter to the others. */
import type { Context } from '../context.ts'
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { type Failure, InputCheck } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { changeEachOnce, isFailure, mostChanges } from './batch.ts'
import { builder } from './builder.ts'
import { FailureInterface } from './failure.ts'
import { Token } from './token.ts'

interface FailedToken {
  readonly tokenId: string
  readonly error: Failure
}

export interface ChangedBatch {
  readonly successes: readonly TokenRow[]
  readonly failures: readonly FailedToken[]
}

const TokenFailure = builder.objectRef<FailedToken>('TokenFailure').implement({
  description: 'A token that was not changed, and why.',
  fields: (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The id that was asked for.' }),
    error: t.field({ type: FailureInterface, description: 'Why.', resolve: ({ error }) => error }),
  }),
})

export const TokenBatchPayload = builder.objectRef<ChangedBatch>('TokenBatchPayload').implement({
  description: 'What became of each of several tokens, in the order asked for, each once.',
  fields: (t) => ({
    successes: t.field({
      type: [Token],
      description: 'Those that are now as they were asked to be.',
      resolve: ({ successes }) => [...successes],
    }),
    failures: t.field({
      type: [TokenFailure],
      description: 'The others.',
      resolve: ({ failures }) => [...failures],
    }),
  }),
})

/** The options of a field that changes several tokens. */
export const batchField = {
  type: TokenBatchPayload,
  weighs: { onePer: 'tokenIds', sizedFields: ['successes', 'failures'] },
} as const

export const tokenIdsDescription = `Decimal digits, each: ${mostChanges} at most. What is named twice is changed once.`

/** The id that a client wrote. Throws InvalidInput. */
export function tokenIdOf(tokenId: string): number {
  const check = new InputCheck()
  const id = check.read(['tokenId'], () => integerIdOf('tokenId', tokenId))
  check.finish()
  return id as number
}

/**
 * Changes each of the tokens, once. All are tried, whatever becomes of others; throws where one of them ended in what is no
 * expected failure. BAD_USER_INPUT where there are too many.
 */
export async function changeEach(
  tokenIds: readonly string[],
  context: Context,
  changeOne: (id: number) => Promise<TokenRow>,
): Promise<ChangedBatch> {
  const options = { nameOf: (tokenId: string) => tokenId, compare: byNumber }
  const made = await changeEachOnce('tokenIds', tokenIds, context, options, (tokenId) => changeOne(tokenIdOf(tokenId)))
  const successes: TokenRow[] = []
  const failures: FailedToken[] = []
  for (const { asked: tokenId, outcome } of made) {
    if (isFailure(outcome)) failures.push({ tokenId, error: outcome })
    else successes.push(outcome)
  }
  return { successes, failures }
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b)
}
