/** How the database assigns and withdraws roles: what is decided on, and what is written. */
import { isVisibleTo } from '../auth/visibility.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accesses, roleAssignments } from '../db/tables.ts'
import { callerRights } from './callerRights.ts'
import { type AssignersLeft, assignersAfter, assignersColumns, assignersLeft } from './roleAssigners.ts'

const { name, id, column } = roleAssignments
const organization = accesses.column('organizationId')

/** Everything that an assignment may be like that is asked for: not there yet, there with that end, or with another one. */
export const assignedStandings = ['no role', 'no access', 'new', 'same', ...assignersLeft] as const
export type AssignedStanding = (typeof assignedStandings)[number]

/** Everything that one may be like that is to be withdrawn. */
export const withdrawnStandings = ['none', ...assignersLeft] as const
export type WithdrawnStanding = 'none' | AssignersLeft

const place = Prisma.sql`"resourceType", "resourceId"`

/** What the audit trail tells of an assignment. */
const written = (validUntil: Prisma.Sql) => Prisma.sql`
  jsonb_build_object('accessId', "accessId", 'roleId', "roleId", 'resourceType', "resourceType", 'resourceId', "resourceId",
    'validUntil', ${validUntil})`

const isThere = Prisma.sql`"targetId" IS NOT NULL`
const oldEnd = Prisma.sql`(target).valid_until`

const common = {
  // What is left of who may assign roles is found for one of them at a time.
  merges: false,
  oncePerTarget: false,
  takesAway: false,
  columns: Prisma.sql`
    "accessId" integer, "roleId" text, "resourceType" resource_type, "resourceId" text, "validUntil" timestamptz, today date,
    ${assignersColumns}`,
  joined: Prisma.sql`
    JOIN ${accesses.name} ON ${accesses.id} = job."accessId" AND ${isVisibleTo(job, organization)}
    LEFT JOIN LATERAL assignment_now(${organization}, ${accesses.id}, job."roleId", job."resourceType", job."resourceId")
      AS ${name} ON TRUE`,
  // The access is there until the assignment is, and whoever changes what it holds has its row before any assignment.
  lock: Prisma.sql`FOR NO KEY UPDATE OF ${accesses.name}`,
  targetId: id,
  organization,
  answered: {
    table: name,
    columns: roleAssignments.select([
      'id',
      'organizationId',
      'accessId',
      'roleId',
      'resourceType',
      'resourceId',
      'validUntil',
    ]),
  },
} as const

const inserting = Prisma.sql`
  INSERT INTO ${name} (id, organization_id, access_id, role_id, resource_type, resource_id, valid_until)
  SELECT "changedId", "targetOrganization", "accessId", "roleId", ${place}, "validUntil" FROM granted`

/** Roles that are given to accesses, or that get another end there. */
export const assignedRoles: Kind = Object.freeze({
  ...common,
  standing: Prisma.sql`
    CASE WHEN NOT is_role_now(job."roleId") THEN 'no role'
      WHEN ${id} IS NULL THEN CASE WHEN is_access_now(${accesses.id}) THEN 'new' ELSE 'no access' END
      WHEN ${column('validUntil')} IS NOT DISTINCT FROM job."validUntil" THEN 'same'
      ELSE ${assignersAfter(organization, { assignment: id }, Prisma.sql`coalesce(job."validUntil", 'infinity')`)} END`,
  held: callerRights(organization),
  changedId: Prisma.sql`coalesce("targetId", nextval('role_assignments_id_seq')::integer)`,
  told: {
    before: Prisma.sql`CASE WHEN ${isThere} THEN jsonb_build_object('validUntil', ${oldEnd}) END`,
    after: Prisma.sql`
      CASE WHEN ${isThere} THEN jsonb_build_object('validUntil', "validUntil") ELSE ${written(Prisma.sql`"validUntil"`)} END`,
  },
  // What an import takes away meanwhile is there again, and what it assigns meanwhile is found when this fails.
  write: Prisma.sql`
    ${inserting} WHERE ${isThere}
    ON CONFLICT (access_id, role_id, resource_type, resource_id) DO UPDATE SET valid_until = EXCLUDED.valid_until
    RETURNING 0 AS place, ${name} AS changed`,
  writeBeside: [Prisma.sql`assigned AS (${inserting} WHERE NOT ${isThere})`],
  outcome: Prisma.sql`jsonb_build_object('id', "changedId", 'organizationId', "targetOrganization")`,
})

/** Roles that are taken from accesses. */
export const withdrawnRoles: Kind = Object.freeze({
  ...common,
  standing: Prisma.sql`
    CASE WHEN ${id} IS NULL THEN 'none' ELSE ${assignersAfter(organization, { assignment: id })} END`,
  held: Prisma.sql`NULL::text`,
  changedId: Prisma.sql`"targetId"`,
  told: { before: written(oldEnd), after: Prisma.sql`NULL::jsonb` },
  write: Prisma.sql`
    DELETE FROM ${name} USING granted WHERE ${id} = "changedId" RETURNING place, ${name} AS changed`,
  writeBeside: [],
  outcome: Prisma.sql`
    jsonb_build_object('id', "changedId", 'organizationId', "targetOrganization", 'validUntil', (target).valid_until)`,
})
