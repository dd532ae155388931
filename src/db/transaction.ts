/** Changes happen in transactions: all of one, or nothing of it. */
import { GatewayError } from '../errors.ts'
import { databaseFailure } from './failure.ts'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'

export type Transaction = Prisma.TransactionClient

const attempts = 3

/**
 * Runs the work in one transaction and returns what it returns. Work that lost against another transaction is tried
 * again, three times at most, so it must do nothing but ask the database, and through the given client only.
 *
 * Rejects with OUTCOME_UNKNOWN where the connection broke, or the database fell silent, while committing.
 */
export async function inTransaction<T>(
  prisma: PrismaClient,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let committing = false
    try {
      return await prisma.$transaction(async (transaction) => {
        const result = await work(transaction)
        committing = true
        return result
      })
    } catch (error) {
      const failure = databaseFailure(error)
      if (failure === 'conflict' && attempt < attempts) continue
      if (committing && (failure === 'unreachable' || failure === 'timeout')) {
        throw new GatewayError(
          'OUTCOME_UNKNOWN',
          'the connection to the database broke while the change was being committed',
          { cause: error },
        )
      }
      throw error
    }
  }
}
