/**
 * What the audit trail has of a token, or around a user, as statements: each thing that events are about is read along its
 * index, no further than the page can reach.
 */
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { all } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accesses, auditEvents, everyAccess, tokens, users } from '../db/tables.ts'

/**
 * What events are asked for about: of a user it is the user, its accesses, and their tokens; of accesses that were
 * removed, those that tokens lead to.
 */
export type About = 'Token' | 'User'

/** Which of them are given, newest first: from the other end where `fromEnd` says so, and then the oldest first. */
export interface EventsRange {
  readonly after: bigint | undefined
  readonly before: bigint | undefined
  readonly fromEnd: boolean
  readonly limit: number
}

/** The events of each token or user, with these columns; `"batchKey"` says whose each is. */
export function selectEvents(
  about: About,
  ids: readonly unknown[],
  columns: Prisma.Sql,
  where: Prisma.Sql,
  range: EventsRange,
  visibility: Visibility,
): Prisma.Sql {
  const goes = Prisma.raw(range.fromEnd ? 'ASC' : 'DESC')
  const isAsked = all([isOfTarget, isVisible(visibility, auditEvents.organization), isWithin(range), where])
  return Prisma.sql`
    WITH page AS MATERIALIZED (
      SELECT asked.key AS "batchKey", found.id FROM ${asked(about, ids)} CROSS JOIN LATERAL (
        SELECT latest.id FROM (${targets[about]}) AS target CROSS JOIN LATERAL (
          SELECT ${auditEvents.id} FROM ${auditEvents.name} WHERE ${isAsked}
          ORDER BY ${auditEvents.id} ${goes} LIMIT ${range.limit}
        ) AS latest ORDER BY latest.id ${goes} LIMIT ${range.limit}
      ) AS found
    )
    SELECT ${columns}, page."batchKey" FROM page JOIN ${auditEvents.name} ON ${auditEvents.id} = page.id
    ORDER BY ${auditEvents.id} ${goes}`
}

/** How many events each token or user has. */
export function countEvents(
  about: About,
  ids: readonly unknown[],
  where: Prisma.Sql,
  visibility: Visibility,
): Prisma.Sql {
  const isAsked = all([isOfTarget, isVisible(visibility, auditEvents.organization), where])
  return Prisma.sql`
    SELECT asked.key AS "batchKey", (
      SELECT count(*)::integer FROM (${targets[about]}) AS target JOIN ${auditEvents.name} ON ${isAsked}
    ) AS value FROM ${asked(about, ids)}`
}

function asked(about: About, ids: readonly unknown[]): Prisma.Sql {
  const type = Prisma.raw({ Token: tokens, User: users }[about].typeOf('id'))
  return Prisma.sql`unnest(${ids}::${type}[]) AS asked(key)`
}

const accessesOfIt = Prisma.sql`${everyAccess.name} WHERE ${accesses.column('userId')} = asked.key`

/** What events of `asked` are about. */
const targets: Readonly<Record<About, Prisma.Sql>> = {
  Token: Prisma.sql`SELECT 'Token' AS type, asked.key::text AS id`,
  User: Prisma.sql`
    SELECT 'User' AS type, asked.key::text AS id
    UNION ALL SELECT 'Access', ${accesses.id}::text FROM ${accessesOfIt}
    UNION ALL SELECT 'Token', ${tokens.id}::text FROM ${tokens.name}
      WHERE ${tokens.column('accessId')} IN (SELECT ${accesses.id} FROM ${accessesOfIt})`,
}

const isOfTarget = Prisma.sql`
  ${auditEvents.column('targetType')} = target.type AND ${auditEvents.column('targetId')} = target.id`

/** The newest come first: what is after a place is older. */
function isWithin({ after, before }: EventsRange): Prisma.Sql {
  return all([
    after === undefined ? undefined : Prisma.sql`${auditEvents.id} < ${after}`,
    before === undefined ? undefined : Prisma.sql`${auditEvents.id} > ${before}`,
  ])
}
