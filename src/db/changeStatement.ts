/**
 * The one statement that makes changes, one or several of a kind: it reads what they are decided on, and where that is as
 * the decision took it to be, it changes the rows, writes the audit events and remembers the idempotency keys.
 */
import { isVisibleTo } from '../auth/visibility.ts'
import { auditedColumns, insertEvents, type Told } from './audit.ts'
import { authorIn, caller } from './author.ts'
import { Prisma } from './generated/prisma/client.ts'
import { earlierRequest, keyColumns, rememberRequests } from './idempotency.ts'
import type { Statement } from './read.ts'

/** A kind of change in SQL. Its expressions speak of `job`, of the tables that it joins, and of `caller_access`. */
export interface Kind {
  /** Whether changes of it may be made by one statement, however many are asked for at the same moment. */
  readonly merges: boolean
  /** Whether a statement makes one of them at most for each row that they are about; the others are decided anew then. */
  readonly oncePerTarget: boolean
  /** Whether it may take something from a caller, so that what is remembered of callers is not relied on after it. */
  readonly takesAway: boolean
  /** The columns that it adds to a job, with their types. */
  readonly columns: Prisma.Sql
  /** Joins to `job` the row that it is about, where its caller sees it. */
  readonly joined: Prisma.Sql
  /** What locks that row until the change is over. */
  readonly lock: Prisma.Sql
  readonly targetId: Prisma.Sql
  readonly organization: Prisma.Sql
  /** What the row is like, as a text. */
  readonly standing: Prisma.Sql
  /** What is held, as a text; null for jobs whose decision does not depend on it. */
  readonly held: Prisma.Sql
  /** The table of the row and the columns of it that are answered, as they are after the change; null where none are needed. */
  readonly answered: { readonly table: Prisma.Sql; readonly columns: Prisma.Sql } | null
  /** The id of the row that is changed, of "targetId" and what a job says: of whatever type the table's ids are. */
  readonly changedId: Prisma.Sql
  /**
   * What the audit trail tells of the row before and after, JSON made of the columns of `granted`; left out: what the job's
   * event says. Where columns are answered, `granted` has the row before the change as `target`.
   */
  readonly told?: Told
  /**
   * Changes the rows that `granted` names by "changedId": with the columns of a job, "targetId", "targetOrganization" and
   * author. Where columns are answered, it returns `place` and the whole row as `changed`.
   */
  readonly write: Prisma.Sql
  /** What is written besides, each as `name AS (statement)`: later ones may speak of earlier ones. */
  readonly writeBeside: readonly Prisma.Sql[]
  /** What events are written of, a table as `insertEvents` takes it, where that is more than what is `granted`. */
  readonly events?: Prisma.Sql
  /** What is remembered under an idempotency key, JSON made of the same columns. */
  readonly outcome: Prisma.Sql
}

/** The id of a row of any table. */
export type RowId = number | string

/** What a statement answers for a job whose row the caller sees; for others it answers nothing. */
export interface Facts {
  /** Where in the list of jobs it stands, from 0. */
  readonly place: number
  /** The id of the row that was changed; null where nothing was. */
  readonly changedId: RowId | null
  readonly targetOrganization: string
  readonly standing: string
  readonly held: string | null
  /** The caller as the `*_by` columns record it. Null where it has no user: a service with a JWT of its own. */
  readonly author: Prisma.JsonValue
  /** What an earlier request under the key came to; null where there is none. */
  readonly outcome: Prisma.JsonValue
  /** Whether that one asked for the same; null where there is none. */
  readonly same: boolean | null
}

/** Asks what jobs are decided on, and changes nothing. `jobs` is the list of them as JSON, all with a key, or none. */
export function factsStatement(kind: Kind, jobs: string, keyed: boolean): Statement {
  return { text: textOf(kind, keyed ? 'facts with keys' : 'facts', () => factsText(kind, keyed)), values: [jobs] }
}

/** Makes the changes that may be made, and answers the same. */
export function changingStatement(kind: Kind, jobs: string, keyed: boolean): Statement {
  return {
    text: textOf(kind, keyed ? 'changes with keys' : 'changes', () => changingText(kind, keyed)),
    values: [jobs],
  }
}

/** What was done under the key of a job whose row may not be there any more, as facts have it; nothing where nothing was. */
export function earlierStatement(jobs: string): Statement {
  return { text: earlierText, values: [jobs] }
}

/** The texts of each kind's statements: to make one takes longer than to send it. */
const texts = new WeakMap<Kind, Map<string, string>>()

function textOf(kind: Kind, name: string, make: () => Prisma.Sql): string {
  const known = texts.get(kind) ?? new Map<string, string>()
  texts.set(kind, known)
  const text = known.get(name) ?? make().text
  known.set(name, text)
  return text
}

function factsText(kind: Kind, keyed: boolean): Prisma.Sql {
  const { answered } = kind
  const row = answered && {
    columns: Prisma.sql`, ${answered.columns}`,
    joined: Prisma.sql`CROSS JOIN LATERAL (SELECT (decided.target).*) AS ${answered.table}`,
  }
  return Prisma.sql`
    SELECT ${factColumns}, NULL AS "changedId" ${row?.columns ?? Prisma.empty}
    FROM (${factsOf(kind, keyed, Prisma.empty)}) AS decided ${row?.joined ?? Prisma.empty} ORDER BY place`
}

function changingText(kind: Kind, keyed: boolean): Prisma.Sql {
  const isAsDecided = Prisma.sql`standing = ANY(standings) AND held IS NOT DISTINCT FROM holdings AND same IS NULL`
  const isFirst = kind.oncePerTarget
    ? Prisma.sql`AND row_number() OVER (PARTITION BY "targetId", ${isAsDecided} ORDER BY place) = 1`
    : Prisma.empty
  const decided = Prisma.sql`
    WITH decided AS MATERIALIZED (
      SELECT facts.*, CASE WHEN ${isAsDecided} ${isFirst} THEN ${kind.changedId} END AS "changedId"
      FROM (${factsOf(kind, keyed, kind.lock)}) AS facts ORDER BY place
    )`
  const event = insertEvents(kind.events ?? Prisma.sql`granted`, kind.told)
  const written = Prisma.join([
    Prisma.sql`written AS (${kind.write})`,
    ...kind.writeBeside,
    Prisma.sql`event AS (${event})`,
  ])
  if (!keyed) {
    return Prisma.sql`${decided}, granted AS (SELECT * FROM decided WHERE "changedId" IS NOT NULL), ${written}
      SELECT ${factColumns}, decided."changedId" ${answeredRow(kind)}`
  }
  return Prisma.sql`${decided}, remembered AS (
      ${rememberRequests(Prisma.sql`decided WHERE "changedId" IS NOT NULL`, kind.outcome)}
    ), granted AS (
      SELECT decided.* FROM decided JOIN remembered ON remembered.key = decided.key
    ), ${written}
    SELECT ${factColumns}, CASE WHEN EXISTS (SELECT FROM granted WHERE granted.place = decided.place)
      THEN decided."changedId" END AS "changedId" ${answeredRow(kind)}`
}

/** The rest of the select list, and where all of it comes from. */
function answeredRow({ answered }: Kind): Prisma.Sql {
  if (answered === null) return Prisma.sql`FROM decided`
  const { table, columns } = answered
  return Prisma.sql`, ${columns}
    FROM decided LEFT JOIN written ON written.place = decided.place
    CROSS JOIN LATERAL (SELECT (coalesce(written.changed, decided.target)).*) AS ${table}`
}

const factColumns = Prisma.join(
  ['place', 'targetOrganization', 'standing', 'held', 'author', 'outcome', 'same'].map((column) =>
    Prisma.raw(`decided."${column}"`),
  ),
)

const jobColumns = Prisma.sql`
  place integer, "callerAccess" integer, "callerUser" uuid, "seesAll" boolean, sees uuid,
  standings text[], holdings text, ${auditedColumns}, ${keyColumns}`

/** The table of what jobs say. */
export const job = Prisma.sql`job`

const noEarlier = Prisma.sql`NULL::jsonb AS outcome, NULL::boolean AS same`

/** Whatever the jobs are: they are the one value of a statement. */
const jobs = Prisma.sql`${''}::jsonb`

function factsOf(kind: Kind, keyed: boolean, lock: Prisma.Sql): Prisma.Sql {
  const earlier = earlierRequest(job, kind.organization)
  const target = kind.answered === null ? Prisma.empty : Prisma.sql`, ${kind.answered.table} AS target`
  return Prisma.sql`
    SELECT job.*, ${kind.targetId} AS "targetId", ${kind.organization} AS "targetOrganization",
      ${kind.standing} AS standing, ${kind.held} AS held, ${authorIn(kind.organization)} AS author,
      ${keyed ? earlier.columns : noEarlier} ${target}
    FROM jsonb_to_recordset(${jobs}) AS job(${jobColumns}, ${kind.columns})
    ${kind.joined} ${caller} ${keyed ? earlier.joined : Prisma.empty} ${lock}`
}

const earlierText = Prisma.sql`
  SELECT earlier.outcome, earlier.request_hash = job."requestHash" AS same
  FROM jsonb_to_recordset(${jobs}) AS job(${jobColumns})
  JOIN idempotency_keys AS earlier ON ${isVisibleTo(job, Prisma.sql`earlier.organization_id`)}
    AND earlier.subject = job.subject AND earlier.key = job.key AND earlier.created_at > job.forgotten
  ORDER BY earlier.created_at DESC LIMIT 1`.text
