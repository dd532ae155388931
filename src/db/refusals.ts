/**
 * What is refused, or fails, leaves an event in the audit trail as a change does. There is no change that it could be written
 * with, so it is written beside the requests, in statements of its own; and so that nobody floods the trail by asking again and
 * again, what is the same is counted:
 *
 * - The first refusal leaves an event at once. Further ones of the same caller, action, reason and target in the next minute are
 *   one event more when that is over, with their number in `count`, and the request of the last one.
 * - Of the same caller, action and reason so many targets have events of their own in a minute; those beyond them are one event
 *   together, with the target of the last one.
 * - Where more is going on than can be told apart, callers of an organization are counted together.
 *
 * Nothing is left out: what can't be written is kept and written later, and where too much is kept, the observer is told how much
 * was lost. A process that is killed loses what it has not written: a quarter of a second, and counts of the last minute.
 */
import type { Principal } from '../auth/principal.ts'
import { visibilityColumns, visibilityOf } from '../auth/visibility.ts'
import { GatewayError } from '../errors.ts'
import type { Observer } from '../observer.ts'
import { authorIn, caller } from './author.ts'
import type { Database } from './client.ts'
import { databaseFailure } from './failure.ts'
import { Prisma } from './generated/prisma/client.ts'
import { everything } from './rowSecurity.ts'

/** Something that was not done. Never give it a secret or the hash of one. */
export interface Refusal {
  /** What was asked for, such as `token.issue`. */
  readonly action: string
  /** REFUSED by a rule of the gateway; FAILED because of how things stand. */
  readonly outcome: 'REFUSED' | 'FAILED'
  /** Why: a stable code, such as `SCOPE_NOT_GRANTED`. */
  readonly reason: string
  /** What tells more than that, of the first of several. */
  readonly detail?: object | undefined
  /** What it was asked of: the name of a type, and an id. */
  readonly target: { readonly type: string; readonly id: string }
  /** Whose trail has it: that of the target, or of the caller where that does not see the target. Null: nobody's. */
  readonly organizationId: string | null
  /** Who asked; or where a credential itself was refused, the API token that it was of, and the user of that. */
  readonly by: Principal | { readonly subject: string; readonly tokenId: number }
  readonly requestId: string
  readonly at: Date
}

export interface Refusals {
  /** Takes note of a refusal, and returns at once. */
  note(refusal: Refusal): void
  /** Writes all that has been noted and not been written; resolves when that is done, or can't be. */
  flush(): Promise<void>
}

export interface RefusalsOptions {
  readonly database: Pick<Database, 'write'>
  readonly clock: () => Date
  readonly observe: Observer
  /** Milliseconds from one look at what there is to be written to the next. */
  readonly every?: number
}

/** Milliseconds for which refusals of the same kind are counted. */
const window = 60_000

/** Targets that have events of their own in a window. */
const mostTargets = 20

/** Callers, actions and reasons that are told apart at the same time. */
const mostKinds = 1_000

/** Events that are kept while they can't be written. */
const mostKept = 5_000

/** Events that one statement writes. */
const mostWritten = 500

/** Refusals of the same kind since the last event of theirs: the last one, with the detail of the first, and how many. */
interface Counted {
  readonly refusal: Refusal
  readonly count: number
}

/** Refusals of the same caller, action and reason. */
interface Window {
  readonly since: number
  /** By target; null where the first one stands alone. */
  readonly targets: Map<string, Counted | null>
  /** Of further targets. */
  beyond: Counted | null
}

/** Takes note of refusals until the process ends: `flush` is to be called before it does. */
export function createRefusals({ database, clock, observe, every = 250 }: RefusalsOptions): Refusals {
  const windows = new Map<string, Window>()
  let unwritten: Counted[] = []
  let underWay: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const keep = (counted: Counted) => {
    if (unwritten.length < mostKept) unwritten.push(counted)
    else observe({ kind: 'refusalsLost', count: counted.count })
  }
  const closeWindows = (before: number) => {
    for (const [key, { since, targets, beyond }] of windows) {
      if (since > before) continue
      windows.delete(key)
      for (const counted of [...targets.values(), beyond]) if (counted !== null) keep(counted)
    }
  }
  const write = async (events: readonly Counted[]): Promise<void> => {
    try {
      await database.write(insertRefusals(events), neverAborted, everything)
    } catch (error) {
      // What the database can't take now, it is given later; and what it refuses keeps nothing else back.
      // It may have been given what nobody knows it has: that is there twice rather than not at all.
      if (isOutOfReach(error)) for (const each of events) keep(each)
      else if (events.length > 1) for (const each of events) await write([each])
      else observe({ kind: 'unexpected', requestId: events[0]?.refusal.requestId ?? 'refusals', error })
    }
  }
  const writeAll = (): Promise<void> => {
    underWay = underWay.then(async () => {
      const events = unwritten
      unwritten = []
      for (let from = 0; from < events.length; from += mostWritten) await write(events.slice(from, from + mostWritten))
    })
    return underWay
  }
  const look = () => {
    closeWindows(clock().getTime() - window)
    if (unwritten.length > 0) void writeAll()
    else if (windows.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
  const windowOf = (refusal: Refusal): Window => {
    const { action, reason, organizationId, by, at } = refusal
    const since = at.getTime()
    const { tokenId, subject } = by
    const told = JSON.stringify([organizationId, action, reason, subject, tokenId])
    const isToldApart = windows.has(told) || windows.size < mostKinds
    const key = isToldApart ? told : JSON.stringify([organizationId, action, reason])
    const known = windows.get(key)
    if (known !== undefined) return known
    const opened: Window = { since, targets: new Map(), beyond: null }
    windows.set(key, opened)
    return opened
  }

  return {
    note(refusal) {
      const opened = windowOf(refusal)
      const target = JSON.stringify(refusal.target)
      const { targets } = opened
      const counted = targets.get(target)
      if (counted !== undefined) targets.set(target, oneMore(counted, refusal))
      else if (targets.size < mostTargets) {
        targets.set(target, null)
        keep({ refusal, count: 1 })
      } else opened.beyond = oneMore(opened.beyond, refusal)
      timer ??= setInterval(look, every).unref()
    },
    flush() {
      closeWindows(Number.POSITIVE_INFINITY)
      return writeAll()
    },
  }
}

function isOutOfReach(error: unknown): boolean {
  return databaseFailure(error) !== undefined || (error instanceof GatewayError && error.code === 'OUTCOME_UNKNOWN')
}

const neverAborted = new AbortController().signal

function oneMore(counted: Counted | null, refusal: Refusal): Counted {
  if (counted === null) return { refusal, count: 1 }
  const { detail } = counted.refusal
  return { refusal: detail === undefined ? refusal : { ...refusal, detail }, count: counted.count + 1 }
}

/** An event for each, in their order. What belonged to an organization that is not there any more is left out. */
function insertRefusals(events: readonly Counted[]): Prisma.Sql {
  const jobs = JSON.stringify(events.map(({ refusal, count }, place) => ({ place, count, ...jobOf(refusal) })))
  const organization = Prisma.sql`job."organizationId"`
  return Prisma.sql`
    INSERT INTO audit_events (organization_id, at, subject, actor, actor_token_id, action, target_type, target_id,
      outcome, reason, detail, count, request_id)
    SELECT ${organization}, at, subject, ${authorIn(organization)}, "tokenId", action, "targetType", "targetId",
      outcome, reason, detail, count, "requestId"
    FROM jsonb_to_recordset(${jobs}::jsonb) AS job(place integer, "organizationId" uuid, at timestamptz, subject text,
      "callerAccess" integer, "callerUser" uuid, "seesAll" boolean, sees uuid, "tokenId" integer, action text,
      "targetType" text, "targetId" text, outcome text, reason text, detail jsonb, count integer, "requestId" text)
    ${caller}
    WHERE ${organization} IS NULL OR EXISTS (SELECT FROM organizations WHERE organizations.id = ${organization})
    ORDER BY place`
}

function jobOf({ by, target, ...refusal }: Refusal) {
  const { subject, tokenId } = by
  const asked = { ...refusal, subject, tokenId, targetType: target.type, targetId: target.id }
  // Who comes with a credential that is refused has not shown to be anybody.
  if (!('accessId' in by)) return asked
  return { ...asked, callerAccess: by.accessId, callerUser: by.userId, ...visibilityColumns(visibilityOf(by)) }
}
