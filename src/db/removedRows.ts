/**
 * What is kept of users and accesses that are removed although tokens lead to them: for those alone, so that nobody else finds
 * what was removed. Where an id is given again, the database forgets what was kept of it.
 */
import { Prisma } from './generated/prisma/client.ts'

const history = ['created_at', 'created_by', 'updated_at', 'updated_by']

/** The columns of an access, the id first. */
export const accessColumns: readonly string[] = Object.freeze([
  ...['id', 'organization_id', 'user_id', 'type', 'name', 'sso_id', 'two_fa_enabled', 'language', 'last_login_at'],
  ...history,
])

/** The columns of a user, the id first. */
export const userColumns: readonly string[] = Object.freeze([
  ...['id', 'organization_id', 'firstname', 'lastname', 'email', 'acct', 'idp_id', 'expires_at', 'phone', 'language'],
  ...history,
])

/** Keeps accesses, of a SELECT of their columns. */
export function keptAccesses(rows: Prisma.Sql): Prisma.Sql {
  return keeping('removed_accesses', accessColumns, rows)
}

/** Keeps users, of a SELECT of their columns. */
export function keptUsers(rows: Prisma.Sql): Prisma.Sql {
  return keeping('removed_users', userColumns, rows)
}

function keeping(table: string, columns: readonly string[], rows: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`INSERT INTO ${Prisma.raw(table)} (${Prisma.raw(columns.join(', '))}) ${rows}`
}
