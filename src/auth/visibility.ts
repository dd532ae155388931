/** The tenant filter: which rows exist for a caller. Every loader and every root query applies it inside its statement. */
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Principal } from './principal.ts'

/** The one organization whose rows the caller sees; null where it sees every organization. */
export type Visibility = string | null

/** What the caller sees. Throws where a principal has neither an organization nor the right to all: authenticate refuses those. */
export function visibilityOf(principal: Pick<Principal, 'organizationId' | 'allOrganizations'>): Visibility {
  if (principal.allOrganizations) return null
  if (principal.organizationId === null) throw new Error('expected a principal with an organization')
  return principal.organizationId
}

/**
 * The SQL condition under which a row is visible. `organization` is the column with the row's organization; null for a
 * table that has no tenant, which everybody sees.
 */
export function isVisible(visibility: Visibility, organization: Prisma.Sql | null): Prisma.Sql {
  if (visibility === null || organization === null) return Prisma.sql`TRUE`
  return Prisma.sql`${organization} = ${visibility}::uuid`
}
