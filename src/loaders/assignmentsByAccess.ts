/** Access → the roles it holds, each with the resource that limits it. */
import type { RoleAssignment } from '../db/generated/prisma/client.ts'
import { roleAssignments } from '../db/tables.ts'
import { byCharacter } from '../search/page.ts'
import { type Keyed, type LoaderContext, rowsByKey, visibleRows } from './batch.ts'

/** The role assignments of each access, by role, those for everywhere first. */
export function assignmentsByAccess(context: LoaderContext) {
  const column = roleAssignments.column
  return rowsByKey<number, RoleAssignment>(
    (accessIds) => context.prisma.$queryRaw<Keyed<number, RoleAssignment>[]>`
      SELECT ${roleAssignments.columns}, ${column('accessId')} AS "batchKey" FROM role_assignments
      WHERE ${column('accessId')} = ANY(${accessIds}::integer[]) AND ${visibleRows(context, roleAssignments)}
      ORDER BY ${byCharacter(column('roleId'))}, ${column('resourceType')} NULLS FIRST, ${byCharacter(column('resourceId'))}`,
  )
}
