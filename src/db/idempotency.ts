/** Requests that must not be carried out twice, however often they are sent. */
import type { PrismaClient } from './generated/prisma/client.ts'
import type { Transaction } from './transaction.ts'

/** Milliseconds for which a key is remembered. */
const rememberedFor = 24 * 60 * 60 * 1_000

/** Whose key it is and what was asked under it. */
export interface IdempotentRequest {
  readonly organizationId: string
  readonly subject: string
  readonly key: string
  /** SHA-256 of the request, 32 bytes. */
  readonly requestHash: Uint8Array<ArrayBuffer>
}

/** What a request under the same key came to. */
export interface EarlierRequest {
  readonly tokenId: number
  /** Whether it asked for the same. */
  readonly same: boolean
}

/** What was done under the key in the last 24 hours; null where nothing was. */
export async function findEarlierRequest(
  prisma: PrismaClient,
  { organizationId, subject, key, requestHash }: IdempotentRequest,
  now: Date,
): Promise<EarlierRequest | null> {
  const earlier = await prisma.idempotencyKey.findUnique({
    where: { organizationId_subject_key: { organizationId, subject, key }, createdAt: { gt: oldest(now) } },
  })
  return earlier && { tokenId: earlier.tokenId, same: Buffer.compare(earlier.requestHash, requestHash) === 0 }
}

/**
 * Remembers what is done under the key, and forgets what the subject did more than 24 hours ago. Fails with a unique
 * violation where another transaction has been faster: then nothing of this one is kept.
 */
export async function rememberRequest(
  transaction: Transaction,
  request: IdempotentRequest,
  tokenId: number,
  now: Date,
): Promise<void> {
  const { organizationId, subject } = request
  await transaction.idempotencyKey.deleteMany({
    where: { organizationId, subject, createdAt: { lte: oldest(now) } },
  })
  await transaction.idempotencyKey.create({ data: { ...request, tokenId, createdAt: now } })
}

function oldest(now: Date): Date {
  return new Date(now.getTime() - rememberedFor)
}
