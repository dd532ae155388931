/** The audit trail: each change writes its event in its own statement; what is refused is written by `refusals.ts`. */
import { Prisma } from './generated/prisma/client.ts'

/** What the trail says of a change. Never give it a secret or the hash of one. */
export interface AuditEvent {
  readonly action:
    | 'token.issue'
    | 'token.deactivate'
    | 'token.reactivate'
    | 'token.revoke'
    | 'token.rotate'
    | 'token.reportLeaked'
    | 'token.exchange'
    | `${'user' | 'access' | 'role'}.${'create' | 'update' | 'remove'}`
    | 'role.assign'
    | 'role.withdraw'
  readonly targetType: 'Token' | 'User' | 'Access' | 'Role' | 'RoleAssignment'
  readonly before: object | null
  readonly after: object | null
}

/** The columns of a change that its event is made of, with their types. */
export const auditedColumns = Prisma.sql`
  at timestamptz, subject text, "tokenId" integer, "requestId" text,
  action text, "targetType" text, before jsonb, after jsonb`

/** What events tell of rows before and after, made of columns. */
export interface Told {
  readonly before?: Prisma.Sql
  readonly after?: Prisma.Sql
}

/**
 * Writes an event for each row of `changes`, in their order: a table with the columns above, and with "targetOrganization",
 * author and "changedId". What it tells of the row may be made of other columns.
 */
export function insertEvents(
  changes: Prisma.Sql,
  { before = Prisma.sql`before`, after = Prisma.sql`after` }: Told = {},
): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO audit_events (organization_id, at, subject, actor, actor_token_id, action, target_type, target_id,
      before, after, outcome, request_id)
    SELECT "targetOrganization", at, subject, author, "tokenId", action, "targetType", "changedId"::text,
      ${before}, ${after}, 'SUCCESS', "requestId"
    FROM ${changes}`
}
