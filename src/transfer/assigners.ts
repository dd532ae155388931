/** Who may assign roles, before and after an import: it states the whole, so that nothing keeps it from leaving nobody. */
import type pg from 'pg'
import { dayOf } from '../auth/expiry.ts'

/** The customer numbers of the organizations that have an access which may assign roles, by the permission for that. */
export async function organizationsWithAssigners(
  client: pg.Client,
  permission: string,
  now: Date,
): Promise<readonly number[]> {
  const { rows } = await client.query<{ customer: number }>(
    `SELECT DISTINCT organizations.customer_id AS customer FROM role_assigners($1, $2, $3) AS assigner
    JOIN organizations ON organizations.id = assigner.organization_id ORDER BY customer`,
    [permission, now.toISOString(), dayOf(now)],
  )
  return rows.map(({ customer }) => customer)
}
