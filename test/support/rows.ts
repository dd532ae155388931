/** Whole databases as values, for saying that two of them hold the same. */
import type pg from 'pg'

const tables = [
  'organizations',
  'identity_providers',
  'users',
  'accesses',
  'roles',
  'permissions',
  'role_permissions',
  'role_assignments',
  'tokens',
] as const

/** Every row of the model as text, table by table, in an order that depends on nothing but the rows. */
export async function readRows(client: pg.ClientBase): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {}
  for (const table of tables) {
    const { rows } = await client.query<{ text: string }>(
      `SELECT text FROM (SELECT t::text FROM ${table} AS t) AS written (text) ORDER BY text COLLATE "C"`,
    )
    found[table] = rows.map(({ text }) => text)
  }
  return found
}
