/** Role → the accesses that hold it, everywhere or on some resource. */
import { type Access, Prisma } from '../db/generated/prisma/client.ts'
import { accesses } from '../db/tables.ts'
import { type AccessSearch, accessesMatching } from '../search/accessSearch.ts'
import type { Page } from '../search/page.ts'
import { byArguments, type LoaderContext } from './batch.ts'
import { countByParent, pageByParent } from './page.ts'

const link = {
  table: accesses,
  parentType: 'text',
  condition: Prisma.sql`EXISTS (
    SELECT FROM role_assignments WHERE role_assignments.access_id = accesses.id AND role_assignments.role_id = parent.id)`,
} as const

/** A page of the accesses that hold each role. */
export function accessesByRole(context: LoaderContext) {
  return byArguments((given: { readonly search: AccessSearch | null; readonly page: Page }) =>
    pageByParent<string, Access>(context, link, accessesMatching(given.search, context.rules), given.page),
  )
}

/** How many accesses hold each role. */
export function accessCountByRole(context: LoaderContext) {
  return byArguments((search: AccessSearch | null) =>
    countByParent<string, Access>(context, link, accessesMatching(search, context.rules)),
  )
}
