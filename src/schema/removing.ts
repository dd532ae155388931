/**
 * How the database removes users and accesses: what goes with them, and what is kept. Tokens never vanish: those that lead to
 * what goes are revoked, which is final, and what they say of whom they were for is kept for them alone. So nobody else finds
 * what was removed, and a mail address is free again.
 */
import { isVisibleTo } from '../auth/visibility.ts'
import { insertEvents } from '../db/audit.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { accessColumns, keptAccesses, keptUsers, userColumns } from '../db/removedRows.ts'
import { accesses, users } from '../db/tables.ts'
import { assignersAfter, assignersColumns } from './roleAssigners.ts'
import { assignerGuards, expectedColumn, standingOf } from './standing.ts'

/** What has gone with what was removed. */
export interface Gone {
  readonly accessIds: readonly number[]
  /** Of the tokens that have ended with it: those that had not before. */
  readonly tokenIds: readonly number[]
  readonly roleAssignments: number
}

/** Says so of the accesses that meet a condition, as columns: of what was there before. */
function goneWith(which: Prisma.Sql) {
  return {
    accessIds: Prisma.sql`ARRAY(SELECT going.id FROM accesses AS going WHERE ${which} ORDER BY going.id)`,
    tokenIds: Prisma.sql`ARRAY(
      SELECT tokens.id FROM accesses AS going JOIN tokens ON tokens.live_access_id = going.id
      WHERE ${which} AND tokens.revoked_at IS NULL ORDER BY tokens.id)`,
    roleAssignments: Prisma.sql`(
      SELECT count(*)::integer FROM accesses AS going JOIN role_assignments ON role_assignments.access_id = going.id
      WHERE ${which})`,
  }
}

function told(which: Prisma.Sql): Prisma.Sql {
  const gone = goneWith(which)
  return Prisma.sql`${gone.accessIds} AS "accessIds", ${gone.tokenIds} AS "tokenIds",
    ${gone.roleAssignments} AS "roleAssignments"`
}

function remembered(which: Prisma.Sql): Prisma.Sql {
  const gone = goneWith(which)
  return Prisma.sql`jsonb_build_object('accessIds', ${gone.accessIds}, 'tokenIds', ${gone.tokenIds},
    'roleAssignments', ${gone.roleAssignments})`
}

const changing = Prisma.sql`"targetOrganization", at, subject, author, "tokenId", "requestId"`

/** Writes events of rows that have gone along. */
function goneEvents(
  action: string,
  targetType: string,
  { id, before, after, rows }: Readonly<Record<'id' | 'before' | 'after' | 'rows', Prisma.Sql>>,
): Prisma.Sql {
  return insertEvents(Prisma.sql`(
    SELECT ${changing}, ${Prisma.raw(`'${action}'`)} AS action, ${Prisma.raw(`'${targetType}'`)} AS "targetType",
      ${id} AS "changedId", ${before} AS before, ${after} AS after FROM ${rows}) AS changes`)
}

const nothing = Prisma.sql`NULL::jsonb`

const accessTold = Prisma.sql`jsonb_build_object('userId', user_id, 'type', type, 'name', name, 'ssoId', sso_id,
  'twoFaEnabled', two_fa_enabled, 'language', language)`
const userTold = Prisma.sql`jsonb_build_object('firstname', firstname, 'lastname', lastname, 'email', email, 'acct', acct,
  'idpId', idp_id, 'expiresAt', expires_at, 'phone', phone, 'language', language)`
const assignmentTold = Prisma.sql`jsonb_build_object('accessId', access_id, 'roleId', role_id,
  'resourceType', resource_type, 'resourceId', resource_id, 'validUntil', valid_until)`

/** What goes with the accesses that a row of `granted` is about, and what is kept of them. */
function goingWith(which: Prisma.Sql): readonly Prisma.Sql[] {
  const ends = Prisma.sql`tokens.revoked_at IS NULL`
  return [
    Prisma.sql`leaving AS MATERIALIZED (
      SELECT ${changing}, ${Prisma.raw(accessColumns.map((column) => `accesses.${column}`).join(', '))}
      FROM granted JOIN accesses ON ${which})`,
    Prisma.sql`ending AS MATERIALIZED (
      SELECT ${changing}, tokens.id AS token, ${ends} AS ends FROM leaving JOIN tokens ON tokens.live_access_id = leaving.id)`,
    Prisma.sql`kept AS (${keptAccesses(
      Prisma.sql`SELECT ${Prisma.raw(accessColumns.join(', '))} FROM leaving
        WHERE EXISTS (SELECT FROM tokens WHERE tokens.live_access_id = leaving.id)`,
    )})`,
    Prisma.sql`ended AS (
      UPDATE tokens SET access_removed = true, revoked_at = CASE WHEN ${ends} THEN ending.at ELSE tokens.revoked_at END,
        updated_at = CASE WHEN ${ends} THEN ending.at ELSE tokens.updated_at END,
        updated_by = CASE WHEN ${ends} THEN ending.author ELSE tokens.updated_by END
      FROM ending WHERE tokens.id = ending.token)`,
    Prisma.sql`withdrawn AS (
      DELETE FROM role_assignments USING leaving WHERE role_assignments.access_id = leaving.id
      RETURNING ${changing}, role_assignments.id AS assignment, ${assignmentTold} AS told)`,
    Prisma.sql`token_events AS (${goneEvents('token.revoke', 'Token', {
      id: Prisma.sql`token`,
      before: Prisma.sql`jsonb_build_object('revokedAt', NULL)`,
      after: Prisma.sql`jsonb_build_object('revokedAt', at)`,
      rows: Prisma.sql`ending WHERE ends`,
    })})`,
    Prisma.sql`assignment_events AS (${goneEvents('role.withdraw', 'RoleAssignment', {
      id: Prisma.sql`assignment`,
      before: Prisma.sql`told`,
      after: nothing,
      rows: Prisma.sql`withdrawn`,
    })})`,
  ]
}

const common = {
  merges: false,
  oncePerTarget: true,
  takesAway: true,
  held: Prisma.sql`NULL::text`,
  changedId: Prisma.sql`"targetId"`,
} as const

const userId = Prisma.sql`going.user_id =`

/** Users with all that they have. */
export const removedUsers: Kind = Object.freeze({
  ...common,
  columns: Prisma.sql`"removedUserId" uuid, today date, ${assignersColumns}, ${expectedColumn}`,
  joined: Prisma.sql`
    JOIN ${users.name} ON ${users.id} = job."removedUserId" AND ${isVisibleTo(job, users.column('organizationId'))}`,
  lock: Prisma.sql`FOR UPDATE OF ${users.name}`,
  targetId: users.id,
  organization: users.column('organizationId'),
  standing: standingOf({
    last: { at: users.column('updatedAt'), by: users.column('updatedBy') },
    guards: [
      ['OWN_USER', Prisma.sql`caller_user.id = ${users.id}`],
      ...assignerGuards(assignersAfter(users.column('organizationId'), { user: users.id })),
    ],
  }),
  answered: { table: users.name, columns: told(Prisma.sql`${userId} ${users.id}`) },
  told: { before: Prisma.sql`(SELECT ${userTold} FROM (SELECT (target).*) AS gone)`, after: nothing },
  write: Prisma.sql`
    DELETE FROM ${users.name} USING granted WHERE ${users.id} = "changedId" RETURNING place, ${users.name} AS changed`,
  writeBeside: [
    ...goingWith(Prisma.sql`accesses.user_id = granted."changedId"`),
    Prisma.sql`gone AS (DELETE FROM accesses USING leaving WHERE accesses.id = leaving.id)`,
    Prisma.sql`access_events AS (${goneEvents('access.remove', 'Access', {
      id: Prisma.sql`id`,
      before: accessTold,
      after: nothing,
      rows: Prisma.sql`leaving`,
    })})`,
    // Tokens may lead to accesses of the user that were removed before.
    Prisma.sql`kept_user AS (${keptUsers(
      Prisma.sql`SELECT ${Prisma.raw(userColumns.map((column) => `users.${column}`).join(', '))}
        FROM granted JOIN users ON users.id = granted."changedId" WHERE EXISTS (SELECT FROM ending)
        OR EXISTS (SELECT FROM removed_accesses AS earlier WHERE earlier.user_id = users.id)`,
    )})`,
  ],
  outcome: remembered(Prisma.sql`${userId} "targetId"`),
})

/** Single accesses. */
export const removedAccesses: Kind = Object.freeze({
  ...common,
  columns: Prisma.sql`"removedAccessId" integer, today date, ${assignersColumns}, ${expectedColumn}`,
  joined: Prisma.sql`
    JOIN ${accesses.name} ON ${accesses.id} = job."removedAccessId"
      AND ${isVisibleTo(job, accesses.column('organizationId'))}`,
  lock: Prisma.sql`FOR UPDATE OF ${accesses.name}`,
  targetId: accesses.id,
  organization: accesses.column('organizationId'),
  standing: standingOf({
    last: { at: accesses.column('updatedAt'), by: accesses.column('updatedBy') },
    guards: [
      // Who came with none that is known may have come with any of its user.
      [
        'OWN_ACCESS',
        Prisma.sql`CASE WHEN caller_access.id IS NULL THEN caller_user.id = ${accesses.column('userId')}
          ELSE caller_access.id = ${accesses.id} END`,
      ],
      ...assignerGuards(assignersAfter(accesses.column('organizationId'), { access: accesses.id })),
    ],
  }),
  answered: { table: accesses.name, columns: told(Prisma.sql`going.id = ${accesses.id}`) },
  told: { before: Prisma.sql`(SELECT ${accessTold} FROM (SELECT (target).*) AS gone)`, after: nothing },
  write: Prisma.sql`
    DELETE FROM ${accesses.name} USING granted WHERE ${accesses.id} = "changedId"
    RETURNING place, ${accesses.name} AS changed`,
  writeBeside: goingWith(Prisma.sql`accesses.id = granted."changedId"`),
  outcome: remembered(Prisma.sql`going.id = "targetId"`),
})
