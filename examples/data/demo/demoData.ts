/** Fills an empty database with the demo: three organizations, their people, and what those may do. */
import type { ClientBase } from 'pg'
import { reserveIds } from '../reserveIds.ts'
import { insertCatalogue } from './insertCatalogue.ts'
import { demoRows } from './rows.ts'

/** Lower ids belong to the demo, those of what is gone included. */
const firstFreeIds = Object.freeze({ accesses: 1_000, role_assignments: 1_000, tokens: 1_000 })

/** The columns with their types, in the order in which the tables refer to each other. */
const tables = Object.freeze({
  organizations: 'id uuid, customer_id int, name text',
  identity_providers: 'id uuid, domain text, organization_id uuid',
  users:
    'id uuid, organization_id uuid, firstname text, lastname text, email text, acct text, idp_id uuid, expires_at date, ' +
    'phone text, language language, created_at timestamptz, created_by jsonb, updated_at timestamptz, updated_by jsonb',
  accesses:
    'id int, organization_id uuid, user_id uuid, type access_type, name text, sso_id text, two_fa_enabled boolean, ' +
    'language language, last_login_at timestamptz, created_at timestamptz, created_by jsonb, updated_at timestamptz, ' +
    'updated_by jsonb',
  role_assignments:
    'id int, organization_id uuid, access_id int, role_id text, resource_type resource_type, resource_id text',
  tokens:
    'id int, organization_id uuid, access_id int, name text, secret_hash bytea, hint text, scope text[], ' +
    'allowed_scopes jsonb, created_at timestamptz, created_by jsonb, updated_at timestamptz, updated_by jsonb, ' +
    'expires_at timestamptz, last_used_at timestamptz, deactivated boolean, deactivated_updated_by jsonb, ' +
    'deactivated_updated_on timestamptz, revoked_at timestamptz, rotated_from int',
})

/** Fills a database that has no organization yet, as `fillDemoData` does; false where it has one, and nothing is done. */
export async function fillIfEmpty(client: ClientBase, now: Date): Promise<boolean> {
  if (!(await isEmpty(client))) return false
  await fillDemoData(client, now)
  return true
}

/** Whether the database has no organization yet, and so nothing that the demo data could disturb. */
export async function isEmpty(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM organizations LIMIT 1')
  return rows.length === 0
}

/**
 * Inserts the demo data in one transaction, so that it is there in full or not at all. The same UTC day of `now` gives
 * the same rows in every database. Expects a database without it; on one that has it, it fails and changes nothing.
 */
export async function fillDemoData(client: ClientBase, now: Date): Promise<void> {
  const rows = demoRows(now)
  await client.query('BEGIN')
  try {
    await insertCatalogue(client)
    for (const table of Object.keys(tables) as (keyof typeof tables)[]) {
      await client.query(
        `INSERT INTO ${table} (${namesIn(tables[table])})
        SELECT * FROM jsonb_to_recordset($1::jsonb) AS given (${tables[table]})`,
        [JSON.stringify(rows[table])],
      )
    }
    await reserveIds(client, firstFreeIds)
    await client.query('COMMIT')
  } catch (error) {
    // The connection may be what failed.
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

function namesIn(columns: string): string {
  return columns
    .split(', ')
    .map((column) => column.split(' ')[0])
    .join(', ')
}
