/** Organizations, by either of their keys. */
import DataLoader from 'dataloader'
import type { Organization } from '../db/generated/prisma/client.ts'
import { organizations } from '../db/tables.ts'
import { type LoaderContext, visibleRows } from './batch.ts'

/**
 * The organization with the id (a UUID in lower case) or with the customer number; null where there is none that the
 * caller may see. Both kinds of keys go into one statement.
 */
export function organizationByKey(context: LoaderContext): DataLoader<string | number, Organization | null> {
  return new DataLoader(async (keys) => {
    const ids = keys.filter((key) => typeof key === 'string')
    const customerIds = keys.filter((key) => typeof key === 'number')
    const rows = await context.prisma.$queryRaw<Organization[]>`
      SELECT ${organizations.columns} FROM organizations
      WHERE (${organizations.id} = ANY(${ids}::uuid[]) OR ${organizations.column('customerId')} = ANY(${customerIds}::integer[]))
      AND ${visibleRows(context, organizations)}`
    const byKey = new Map<string | number, Organization>()
    for (const row of rows) byKey.set(row.id, row).set(row.customerId, row)
    return keys.map((key) => byKey.get(key) ?? null)
  })
}
