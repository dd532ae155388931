/** Puts the catalogue of roles and permissions into a database. */
import type { ClientBase } from 'pg'
import { permissions, rolePermissions, roles } from './catalogue.ts'

/** Inserts the roles and permissions that are missing; those that are there stay as they are. */
export async function insertCatalogue(client: ClientBase): Promise<void> {
  await client.query(
    `INSERT INTO permissions (id, description)
     SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
    [permissions.map(({ id }) => id), permissions.map(({ description }) => description)],
  )
  await client.query(
    `INSERT INTO roles (id, description)
     SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
    [roles.map(({ id }) => id), roles.map(({ description }) => description)],
  )
  const pairs = [...rolePermissions].flatMap(([role, held]) => held.map((permission) => ({ role, permission })))
  await client.query(
    `INSERT INTO role_permissions (role_id, permission_id)
     SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
    [pairs.map(({ role }) => role), pairs.map(({ permission }) => permission)],
  )
}
