/** Role → permissions and permission → roles. The catalogue has no tenant. */
import type { Permission, Role } from '../db/generated/prisma/client.ts'
import { permissions, roles } from '../db/tables.ts'
import { orderBy } from '../search/page.ts'
import { type Keyed, type LoaderContext, rowsByKey } from './batch.ts'

/** The permissions of each role, by id. */
export function permissionsByRole({ prisma }: LoaderContext) {
  return rowsByKey<string, Permission>(
    (roleIds) => prisma.$queryRaw<Keyed<string, Permission>[]>`
      SELECT ${permissions.columns}, role_permissions.role_id AS "batchKey"
      FROM role_permissions JOIN permissions ON permissions.id = role_permissions.permission_id
      WHERE role_permissions.role_id = ANY(${roleIds}::text[])
      ${orderBy(permissions)}`,
  )
}

/** The roles that have each permission, by id. */
export function rolesByPermission({ prisma }: LoaderContext) {
  return rowsByKey<string, Role>(
    (permissionIds) => prisma.$queryRaw<Keyed<string, Role>[]>`
      SELECT ${roles.columns}, role_permissions.permission_id AS "batchKey"
      FROM role_permissions JOIN roles ON roles.id = role_permissions.role_id
      WHERE role_permissions.permission_id = ANY(${permissionIds}::text[])
      ${orderBy(roles)}`,
  )
}
