/** Requests that must not be carried out twice, however often they are sent. */
import { Prisma, type PrismaClient } from './generated/prisma/client.ts'
import type { Read } from './read.ts'
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
  /** What its change gave to be remembered. */
  readonly outcome: Prisma.JsonValue
  /** Whether it asked for the same. */
  readonly same: boolean
}

/** What was done under the key in the last 24 hours; null where nothing was. */
export async function findEarlierRequest(
  read: Read,
  { organizationId, subject, key, requestHash }: IdempotentRequest,
  now: Date,
): Promise<EarlierRequest | null> {
  const [earlier] = await read<EarlierRequest>(Prisma.sql`
    SELECT outcome, request_hash = ${requestHash} AS same FROM idempotency_keys
    WHERE organization_id = ${organizationId}::uuid AND subject = ${subject} AND key = ${key}
    AND created_at > ${oldest(now)}`)
  return earlier ?? null
}

/**
 * Remembers what is done under the key, and forgets what the subject did more than 24 hours ago. Fails with a unique
 * violation where another transaction has been faster: then nothing of this one is kept.
 */
export async function rememberRequest(
  transaction: Transaction,
  request: IdempotentRequest,
  outcome: Prisma.InputJsonValue,
  now: Date,
): Promise<void> {
  const { organizationId, subject } = request
  await transaction.idempotencyKey.deleteMany({
    where: { organizationId, subject, createdAt: { lte: oldest(now) } },
  })
  await transaction.idempotencyKey.create({ data: { ...request, outcome, createdAt: now }, select: { key: true } })
}

/** Rows that one statement removes at most, so that none of them holds others up. */
const swept = 1_000

/**
 * Forgets what is older than 24 hours, whoever asked for it, and returns how many requests those were. Several processes
 * may do so at once.
 */
export async function forgetOldRequests(prisma: PrismaClient, now: Date): Promise<number> {
  let forgotten = 0
  for (;;) {
    const removed = await prisma.$executeRaw`
      DELETE FROM idempotency_keys WHERE (organization_id, subject, key) IN (
        SELECT organization_id, subject, key FROM idempotency_keys
        WHERE created_at <= ${oldest(now)} LIMIT ${swept} FOR UPDATE SKIP LOCKED)`
    forgotten += removed
    if (removed < swept) return forgotten
  }
}

function oldest(now: Date): Date {
  return new Date(now.getTime() - rememberedFor)
}
