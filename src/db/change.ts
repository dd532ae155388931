/**
 * The one way in which anything is changed: by one statement that does so only where everything is as its decision took it
 * to be, with its author and its audit event, once for each idempotency key; and what the request had loaded is forgotten.
 *
 * The decision is made in code. What a row is like is one of a few texts, so it is made beforehand for each of them. What is
 * held could be anything, so it is made on what was held the last time; where that has changed, or was not known, nothing is
 * changed, what is held now is answered, and the decision is made on that.
 */
import { LRUCache } from 'lru-cache'
import type { AuthorSnapshot } from '../auth/author.ts'
import type { Principal } from '../auth/principal.ts'
import { type Visibility, visibilityColumns } from '../auth/visibility.ts'
import { GatewayError } from '../errors.ts'
import { Conflict, Failure, InvalidInput, NotFound } from '../failures.ts'
import type { Tally } from '../observer.ts'
import type { AuditEvent } from './audit.ts'
import type { Catalogues } from './catalogue.ts'
import {
  changingStatement,
  earlierStatement,
  type Facts,
  factsStatement,
  type Kind,
  type RowId,
} from './changeStatement.ts'
import { type DatabaseFailure, databaseFailure } from './failure.ts'
import type { Prisma } from './generated/prisma/client.ts'
import { keyValues, noKey } from './idempotency.ts'
import { type Asking, mergeChanges } from './mergedChanges.ts'
import type { Read } from './read.ts'
import type { Refusals } from './refusals.ts'
import { requestHash } from './requestHash.ts'
import type { Share } from './shares.ts'
import type { Write } from './write.ts'

/** The request that changes something. */
export interface Changing {
  readonly principal: Principal
  readonly visibility: Visibility
  readonly changes: Changes
  readonly read: Read
  readonly now: Date
  readonly signal: AbortSignal
  readonly share: Share
  readonly requestId: string
  readonly tally: Tally
  readonly loaders: { forget(): void }
}

/** A change that is made once, however often it is asked for under its key. */
export interface Once<Result> {
  readonly key: string
  readonly operation: string
  /** Changes with the form of what is asked. */
  readonly version: number
  /** What is asked: lists are sets, and what is left out is null. */
  readonly asked: object
  /** Whether a retry is answered even where the change could not be made any more: left out, it fails then. */
  readonly answersAlways?: boolean
  /** The answer to a retry. Of the result, what the kind of change says is remembered. */
  replay(outcome: Prisma.JsonObject): Promise<Result>
}

/** The row of a change, after it: `changedId` is null where it was to be left as it is. */
export interface ChangedRow<Id extends RowId = RowId> {
  readonly changedId: Id | null
  readonly targetOrganization: string
  readonly author: AuthorSnapshot | null
}

/** A change that is wanted. */
export interface Wanted<Row extends ChangedRow, Result> {
  readonly kind: Kind
  readonly event: AuditEvent
  /** The columns that the kind adds to a job. */
  readonly job: object
  /** What the request names, which the event of a refusal is about. Null: nothing that there is, or whoever asks takes note of it. */
  readonly asked: { readonly type: string; readonly id: string } | null
  /** Whose rows are looked through, where the caller need not see the row; left out: those that it sees. */
  readonly sentFor?: Visibility
  /** What is said where there is no such row, or none that the caller may see. */
  readonly missing: string
  /** Everything that a row may be like. */
  readonly standings: readonly string[]
  /**
   * Whether a row that is like this is to be changed, or left as it is; or, where neither may be, what makes the failure
   * that is told. It is asked of all that a row may be like, so it does nothing else.
   */
  decide(standing: string): boolean | (() => Failure)
  /** What is asked of what is held; left out: nothing. */
  readonly holding?: {
    /** Whose and what holdings the kind selects for the job: equal for those that have the same. Null: none. */
    readonly of: string | null
    /** Throws a Failure where the change is not allowed to who holds this. Not asked of a retry. */
    check(held: string | null): Promise<void>
  }
  /** Null: each request is carried out. */
  readonly once: Once<Result> | null
  resultOf(row: Row): Result
}

/** Where changes are made: for all requests of a gateway. */
export interface Changes {
  /** What roles permit, for decisions on changes. */
  readonly catalogues: Catalogues
  /** Where what is refused is taken note of. */
  readonly refusals: Refusals
  /** What was held the last time that it was asked. */
  readonly held: LRUCache<string, string>
  /**
   * Makes the change where all is as the job says, in the turn of who asks for it; answers the facts of it either way.
   * Rejects as `Write` does.
   */
  make(kind: Kind, job: Job, asking: Asking & Pick<Changing, 'visibility'>): Promise<Facts | undefined>
}

/** Holdings that are remembered: some hundred bytes each, for those who make changes again and again. */
const mostHeld = 2_000

/** Organizations whose changes are merged at the same time, where each has statements of its own. */
const mostApart = 1_000

export interface ChangesOptions {
  /** Whether changes are merged of one organization only. */
  readonly apart: boolean
  /** Called when a change of a kind has been made that may take something from a caller. */
  onLoss(): void
}

/** One place for changes over one database. Kinds that say so are merged over requests. */
export function createChanges(
  write: Write,
  catalogues: Catalogues,
  refusals: Refusals,
  { apart, onLoss }: ChangesOptions,
): Changes {
  const makeTogether = (kind: Kind, sentFor: Visibility) =>
    mergeChanges<Job, Facts | undefined>(async (jobs, signal) => {
      const answers = await write<Facts>(changingStatement(kind, listOf(jobs), false), signal, sentFor)
      const byPlace = new Map(answers.map((facts) => [facts.place, facts]))
      return jobs.map((_, place) => byPlace.get(place))
    })
  const merged = new WeakMap<Kind, LRUCache<string, ReturnType<typeof makeTogether>>>()
  const makerOf = (kind: Kind, visibility: Visibility) => {
    const makers = merged.get(kind) ?? new LRUCache({ max: mostApart })
    merged.set(kind, makers)
    const whose = apart ? `${visibilityColumns(visibility).sees}` : 'all'
    const maker = makers.get(whose) ?? makeTogether(kind, visibility)
    makers.set(whose, maker)
    return maker
  }
  const makeOne: Changes['make'] = async (kind, job, asking) => {
    if (!kind.merges || job.key !== null) {
      const { share, signal, visibility } = asking
      const statement = changingStatement(kind, listOf([job]), job.key !== null)
      const [answer] = await share.use(() => write<Facts>(statement, signal, visibility))
      return answer
    }
    return makerOf(kind, asking.visibility)(job, asking)
  }
  return {
    catalogues,
    refusals,
    held: new LRUCache({ max: mostHeld }),
    async make(kind, job, asking) {
      const answer = await makeOne(kind, job, asking)
      if (kind.takesAway && answer?.changedId != null) onLoss()
      return answer
    },
  }
}

/** What a statement is told of one change. */
type Job = ReturnType<typeof jobOf> & {
  /** What the row may be like for the change to be made. */
  readonly standings: readonly string[]
  /** What must be held for it. */
  readonly holdings: string | null
}

function listOf(jobs: readonly object[]): string {
  return JSON.stringify(jobs.map((job, place) => ({ place, ...job })))
}

function jobOf<Row extends ChangedRow, Result>(changing: Changing, { event, job, once }: Wanted<Row, Result>) {
  const { principal, visibility, now, requestId } = changing
  const { subject, organizationId, accessId, userId, tokenId } = principal
  const key = once && keyValues(once.key, requestHash(once.operation, once.version, once.asked), organizationId, now)
  return {
    ...job,
    ...event,
    ...visibilityColumns(visibility),
    ...(key ?? noKey),
    callerAccess: accessId,
    callerUser: userId,
    subject,
    tokenId,
    requestId,
    at: now,
  }
}

/**
 * Makes the change and returns its result; what is refused leaves an event, too.
 *
 * Throws NotFound where there is no such row, Conflict where the key was used for another request, what the decisions
 * throw, and OUTCOME_UNKNOWN where the change may have happened or not: it is not tried again then.
 */
export async function change<Row extends ChangedRow, Result>(
  changing: Changing,
  wanted: Wanted<Row, Result>,
): Promise<Result> {
  const found: Found = { organizationId: changing.principal.organizationId }
  try {
    return await decideAndChange(changing, wanted, found)
  } catch (error) {
    if (error instanceof Failure) noteRefusal(changing, wanted, found, error)
    // Asked again under its key, the change is made once, whatever became of it.
    if (error instanceof GatewayError && error.code === 'OUTCOME_UNKNOWN')
      throw retryableIf(wanted.once !== null, error)
    throw error
  } finally {
    changing.loaders.forget()
  }
}

/** Whose trail a refusal is in: that of the row, once it is found, or of the caller. */
interface Found {
  organizationId: string | null
}

/** What is wrong in itself was no question to any rule. What contradicts what is there has failed, anything else is refused. */
function noteRefusal<Row extends ChangedRow, Result>(
  { changes, principal, requestId, now }: Changing,
  { event, asked }: Wanted<Row, Result>,
  { organizationId }: Found,
  failure: Failure,
): void {
  if (asked === null || failure instanceof InvalidInput) return
  changes.refusals.note({
    action: event.action,
    outcome: failure instanceof Conflict ? 'FAILED' : 'REFUSED',
    reason: failure.code,
    detail: failure.detail(),
    target: asked,
    organizationId,
    by: principal,
    requestId,
    at: now,
  })
}

/** How often a change is decided anew at most, because what it was decided on had changed again. */
const mostDecisions = 5

async function decideAndChange<Row extends ChangedRow, Result>(
  changing: Changing,
  wanted: Wanted<Row, Result>,
  found: Found,
): Promise<Result> {
  const { kind, once, holding } = wanted
  const { held } = changing.changes
  const standings = wanted.standings.filter((standing) => wanted.decide(standing) === true)
  const job = jobOf(changing, wanted)
  const heldBy = holding?.of ?? null
  let holdings = heldBy === null ? null : held.get(heldBy)
  let mayChange = standings.length > 0 && holdings !== undefined && (await isAllowed(wanted, holdings))
  for (let decision = 0; decision < mostDecisions; decision++) {
    const { facts, failure } = mayChange
      ? await made(changing, wanted, { ...job, standings, holdings: holdings ?? null })
      : { facts: await asked(changing, kind, job), failure: null }
    if (facts === undefined) return await answerWithoutRow(changing, wanted, job)
    found.organizationId = facts.targetOrganization
    const row = facts as Facts & Row
    if (facts.changedId !== null) return wanted.resultOf(row)
    const isRetry = once !== null && facts.same !== null
    const decided = wanted.decide(facts.standing)
    if (typeof decided === 'function' && !(isRetry && once.answersAlways)) {
      if (!mayChange || !once?.answersAlways) throw decided()
      // The same request may have been carried out while the statement waited for its turn.
      mayChange = false
      continue
    }
    if (isRetry) return replayed(once, facts)
    if (decided === false) return wanted.resultOf(row)
    await holding?.check(facts.held)
    if (failure !== null) throw failure
    if (heldBy !== null && facts.held !== null) held.set(heldBy, facts.held)
    holdings = facts.held
    mayChange = true
  }
  throw new GatewayError('SERVICE_UNAVAILABLE', 'others are changing the same at present', { retryAfter: 1 })
}

/** What the change is answered where there is no such row: a retry, what it has come to. Throws NotFound, and Conflict. */
async function answerWithoutRow<Row extends ChangedRow, Result>(
  { read }: Changing,
  { once, missing }: Wanted<Row, Result>,
  job: object,
): Promise<Result> {
  const [earlier] = once?.answersAlways ? await read<Earlier>(earlierStatement(listOf([job]))) : []
  if (once === null || earlier === undefined) throw new NotFound(missing)
  return replayed(once, earlier)
}

type Earlier = Pick<Facts, 'outcome' | 'same'>

async function replayed<Result>(once: Once<Result>, { outcome, same }: Earlier): Promise<Result> {
  if (!same) throw new Conflict('the idempotency key was used for another request')
  return once.replay(outcome as Prisma.JsonObject)
}

/** Whether the change is allowed to who holds this: where it is not, that is told only of what turns out to be held. */
async function isAllowed<Row extends ChangedRow, Result>(
  { holding }: Wanted<Row, Result>,
  held: string | null,
): Promise<boolean> {
  try {
    await holding?.check(held)
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

async function asked({ read }: Changing, kind: Kind, job: Pick<Job, 'key'>): Promise<Facts | undefined> {
  const [facts] = await read<Facts>(factsStatement(kind, listOf([job]), job.key !== null))
  return facts
}

/**
 * The facts of the job and, where all is as it says, the change. A database that takes no changes still tells the facts; so
 * does one that has been given meanwhile what must be there once.
 */
async function made(
  changing: Changing,
  { kind, sentFor = changing.visibility }: Pick<Wanted<never, never>, 'kind' | 'sentFor'>,
  job: Job,
): Promise<{ readonly facts: Facts | undefined; readonly failure: unknown }> {
  const { changes, signal, share, tally } = changing
  tally.statements += 1
  try {
    const carriedOut = changes.make(kind, job, { signal, share, visibility: sentFor })
    return { facts: await untilGivenUp(carriedOut, signal), failure: null }
  } catch (error) {
    // Who does not see the row can't be told the facts either.
    if (!toldByFacts.has(databaseFailure(error)) || sentFor !== changing.visibility) throw error
    return { facts: await asked(changing, kind, job), failure: error }
  }
}

/** Failures of a change whose reason may show in the facts. */
const toldByFacts: ReadonlySet<DatabaseFailure | undefined> = new Set(['readOnly', 'unique'] as const)

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
