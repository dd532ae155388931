/**
 * Row-level security: PostgreSQL itself keeps organizations apart, beside the filter that stands in each statement. The
 * gateway's sessions take a role that owns no table, and each table shows it the rows of one organization only: of that which
 * the statement is sent for. What is sent for none sees no rows.
 *
 * Whose rows a statement may see is said in front of it and for it alone, in the same message to the server: all that is sent
 * before a Sync is one transaction (PostgreSQL's manual, section 55.2.4), so it costs no round trip, and ends with it.
 */
import pg from 'pg'
import { serialize } from 'pg-protocol'
import type { Visibility } from '../auth/visibility.ts'
import { StartupError } from '../errors.ts'
import type { Parameter } from './parameters.ts'
import type { RowMessages } from './rowConnection.ts'
import { type KnownStatement, RowsQuery } from './rowsQuery.ts'

/** Whose rows statements see that are sent for all organizations, and for the gateway's own needs. */
export const everything: Visibility = Object.freeze({ kind: 'allOrganizations' })

/** The same for one organization; null: for all. */
export function rowsOfOrganization(organizationId: string | null): Visibility {
  return organizationId === null ? everything : { kind: 'organization', organizationId }
}

/** The roles, which a server has once for all of its databases: nobody logs in as them. */
const roles = { one: 'iam_graph_one_organization', all: 'iam_graph_all_organizations' } as const

/** Prepared in each session: says whose rows the transaction may see. */
const sayings = { organization: 'iam_graph_for_organization', allOrganizations: 'iam_graph_for_all' } as const

/** What a session is told before it is used. */
export const sessionOfRole = `
  PREPARE ${sayings.organization} (text) AS SELECT set_config('iam_graph.organization', $1, true);
  PREPARE ${sayings.allOrganizations} AS SELECT set_config('role', '${roles.all}', true);
  SET ROLE ${roles.one}`

/** The organization that the statement is sent for. Outside of its transaction the setting reads as an empty text. */
const told = `nullif(current_setting('iam_graph.organization', true), '')::uuid`

/** A query that says, in front of its own statement, whose rows it may see: in a session that was told `sessionOfRole`. */
export class QueryFor extends RowsQuery {
  readonly #visibility: Visibility
  #isSaid = false

  constructor(statement: KnownStatement, values: readonly Parameter[], visibility: Visibility) {
    super(statement, values)
    this.#visibility = visibility
  }

  protected override messages(connection: pg.Connection): readonly Buffer[] {
    const values = this.#visibility.kind === 'organization' ? [this.#visibility.organizationId] : []
    const saying = serialize.bind({ statement: sayings[this.#visibility.kind], values })
    return [saying, serialize.execute(), ...super.messages(connection)]
  }

  override takeRows(messages: RowMessages): void {
    if (this.#isSaid) super.takeRows(messages)
  }

  override handleCommandComplete(): void {
    this.#isSaid = true
  }
}

/**
 * Makes the roles, grants them what the gateway does, and gives each table with organizations its policies, also for its
 * owner, whom the policy of migrations and imports shows all rows. What is there already is left as it is.
 *
 * The client is the owner's; the role, where it is given, is that of the gateway, which may take the others then. Throws StartupError where it may not make the roles, or where one of them passes policies over.
 */
export async function secureRows(client: pg.ClientBase, role?: string): Promise<void> {
  for (const role of Object.values(roles)) await makeRole(client, role)
  await client.query('BEGIN')
  try {
    const granted = `${roles.one}, ${roles.all}`
    await client.query(`
      GRANT USAGE ON SCHEMA public TO ${granted};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${granted};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${granted};
      REVOKE ALL ON _prisma_migrations FROM ${granted};
      REVOKE UPDATE, DELETE ON audit_events FROM ${granted}`)
    if (role !== undefined) await client.query(`GRANT ${granted} TO ${client.escapeIdentifier(role)}`)
    const { rows } = await client.query<{ readonly name: string; readonly column: string }>(unsecured)
    for (const { name, column } of rows) {
      await client.query(`
        ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS one_organization ON ${name};
        DROP POLICY IF EXISTS all_organizations ON ${name};
        CREATE POLICY one_organization ON ${name} TO ${roles.one} USING (${column} = ${told});
        CREATE POLICY all_organizations ON ${name} TO ${roles.all}, CURRENT_USER USING (true)`)
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** The tables with organizations that lack something of it, and the column that says which organization a row is of. */
const unsecured = `
  SELECT quote_ident(relname) AS name, quote_ident(attname) AS column
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND NOT attisdropped
    AND attname = CASE relname WHEN 'organizations' THEN 'id' ELSE 'organization_id' END
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT (relrowsecurity AND relforcerowsecurity
      AND (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid
        AND polname IN ('one_organization', 'all_organizations')) = 2)
  ORDER BY relname`

async function makeRole(client: pg.ClientBase, role: string): Promise<void> {
  const find = async () => (await client.query<FoundRole>(findRole, [role])).rows[0]
  try {
    if ((await find()) === undefined)
      await client.query(`CREATE ROLE ${role} NOLOGIN NOINHERIT`).catch(throwUnlessThere)
    if (!(await find())?.isTaken) await client.query(`GRANT ${role} TO CURRENT_USER`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== insufficientPrivilege) throw error
    throw new StartupError(
      `DATABASE_ROW_SECURITY: the user of DATABASE_URL may not make the role ${role}; let somebody who may do so: ` +
        `CREATE ROLE ${role} NOLOGIN NOINHERIT; GRANT ${role} TO <that user>`,
      1,
      error,
    )
  }
  if ((await find())?.passesPoliciesOver)
    throw new StartupError(
      `DATABASE_ROW_SECURITY: the role ${role} passes policies over; ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS`,
    )
}

interface FoundRole {
  /** Whether the user of the session may take the role. */
  readonly isTaken: boolean
  readonly passesPoliciesOver: boolean
}

const findRole = `
  SELECT pg_has_role(current_user, oid, CASE WHEN current_setting('server_version_num')::integer < 160000
    THEN 'MEMBER' ELSE 'SET' END) AS "isTaken", rolsuper OR rolbypassrls AS "passesPoliciesOver"
  FROM pg_roles WHERE rolname = $1`

const insufficientPrivilege = '42501'

/** Two databases of a server may be secured at the same moment. */
function throwUnlessThere(error: unknown): void {
  const isThere = error instanceof pg.DatabaseError && (error.code === '42710' || error.code === '23505')
  if (!isThere) throw error
}
