/**
 * Who may do it: the accesses with a permission, as statements. They are the twin of `auth/decide`, which says the same of
 * one access: the role covers the resource and has not ended, the time of the user is not over.
 *
 * A page is read role by role, each along its index and no further than the page can reach. Asked as one condition, the
 * database looks at every access of a large organization.
 */
import { allowsSql, coversSql } from '../auth/decide.ts'
import { isOverSql, isValidSql } from '../auth/expiry.ts'
import type { Resource } from '../auth/resource.ts'
import { hasStatus, type TokenTime } from '../auth/token.ts'
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

/** The same for tokens. */
interface TokensAsked extends Asked {
  readonly tokenTime: TokenTime
}

/** For what, and when. */
type Asked = Pick<Holding, 'resource' | 'now'>

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
    WITH page AS MATERIALIZED (
      SELECT asked.id AS "batchKey", found.id FROM unnest(${permissionIds}::text[]) AS asked(id) CROSS JOIN LATERAL (
        SELECT DISTINCT held.id FROM ${rolePermissions.name} CROSS JOIN LATERAL (
          SELECT ${accesses.id} FROM ${roleAssignments.name} JOIN ${accesses.name} ON ${accesses.id} = ${accessOfEach}
          WHERE ${isHeld(holding, visibility)} AND ${isWithin(range, visibility)}
          ORDER BY ${inOrder(visibility, goes)} LIMIT ${mostOfRole}
        ) AS held
        WHERE ${permissionId} = asked.id ORDER BY held.id ${goes} LIMIT ${limit} OFFSET ${offset}
      ) AS found
    )
    SELECT ${columns}, page."batchKey" FROM page JOIN ${accesses.name} ON ${accesses.id} = page.id
    ORDER BY ${accesses.id} ${goes}`
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
export function isFirstOfUser(permission: string, holding: Asked): Prisma.Sql {
  return Prisma.sql`NOT EXISTS (
    SELECT FROM ${accesses.name} AS earlier JOIN ${roleAssignments.name} ON ${accessId} = earlier.id
    JOIN ${rolePermissions.name} ON ${roleId} = ${givingRole}
    WHERE earlier.organization_id = ${accesses.organization} AND earlier.user_id = ${accesses.column('userId')}
    AND earlier.id < ${accesses.id} AND ${permissionId} = ${permission} AND ${counts(holding)}
  )`
}

/** The tokens that have the permission, which these roles give, by id: active ones that allow it, of accesses that have it. */
export function selectTokenHolders(
  permission: string,
  roleIds: readonly string[],
  columns: Prisma.Sql,
  holding: TokensAsked,
  { after = 0, limit }: Pick<HoldersRange, 'after' | 'limit'>,
  visibility: Visibility,
): Prisma.Sql {
  const { resource, now, tokenTime } = holding
  const rights = Prisma.sql`(${tokens.column('allowedScopes')} -> 'organizationScopes')`
  const status = {
    revokedAt: tokens.column('revokedAt'),
    expiresAt: tokens.column('expiresAt'),
    idleSince: tokens.column('idleSince'),
    deactivated: tokens.column('deactivated'),
    userIsOver: isOverSql(users.column('expiresAt'), now),
  }
  return Prisma.sql`
    SELECT ${columns} FROM ${tokens.name} JOIN ${accesses.name} ON ${accesses.id} = ${tokens.column('accessId')}
    JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}
    WHERE ${tokens.id} > ${after} AND ${isVisible(visibility, tokens.organization)}
    AND ${hasStatus(['ACTIVE'], status, tokenTime)} AND ${allowsSql(rights, permission, roleIds, resource)} AND EXISTS (
      SELECT FROM ${roleAssignments.name} WHERE ${accessId} = ${tokens.column('accessId')}
      AND ${roleId} = ANY(${roleIds}::text[]) AND ${counts(holding)} AND ${isVisible(visibility, roleAssignments.organization)}
    ) ORDER BY ${tokens.id} LIMIT ${limit}`
}

const accessId = roleAssignments.column('accessId')
const roleId = roleAssignments.column('roleId')
const givingRole = rolePermissions.column('roleId')
const permissionId = rolePermissions.column('permissionId')
/** Looked up one by one: to merge both by id, the planner would go through the accesses that hold other roles as well. */
const accessOfEach = Prisma.sql`(${accessId} + 0)`

/** The assignment gives its role there where it is asked for, and has not ended. */
function counts({ resource, now }: Asked): Prisma.Sql {
  const covers = coversSql(roleAssignments.column('resourceType'), roleAssignments.column('resourceId'), resource)
  return Prisma.sql`${covers} AND ${isValidSql(roleAssignments.column('validUntil'), now)}`
}

/** The access of the assignment has what the role permits, there where it is asked for. */
function isHeld({ resource, where, now }: Holding, visibility: Visibility): Prisma.Sql {
  return Prisma.sql`${counts({ resource, now })} AND ${isVisible(visibility, accesses.organization)}
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
