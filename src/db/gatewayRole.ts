/**
 * The role that the gateway runs as, where that is another one than the owner of the tables: it may do what the gateway does,
 * and to the audit trail it may only add. Triggers refuse to change events to everybody, but an owner can take triggers away.
 */
import type pg from 'pg'
import { StartupError } from '../errors.ts'

/** The role that a session is of. */
export async function roleOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ readonly role: string }>('SELECT current_user AS role')
  return rows[0]?.role as string
}

/**
 * Grants the role what the gateway does with the tables, and takes away what it does not: to change or remove events, and to know
 * of migrations. The client is the owner's. Throws StartupError where the role could still change the trail, as a superuser or
 * as a member of the owner.
 */
export async function grantGateway(client: pg.ClientBase, role: string): Promise<void> {
  const name = client.escapeIdentifier(role)
  await client.query('BEGIN')
  try {
    await client.query(`
      GRANT USAGE ON SCHEMA public TO ${name};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${name};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${name};
      REVOKE ALL ON _prisma_migrations, audit_events FROM ${name};
      GRANT SELECT, INSERT ON audit_events TO ${name}`)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
  if (await canChangeTrail(client, role)) {
    throw new StartupError(
      `DATABASE_OWNER_URL: the user of DATABASE_URL, ${role}, could change the audit trail all the same: ` +
        'expected one that is no superuser, no member of the owner, and has no other privileges on audit_events',
    )
  }
}

/** Whether the role could change or remove events, or what refuses that. */
export async function canChangeTrail(client: pg.ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query<{ readonly can: boolean }>(
    `SELECT rolsuper OR pg_has_role(rolname, relowner, 'MEMBER')
      OR has_table_privilege(rolname, pg_class.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') AS can
    FROM pg_roles, pg_class WHERE rolname = $1 AND pg_class.oid = 'public.audit_events'::regclass`,
    [role],
  )
  return rows[0]?.can ?? true
}
