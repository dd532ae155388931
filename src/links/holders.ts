/**
 * Who may do it: the accesses with a permission, as statements. They are the twin of `auth/decide`, which says the same of
 * one access: the role covers the resource, the time of the user is not over.
 *
 * A page is read role by role, each along its index and no further than the page can reach. Asked as one condition, the
 * database looks at every access of a large organization.
 */
import { allowsSql, coversSql } from '../auth/decide.ts'
import { isOverSql } from '../auth/expiry.ts'
import type { Resource } from '../auth/resource.ts'
import { hasStatus } from '../auth/token.ts'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments, rolePermissions, tokens, users } from '../db/tables.ts'

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
        SELECT ${accesses.id} FROM ${roleAssignments.name} JOIN ${accesses.name} ON ${accesses.id} = ${accessOfEach}
        WHERE ${isHeld(holding, visibility)} AND ${isWithin(range, visibility)}
        ORDER BY ${inOrder(visibility, goes)} LIMIT ${mostOfRole}
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
      WHERE ${permissionId} = asked.id AND ${roleId} = ${givingRole} AND ${isHeld(holding, visibility)}
      AND ${isVisible(visibility, roleAssignments.organization)}
    ) AS value FROM unnest(${permissionIds}::text[]) AS asked(id)`
}

/**
 * A condition on accesses: of those of one user that have the permission it is the first, so that by it each user is found
 * once. Its user is visible where the access is.
 */
export function isFirstOfUser(permission: string, resource: Resource | null): Prisma.Sql {
  const covers = coversSql(Prisma.raw('held.resource_type'), Prisma.raw('held.resource_id'), resource)
  return Prisma.sql`NOT EXISTS (
    SELECT FROM accesses AS earlier JOIN role_assignments AS held ON held.access_id = earlier.id
    JOIN role_permissions AS giving ON giving.role_id = held.role_id AND giving.permission_id = ${permission}
    WHERE earlier.organization_id = ${accesses.organization} AND earlier.user_id = ${accesses.column('userId')}
    AND earlier.id < ${accesses.id} AND ${covers}
  )`
}

/** The tokens that have the permission, by id: active ones that allow it, of accesses that have it. */
export function selectTokenHolders(
  permission: string,
  columns: Prisma.Sql,
  { resource, now }: Pick<Holding, 'resource' | 'now'>,
  { after = 0, limit }: Pick<HoldersRange, 'after' | 'limit'>,
  visibility: Visibility,
): Prisma.Sql {
  const covers = coversSql(roleAssignments.column('resourceType'), roleAssignments.column('resourceId'), resource)
  const rights = Prisma.sql`(${tokens.column('allowedScopes')} -> 'organizationScopes')`
  const status = {
    revokedAt: tokens.column('revokedAt'),
    expiresAt: tokens.column('expiresAt'),
    deactivated: tokens.column('deactivated'),
    userIsOver: isOverSql(users.column('expiresAt'), now),
  }
  return Prisma.sql`
    SELECT ${columns} FROM ${tokens.name} JOIN ${accesses.name} ON ${accesses.id} = ${tokens.column('accessId')}
    JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}
    WHERE ${tokens.id} > ${after} AND ${isVisible(visibility, tokens.organization)}
    AND ${hasStatus(['ACTIVE'], status, now)} AND ${allowsSql(rights, permission, resource)} AND EXISTS (
      SELECT FROM ${roleAssignments.name} JOIN ${rolePermissions.name}
      ON ${roleId} = ${givingRole}
      WHERE ${accessId} = ${tokens.column('accessId')} AND ${permissionId} = ${permission} AND ${covers}
      AND ${isVisible(visibility, roleAssignments.organization)}
    ) ORDER BY ${tokens.id} LIMIT ${limit}`
}

const accessId = roleAssignments.column('accessId')
const roleId = roleAssignments.column('roleId')
const givingRole = rolePermissions.column('roleId')
const permissionId = rolePermissions.column('permissionId')
/** Looked up one by one: to merge both by id, the planner would go through the accesses that hold other roles as well. */
const accessOfEach = Prisma.sql`(${accessId} + 0)`

/** The access of the assignment has what the role permits, there where it is asked for. */
function isHeld({ resource, where, now }: Holding, visibility: Visibility): Prisma.Sql {
  const covers = coversSql(roleAssignments.column('resourceType'), roleAssignments.column('resourceId'), resource)
  return Prisma.sql`${covers} AND ${isVisible(visibility, accesses.organization)}
    AND NOT EXISTS (
      SELECT FROM ${users.name} WHERE ${users.id} = ${accesses.column('userId')} AND ${isOverSql(users.column('expiresAt'), now)}
    ) AND ${where}`
}

/** The largest id: they are of PostgreSQL's type `integer`. */
const lastId = 2_147_483_647

/**
 * The assignments of the role in the range: told by two columns at once, the index's last ones. With a condition on the first
 * of them alone the planner takes an index without it for as good, and goes through what is others'.
 */
function isWithin({ after = 0, before }: HoldersRange, visibility: Visibility): Prisma.Sql {
  const end = Prisma.raw(before === undefined ? '<=' : '<')
  const to = before ?? lastId
  const within = (column: Prisma.Sql, value: Prisma.Sql) => Prisma.sql`
    (${column}, ${accessId}) > (${value}, ${after}::integer) AND (${column}, ${accessId}) ${end} (${value}, ${to}::integer)`
  if (visibility.kind === 'allOrganizations') return within(roleId, givingRole)
  const own = within(roleAssignments.column('organizationId'), Prisma.sql`${visibility.organizationId}::uuid`)
  return Prisma.sql`${roleId} = ${givingRole} AND ${own}`
}

function inOrder({ kind }: Visibility, goes: Prisma.Sql): Prisma.Sql {
  const first = kind === 'allOrganizations' ? roleId : roleAssignments.column('organizationId')
  return Prisma.sql`${first} ${goes}, ${accessId} ${goes}`
}
