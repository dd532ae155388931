/**
 * Who may do it: the accesses with a permission, as statements. They are the twin of `auth/decide`, which says the same of
 * one access: the role covers the resource, the time of the user is not over.
 *
 * A page is read role by role, each along its index and no further than the page can reach. Asked as one condition, the
 * database looks at every access of a large organization.
 */
import { coversSql } from '../auth/decide.ts'
import { isOverSql } from '../auth/expiry.ts'
import type { Resource } from '../auth/resource.ts'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments, rolePermissions, users } from '../db/tables.ts'

/** Which accesses are asked for. */
export interface Holding {
  /** Null: those that have the permission everywhere. Else those that have it there, or everywhere. */
  readonly resource: Resource | null
  /** A condition on the accesses. */
  readonly where: Prisma.Sql
  /** The instant of the request. */
  readonly now: Date
}

/** Which of them are given, by id: from the end where `fromEnd` says so, and then the last one first. */
export interface HoldersRange {
  readonly after?: number | undefined
  readonly before?: number | undefined
  readonly fromEnd: boolean
  readonly limit: number
  readonly offset: number
}

/** The accesses of each permission, with these columns; `"batchKey"` says whose each is. */
export function selectHolders(
  permissionIds: readonly unknown[],
  columns: Prisma.Sql,
  holding: Holding,
  range: HoldersRange,
  visibility: Visibility,
): Prisma.Sql {
  const { fromEnd, limit, offset } = range
  const goes = Prisma.raw(fromEnd ? 'DESC' : 'ASC')
  // An access may hold a role everywhere and on the resource: it counts once.
  const mostOfRole = (offset + limit) * (holding.resource === null ? 1 : 2)
  return Prisma.sql`
    SELECT ${columns}, asked.id AS "batchKey" FROM unnest(${permissionIds}::text[]) AS asked(id) CROSS JOIN LATERAL (
      SELECT DISTINCT held.id FROM ${rolePermissions.name} CROSS JOIN LATERAL (
        SELECT ${accesses.id} FROM ${roleAssignments.name} JOIN ${accesses.name} ON ${accesses.id} = ${accessId}
        WHERE ${isHeld(holding, visibility)} ${between(range)}
        ORDER BY ${accessId} ${goes} LIMIT ${mostOfRole}
      ) AS held
      WHERE ${permissionId} = asked.id ORDER BY held.id ${goes} LIMIT ${limit} OFFSET ${offset}
    ) AS page JOIN ${accesses.name} ON ${accesses.id} = page.id ORDER BY ${accesses.id} ${goes}`
}

/** How many accesses have each permission. */
export function countHolders(permissionIds: readonly unknown[], holding: Holding, visibility: Visibility): Prisma.Sql {
  return Prisma.sql`
    SELECT asked.id AS "batchKey", (
      SELECT count(DISTINCT ${accessId})::integer FROM ${rolePermissions.name} JOIN ${roleAssignments.name} ON TRUE
      JOIN ${accesses.name} ON ${accesses.id} = ${accessId}
      WHERE ${permissionId} = asked.id AND ${isHeld(holding, visibility)}
    ) AS value FROM unnest(${permissionIds}::text[]) AS asked(id)`
}

const accessId = roleAssignments.column('accessId')
const permissionId = rolePermissions.column('permissionId')

/** The access of the assignment has what the role permits, there where it is asked for. */
function isHeld({ resource, where, now }: Holding, visibility: Visibility): Prisma.Sql {
  const covers = coversSql(roleAssignments.column('resourceType'), roleAssignments.column('resourceId'), resource)
  return Prisma.sql`${roleAssignments.column('roleId')} = ${rolePermissions.column('roleId')} AND ${covers}
    AND ${isVisible(visibility, roleAssignments.organization)} AND ${isVisible(visibility, accesses.organization)}
    AND NOT EXISTS (
      SELECT FROM ${users.name} WHERE ${users.id} = ${accesses.column('userId')} AND ${isOverSql(users.column('expiresAt'), now)}
    ) AND ${where}`
}

function between({ after, before }: HoldersRange): Prisma.Sql {
  const lower = after === undefined ? Prisma.empty : Prisma.sql`AND ${accessId} > ${after}`
  return before === undefined ? lower : Prisma.sql`${lower} AND ${accessId} < ${before}`
}
