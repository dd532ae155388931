/**
 * The statements that take away what the files do not have, in the organizations that they have lines of, and in the
 * catalogue. Tokens stay: they are deactivated, and for good where the access goes that they were for, of which they keep
 * what removing it in the graph keeps.
 */
import { Prisma } from '../db/generated/prisma/client.ts'
import { accessColumns, keptAccesses, keptUsers, userColumns } from '../db/removedRows.ts'
import { prunedOrganizations } from './checks.ts'
import { isSame, type Kind, stagedIn } from './kind.ts'
import {
  accessKind,
  identityProviderKind,
  permissionKind,
  roleAssignmentKind,
  roleKind,
  tokenKind,
  userKind,
} from './kinds.ts'
import { auditing, stored, storedEmail, told } from './merge.ts'

/** A statement that answers how many rows it took away, as `removed`. */
export interface Pruning {
  readonly kind: Kind
  readonly text: string
}

const counted = 'SELECT count(*)::integer AS removed FROM gone'

/** What nobody holds any more is taken from accesses. */
export const prunedAssignments: Pruning = removing(roleAssignmentKind)

/** What callers are, each after those that refer to it. */
export const prunedCallers: readonly Pruning[] = [
  { kind: tokenKind, text: deactivating() },
  { kind: tokenKind, text: revoking() },
  removing(accessKind),
  removing(userKind, { beside: `kept AS (${keptUsers(Prisma.raw(remembered())).text}),` }),
]

/** What no user signs in through any more. */
export const prunedProviders: Pruning = removing(identityProviderKind, {
  where: 'NOT EXISTS (SELECT FROM users WHERE users.idp_id = t.id)',
})

/** The same of the catalogue, each where there is something to take away: triggers count its statements. */
export const prunedCatalogue: readonly (Pruning & { readonly due: string })[] = [
  catalogue(roleKind, 'NOT EXISTS (SELECT FROM role_assignments WHERE role_assignments.role_id = t.id)'),
  catalogue(permissionKind, 'NOT EXISTS (SELECT FROM role_permissions WHERE role_permissions.permission_id = t.id)'),
]

function isNotStaged(kind: Kind): string {
  return `NOT EXISTS (SELECT FROM ${stagedIn(kind)} AS s WHERE ${isSame(kind, 's', 't')})`
}

function isPruned(kind: Kind): string {
  return `t.organization_id IN (${prunedOrganizations}) AND ${isNotStaged(kind)}`
}

function toldOf(kind: Kind): string {
  const sources = new Map(
    kind.members.flatMap((member) => member.columns.map((column) => [column.name, stored(kind, member, column)])),
  )
  return told(kind, ({ name }) => sources.get(name) ?? 'NULL')
}

interface Removal {
  /** Which of the rows go that the files do not have; left out: all. */
  readonly where?: string
  /** What is written besides, with a comma behind it. */
  readonly beside?: string
}

function removal(kind: Kind, organization: string, { where = 'TRUE', beside = '' }: Removal): string {
  return `WITH gone AS MATERIALIZED (
      SELECT ${organization} AS organization_id, t.id, ${toldOf(kind)} AS before, NULL::jsonb AS after
      FROM ${kind.table} AS t WHERE ${where}
    ), ${beside} removed AS (
      DELETE FROM ${kind.table} AS t USING gone WHERE t.id = gone.id
    ), ${auditing(kind, `'${kind.actions.remove}'`, 'gone')} ${counted}`
}

function removing(kind: Kind, { where = 'TRUE', ...more }: Removal = {}): Pruning {
  return { kind, text: removal(kind, 't.organization_id', { where: `${isPruned(kind)} AND ${where}`, ...more }) }
}

function catalogue(kind: Kind, where: string): Pruning & { readonly due: string } {
  const condition = `EXISTS (SELECT FROM ${stagedIn(kind)}) AND ${isNotStaged(kind)} AND ${where}`
  return {
    kind,
    text: removal(kind, 'NULL::uuid', { where: condition }),
    due: `SELECT EXISTS (SELECT FROM ${kind.table} AS t WHERE ${condition}) AS due`,
  }
}

/** Tokens whose access stays. */
function deactivating(): string {
  return `WITH gone AS MATERIALIZED (
      SELECT t.organization_id, t.id, jsonb_build_object('deactivated', false) AS before,
        jsonb_build_object('deactivated', true) AS after
      FROM tokens AS t WHERE ${isPruned(tokenKind)} AND NOT t.deactivated AND t.revoked_at IS NULL
        AND EXISTS (SELECT FROM ${stagedIn(accessKind)} AS s WHERE s.id = t.live_access_id)
    ), switched AS (
      UPDATE tokens AS t SET deactivated = true, deactivated_updated_by = NULL, deactivated_updated_on = run.at,
        updated_at = run.at, updated_by = NULL
      FROM gone CROSS JOIN import_run AS run WHERE t.id = gone.id
    ), ${auditing(tokenKind, `'${tokenKind.actions.remove}'`, 'gone')} ${counted}`
}

/** Tokens whose access goes; those that were revoked before only lead to what is kept of it from now on. */
function revoking(): string {
  return `WITH leaving AS MATERIALIZED (
      SELECT ${accessColumns.map((column) => `t.${column}`).join(', ')} FROM accesses AS t
      WHERE ${isPruned(accessKind)} AND EXISTS (SELECT FROM tokens WHERE tokens.live_access_id = t.id)
    ), kept AS (${keptAccesses(Prisma.raw('SELECT * FROM leaving')).text}
    ), gone AS MATERIALIZED (
      SELECT t.organization_id, t.id, jsonb_build_object('deactivated', t.deactivated, 'revokedAt', NULL) AS before,
        jsonb_build_object('deactivated', true, 'revokedAt', run.at) AS after
      FROM leaving JOIN tokens AS t ON t.live_access_id = leaving.id CROSS JOIN import_run AS run WHERE t.revoked_at IS NULL
    ), revoked AS (
      UPDATE tokens AS t SET access_removed = true, revoked_at = run.at, deactivated = true,
        deactivated_updated_by = CASE WHEN t.deactivated THEN t.deactivated_updated_by END,
        deactivated_updated_on = CASE WHEN t.deactivated THEN t.deactivated_updated_on ELSE run.at END,
        updated_at = run.at, updated_by = NULL
      FROM gone CROSS JOIN import_run AS run WHERE t.id = gone.id
    ), revoked_before AS (
      UPDATE tokens AS t SET access_removed = true FROM leaving
      WHERE t.live_access_id = leaving.id AND t.revoked_at IS NOT NULL
    ), ${auditing(tokenKind, "'token.revoke'", 'gone')} ${counted}`
}

/** What is kept of the users who go and whom tokens lead to. */
function remembered(): string {
  const columns = userColumns.map((column) => (column === 'email' ? storedEmail : `t.${column}`))
  return `SELECT ${columns.join(', ')} FROM users AS t JOIN gone ON gone.id = t.id
    WHERE EXISTS (SELECT FROM removed_accesses AS earlier WHERE earlier.user_id = t.id)`
}
