/**
 * The statements that take away what the files do not have, in the organizations that they have lines of, and in the
 * catalogue. What tokens depend on stays, because tokens stay: those are deactivated, and their users are over.
 */
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
import { auditing, stored, told } from './merge.ts'

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
  removing(accessKind, 'NOT EXISTS (SELECT FROM tokens WHERE tokens.access_id = t.id)'),
  removing(userKind, 'NOT EXISTS (SELECT FROM accesses WHERE accesses.user_id = t.id)'),
  { kind: userKind, text: ending() },
]

/** What no user signs in through any more. */
export const prunedProviders: Pruning = removing(
  identityProviderKind,
  'NOT EXISTS (SELECT FROM users WHERE users.idp_id = t.id)',
)

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

function removal(kind: Kind, organization: string, where: string): string {
  return `WITH gone AS MATERIALIZED (
      SELECT ${organization} AS organization_id, t.id, ${toldOf(kind)} AS before, NULL::jsonb AS after
      FROM ${kind.table} AS t WHERE ${where}
    ), removed AS (
      DELETE FROM ${kind.table} AS t USING gone WHERE t.id = gone.id
    ), ${auditing(kind, `'${kind.actions.remove}'`, 'gone')} ${counted}`
}

function removing(kind: Kind, where = 'TRUE'): Pruning {
  return { kind, text: removal(kind, 't.organization_id', `${isPruned(kind)} AND ${where}`) }
}

function catalogue(kind: Kind, where: string): Pruning & { readonly due: string } {
  const condition = `EXISTS (SELECT FROM ${stagedIn(kind)}) AND ${isNotStaged(kind)} AND ${where}`
  return {
    kind,
    text: removal(kind, 'NULL::uuid', condition),
    due: `SELECT EXISTS (SELECT FROM ${kind.table} AS t WHERE ${condition}) AS due`,
  }
}

function deactivating(): string {
  return `WITH gone AS MATERIALIZED (
      SELECT t.organization_id, t.id, jsonb_build_object('deactivated', false) AS before,
        jsonb_build_object('deactivated', true) AS after
      FROM tokens AS t WHERE ${isPruned(tokenKind)} AND NOT t.deactivated AND t.revoked_at IS NULL
    ), switched AS (
      UPDATE tokens AS t SET deactivated = true, deactivated_updated_by = NULL, deactivated_updated_on = run.at,
        updated_at = run.at, updated_by = NULL
      FROM gone CROSS JOIN import_run AS run WHERE t.id = gone.id
    ), ${auditing(tokenKind, `'${tokenKind.actions.remove}'`, 'gone')} ${counted}`
}

/** Users who stay because of their tokens: yesterday was their last day. */
function ending(): string {
  return `WITH gone AS MATERIALIZED (
      SELECT t.organization_id, t.id, jsonb_build_object('expiresAt', t.expires_at::text) AS before,
        jsonb_build_object('expiresAt', (run.at::date - 1)::text) AS after
      FROM users AS t CROSS JOIN import_run AS run
      WHERE ${isPruned(userKind)} AND (t.expires_at IS NULL OR t.expires_at >= run.at::date)
    ), ended AS (
      UPDATE users AS t SET expires_at = run.at::date - 1, updated_at = run.at, updated_by = NULL
      FROM gone CROSS JOIN import_run AS run WHERE t.id = gone.id
    ), ${auditing(userKind, `'${userKind.actions.update}'`, 'gone')} ${counted}`
}
