/** Links into the catalogue of roles and permissions: the copy in memory answers them. */
import type { Catalogue } from '../db/catalogue.ts'
import { permissions, roles, type Table } from '../db/tables.ts'
import { permissionsOfRole, rolesOfPermission } from './graph.ts'
import type { Link } from './link.ts'

type Lists = (catalogue: Catalogue, id: string) => readonly object[]
type Rows = (catalogue: Catalogue, id: string) => object | null

const lists: ReadonlyMap<unknown, Lists> = new Map<unknown, Lists>([
  [permissionsOfRole, (catalogue, id) => catalogue.permissionsOf(id)],
  [rolesOfPermission, (catalogue, id) => catalogue.rolesOf(id)],
])
const rows: ReadonlyMap<unknown, Rows> = new Map<unknown, Rows>([
  [roles, (catalogue, id) => catalogue.role(id)],
  [permissions, (catalogue, id) => catalogue.permission(id)],
])

/** How the catalogue answers the link for the id of a parent; undefined for a link that does not lead through it alone. */
export function cataloguedList(link: Link<never, never>): Lists | undefined {
  return lists.get(link)
}

/** How the catalogue finds a row of the table by its id; undefined for a table that is not part of it. */
export function cataloguedRow(table: Table<never>): Rows | undefined {
  return rows.get(table)
}
