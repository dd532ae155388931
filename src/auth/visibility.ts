/** The tenant filter: which rows exist for a caller. Every statement about a tenant's rows applies it. */
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Principal } from './principal.ts'

/** Whose rows the caller sees. Tagged, so that no value that was forgotten means "all of them". */
export type Visibility =
  | { readonly kind: 'organization'; readonly organizationId: string }
  | { readonly kind: 'allOrganizations' }

/** What the caller sees. Throws where a principal has neither an organization nor the right to all: authenticate refuses those. */
export function visibilityOf({
  organizationId,
  allOrganizations,
}: Pick<Principal, 'organizationId' | 'allOrganizations'>): Visibility {
  if (allOrganizations) return { kind: 'allOrganizations' }
  if (organizationId === null) throw new Error('expected a principal with an organization')
  return { kind: 'organization', organizationId }
}

/**
 * `isVisible` for pages in an order that begins with the organization: the same condition in a form that the planner does not
 * take for a reason to leave the organization out of the order. An array that is made in the statement: of one that is a
 * parameter it expects ten organizations, takes that for worse than planning anew, and does so for each page.
 */
export function isVisibleInOrder(visibility: Visibility, organization: Prisma.Sql | null): Prisma.Sql {
  if (organization === null || visibility.kind === 'allOrganizations') return isVisible(visibility, organization)
  return Prisma.sql`${organization} = ANY(ARRAY[${visibility.organizationId}::uuid])`
}

/**
 * The SQL condition under which a row is visible. `organization` is the column with the row's organization; null for a
 * table that has no tenant, which everybody sees.
 */
export function isVisible(visibility: Visibility, organization: Prisma.Sql | null): Prisma.Sql {
  if (organization === null) return Prisma.sql`TRUE`
  switch (visibility.kind) {
    case 'allOrganizations':
      return Prisma.sql`TRUE`
    case 'organization':
      return Prisma.sql`${organization} = ${visibility.organizationId}::uuid`
  }
}

/** What the caller sees, as columns of a statement that serves several callers: read by `isVisibleTo`. */
export function visibilityColumns(visibility: Visibility): {
  readonly seesAll: boolean
  readonly sees: string | null
} {
  switch (visibility.kind) {
    case 'allOrganizations':
      return { seesAll: true, sees: null }
    case 'organization':
      return { seesAll: false, sees: visibility.organizationId }
  }
}

/** `isVisible` for the caller whose visibility stands in the columns of `caller`, a table of the statement. */
export function isVisibleTo(caller: Prisma.Sql, organization: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${caller}."seesAll" OR ${organization} = ${caller}."sees")`
}
