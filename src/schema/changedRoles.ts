/** How the database changes the catalogue of roles: what is decided on, and what is written. */
import type { Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { callerRights, type RightsText } from './callerRights.ts'
import { assignersColumns, assignersWithout } from './roleAssigners.ts'

/** A role as it is once it is the turn of the change, beside what the caller holds. */
export interface RoleText {
  readonly rights: RightsText
  readonly role: {
    /** Null: there is no such role. */
    readonly description: string | null
    /** What it permits, sorted. */
    readonly permissions: readonly string[]
  }
}

const found = Prisma.sql`role.found`
const isThere = Prisma.sql`${found} ->> 'description' IS NOT NULL`
const unknown = 'unknown '
const held = 'held '

/** The ids of the permissions that there are none of, where the standing says so. */
export function unknownPermissions(standing: string): readonly string[] {
  return standing.startsWith(unknown) ? JSON.parse(standing.slice(unknown.length)) : []
}

/** How many accesses have the role, where the standing says so. */
export function holdersOf(standing: string): number {
  return standing.startsWith(held) ? Number(standing.slice(held.length)) : 0
}

const knowsNot = Prisma.sql`
  WHEN jsonb_array_length(${found} -> 'unknown') > 0 THEN ${Prisma.raw(`'${unknown}'`)} || (${found} -> 'unknown')::text`

/** The role before the change, of what was held. */
const before = Prisma.sql`(held::jsonb -> 'role')`

const common = {
  merges: false,
  oncePerTarget: false,
  takesAway: false,
  columns: Prisma.sql`
    "roleId" text, description text, added text[], removed text[], today date, ${assignersColumns}`,
  joined: Prisma.sql`CROSS JOIN LATERAL role_now(job."roleId", job.added || job.removed) AS role(found)`,
  // Changes of the catalogue take turns.
  lock: Prisma.empty,
  targetId: Prisma.sql`job."roleId"`,
  organization: Prisma.sql`NULL::uuid`,
  held: Prisma.sql`
    jsonb_build_object('rights', ${callerRights(Prisma.sql`caller_access.organization_id`)}::jsonb,
      'role', ${found} - 'holders' - 'unknown')::text`,
  answered: null,
  changedId: Prisma.sql`"targetId"`,
  outcome: Prisma.sql`jsonb_build_object('description', coalesce(description, ${before} ->> 'description'))`,
} as const

const sorted = (permissions: Prisma.Sql) => Prisma.sql`
  to_jsonb(ARRAY(SELECT DISTINCT id COLLATE "C" FROM (${permissions}) AS each(id) ORDER BY id COLLATE "C"))`

const had = Prisma.sql`SELECT jsonb_array_elements_text(${before} -> 'permissions')`

/** What the role permits after the change. */
const permitted = sorted(Prisma.sql`(${had} UNION SELECT unnest(added)) EXCEPT SELECT unnest(removed)`)

const permitting = Prisma.sql`
  permitted AS (
    INSERT INTO role_permissions (role_id, permission_id) SELECT "changedId", unnest(added) FROM granted
    ON CONFLICT DO NOTHING)`

/** Roles that are not there yet. */
export const createdRoles: Kind = Object.freeze({
  ...common,
  standing: Prisma.sql`CASE WHEN ${isThere} THEN 'there' ${knowsNot} ELSE 'new' END`,
  told: {
    before: Prisma.sql`NULL::jsonb`,
    after: Prisma.sql`jsonb_build_object('description', description, 'permissions', ${permitted})`,
  },
  write: Prisma.sql`INSERT INTO roles (id, description) SELECT "changedId", description FROM granted`,
  writeBeside: [permitting],
})

const has = (id: Prisma.Sql) => Prisma.sql`${found} -> 'permissions' @> to_jsonb(${id})`

const changes = Prisma.sql`(
  job.description <> ${found} ->> 'description'
  OR EXISTS (SELECT FROM unnest(job.added) AS each(id) WHERE NOT ${has(Prisma.sql`each.id`)})
  OR EXISTS (SELECT FROM unnest(job.removed) AS each(id) WHERE ${has(Prisma.sql`each.id`)}))`

const losesAssigning = Prisma.sql`
  job."assignPermission" = ANY(job.removed) AND ${has(Prisma.sql`job."assignPermission"`)}`

/** What of a role is told before and after, where it is another one then. */
const differing = (description: Prisma.Sql, permissions: Prisma.Sql) => Prisma.sql`
  jsonb_strip_nulls(jsonb_build_object(
    'description', CASE WHEN description <> ${before} ->> 'description' THEN ${description} END,
    'permissions', CASE WHEN ${permitted} <> ${before} -> 'permissions' THEN ${permissions} END))`

/** Roles that are described anew, or permit something else. */
export const updatedRoles: Kind = Object.freeze({
  ...common,
  standing: Prisma.sql`
    CASE WHEN NOT (${isThere}) THEN 'none' ${knowsNot} WHEN NOT coalesce(${changes}, false) THEN 'same'
      WHEN ${losesAssigning} THEN ${assignersWithout(Prisma.sql`job."roleId"`)} ELSE 'stays' END`,
  told: {
    before: differing(Prisma.sql`${before} ->> 'description'`, Prisma.sql`${before} -> 'permissions'`),
    after: differing(Prisma.sql`description`, permitted),
  },
  write: Prisma.sql`
    UPDATE roles SET description = coalesce(granted.description, roles.description) FROM granted WHERE roles.id = "changedId"`,
  writeBeside: [
    permitting,
    Prisma.sql`
      forbidden AS (
        DELETE FROM role_permissions USING granted WHERE role_id = "changedId" AND permission_id = ANY(removed))`,
  ],
})

/** Roles that nobody holds. */
export const removedRoles: Kind = Object.freeze({
  ...common,
  standing: Prisma.sql`
    CASE WHEN NOT (${isThere}) THEN 'none' WHEN (${found} ->> 'holders')::integer > 0
      THEN ${Prisma.raw(`'${held}'`)} || (${found} ->> 'holders') ELSE 'free' END`,
  told: { before, after: Prisma.sql`NULL::jsonb` },
  write: Prisma.sql`DELETE FROM roles USING granted WHERE roles.id = "changedId"`,
  writeBeside: [],
})
