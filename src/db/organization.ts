/** The one look-up that authenticating a caller needs. */
import { Prisma } from './generated/prisma/client.ts'
import type { Read } from './read.ts'
import { everything } from './rowSecurity.ts'
import { organizations } from './tables.ts'

/** The id of the organization that has all of the ids that are given; null where there is none. At least one must be given. */
export async function findOrganization(
  read: Read,
  { id, customerId }: { readonly id: string | null; readonly customerId: number | null },
): Promise<string | null> {
  const conditions = [
    ...(id === null ? [] : [Prisma.sql`${organizations.id} = ${id}::uuid`]),
    ...(customerId === null ? [] : [Prisma.sql`${organizations.column('customerId')} = ${customerId}`]),
  ]
  const [found] = await read<{ readonly id: string }>(
    Prisma.sql`
    SELECT ${organizations.id} FROM ${organizations.name} WHERE ${Prisma.join(conditions, ' AND ')}`,
    everything,
  )
  return found?.id ?? null
}
