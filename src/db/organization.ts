/** The one look-up that authenticating a caller needs. */
import type { PrismaClient } from './generated/prisma/client.ts'

/** The id of the organization that has all of the ids that are given; null where there is none. At least one must be given. */
export async function findOrganization(
  prisma: PrismaClient,
  { id, customerId }: { readonly id: string | null; readonly customerId: number | null },
): Promise<string | null> {
  const found = await prisma.organization.findFirst({
    where: { ...(id === null ? {} : { id }), ...(customerId === null ? {} : { customerId }) },
    select: { id: true },
  })
  return found?.id ?? null
}
