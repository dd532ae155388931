/**
 * The one way in which anything is changed: in a transaction, on rows that the caller may see and that are locked, with
 * its author and its audit event, once for each idempotency key; and what the request had loaded is forgotten.
 */
import type { AuthorSnapshot } from '../auth/author.ts'
import type { Principal } from '../auth/principal.ts'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { GatewayError } from '../errors.ts'
import { Conflict, NotFound } from '../failures.ts'
import type { Tally } from '../observer.ts'
import { type AuditEvent, recordChange } from './audit.ts'
import { databaseFailure } from './failure.ts'
import { Prisma, type PrismaClient } from './generated/prisma/client.ts'
import { findEarlierRequest, type IdempotentRequest, rememberRequest } from './idempotency.ts'
import { type Read, readWithPrisma } from './read.ts'
import { requestHash } from './requestHash.ts'
import type { Share } from './shares.ts'
import type { Table } from './tables.ts'
import { inTransaction, type Transaction } from './transaction.ts'

/** The request that changes something. */
export interface Changing {
  readonly principal: Principal
  readonly visibility: Visibility
  readonly prisma: PrismaClient
  readonly read: Read
  readonly now: Date
  readonly signal: AbortSignal
  readonly share: Share
  readonly requestId: string
  readonly tally: Tally
  readonly columns: <Row>(table: Table<Row>) => Prisma.Sql
  readonly caller: { author(): Promise<AuthorSnapshot | null> }
  readonly loaders: { forget(): void }
}

/** What a change works with. */
export interface Work {
  readonly transaction: Transaction
  /** The caller, for a `*_by` column. */
  readonly author: AuthorSnapshot | typeof Prisma.DbNull
  /** The row with the id, locked until the change is over. Throws NotFound where there is none that the caller may see. */
  lock<Row extends object>(table: Table<Row>, id: string | number, missing: string): Promise<Row>
}

/** What a change did. */
export interface Changed<Result> {
  readonly result: Result
  /** What the audit trail says of it; null where there was nothing to change. */
  readonly event: Pick<AuditEvent, 'organizationId' | 'action' | 'targetType' | 'targetId' | 'before' | 'after'> | null
}

/** A change that is made once, however often it is asked for under its key. */
export interface Once<Result> {
  readonly organizationId: string
  readonly key: string
  readonly operation: string
  /** Changes with the form of what is asked. */
  readonly version: number
  /** What is asked: lists are sets, and what is left out is null. */
  readonly asked: object
  /** What of the result is remembered. Never a secret. */
  outcomeOf(result: Result): Prisma.InputJsonObject
  /** The answer to a retry. */
  replay(outcome: Prisma.JsonObject): Promise<Result>
}

interface ChangeOptions<Result> {
  /** Null: each request is carried out. */
  readonly once?: Once<Result> | null
  /** Asked before the work, and not of a retry: throws where the change is not allowed. */
  readonly check?: () => Promise<void>
}

/**
 * Does the work in a transaction and returns its result. The work may be done again where it lost against another
 * transaction, so it does nothing but ask and change the database, through what it is given.
 *
 * Throws Conflict where the key was used for another request, and as `inTransaction` and the work do.
 */
export async function change<Result>(
  changing: Changing,
  work: (tools: Work) => Promise<Changed<Result>>,
  { once = null, check = async () => {} }: ChangeOptions<Result> = {},
): Promise<Result> {
  const { now } = changing
  const request = once && idempotentRequest(changing, once)
  const replay = async (): Promise<{ readonly result: Result } | null> => {
    const earlier = request && (await findEarlierRequest(changing.read, request, now))
    if (once === null || earlier === null) return null
    if (!earlier.same) throw new Conflict('the idempotency key was used for another request')
    return { result: await once.replay(earlier.outcome as Prisma.JsonObject) }
  }
  const earlier = await replay()
  if (earlier !== null) return earlier.result
  await check()
  try {
    const carriedOut = carryOut(changing, work, async (transaction, result) => {
      if (once !== null && request !== null) await rememberRequest(transaction, request, once.outcomeOf(result), now)
    })
    return await untilGivenUp(carriedOut, changing.signal)
  } catch (error) {
    // Asked again under its key, the change is made once, whatever became of it.
    if (error instanceof GatewayError && error.code === 'OUTCOME_UNKNOWN') throw retryableIf(once !== null, error)
    // The same key in two requests at once: the slower one finds what the faster one did.
    const faster = databaseFailure(error) === 'unique' ? await replay() : null
    if (faster === null) throw error
    return faster.result
  } finally {
    changing.loaders.forget()
  }
}

async function carryOut<Result>(
  changing: Changing,
  work: (tools: Work) => Promise<Changed<Result>>,
  remember: (transaction: Transaction, result: Result) => Promise<void>,
): Promise<Result> {
  const { principal, visibility, columns, now, signal, requestId } = changing
  const author = await changing.caller.author()
  const carriedOut = async (transaction: Transaction) => {
    signal.throwIfAborted()
    const read = readWithPrisma(transaction)
    const { result, event } = await work({
      transaction,
      author: author ?? Prisma.DbNull,
      async lock<Row extends object>(table: Table<Row>, id: string | number, missing: string) {
        const [row] = await read<Row>(Prisma.sql`
          SELECT ${columns(table)} FROM ${table.name}
          WHERE ${table.id} = ${id}::${Prisma.raw(table.idType)} AND ${isVisible(visibility, table.organization)}
          FOR UPDATE`)
        if (row === undefined) throw new NotFound(missing)
        return row
      },
    })
    await remember(transaction, result)
    if (event !== null) {
      const { subject, tokenId } = principal
      await recordChange(transaction, { ...event, at: now, subject, actor: author, actorTokenId: tokenId, requestId })
    }
    // Whoever waited has been told that the outcome is not known: better that it did not happen.
    signal.throwIfAborted()
    return result
  }
  return changing.share.use(() => inTransaction(countingClient(changing), carriedOut))
}

/** What the change comes to; OUTCOME_UNKNOWN where the signal is aborted before, because it may be committing just then. */
async function untilGivenUp<Result>(carriedOut: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let giveUp = () => {}
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => reject(new GatewayError('OUTCOME_UNKNOWN', 'the change took too long', { cause: signal.reason }))
    signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([carriedOut, givenUp])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

function retryableIf(retryable: boolean, { code, message, cause }: GatewayError): GatewayError {
  return new GatewayError(code, message, { extensions: { retryable }, cause })
}

/** Prisma's client, with what it sends added to the request's count. */
function countingClient({ prisma, tally }: Changing): PrismaClient {
  return prisma.$extends({
    query: {
      $allOperations({ args, query }) {
        tally.statements += 1
        return query(args)
      },
    },
  }) as unknown as PrismaClient
}

function idempotentRequest<Result>({ principal }: Changing, once: Once<Result>): IdempotentRequest {
  const { organizationId, key, operation, version, asked } = once
  return { organizationId, subject: principal.subject, key, requestHash: requestHash(operation, version, asked) }
}
