/** What the database knows of the caller: who it is, for the record, and what it holds. */

import type { HeldRole, Holdings } from './auth/allowedScopes.ts'
import type { AuthorSnapshot } from './auth/author.ts'
import { formatResource, resourceOf } from './auth/resource.ts'
import type { Context } from './context.ts'
import type { User } from './db/generated/prisma/client.ts'

/** The caller's user: that of its access, or the one that its subject names. Null where there is none that it may see. */
export async function callingUser({ principal, loaders }: Context): Promise<User | null> {
  const access = principal.accessId === null ? null : await loaders.access.load(principal.accessId)
  const userId = access?.userId ?? principal.userId
  return userId === null ? null : loaders.user.load(userId)
}

/** The caller as the *_by columns record it. Null where it has no user: a service with a JWT of its own. */
export async function callingAuthor(context: Context): Promise<AuthorSnapshot | null> {
  const user = await callingUser(context)
  if (user === null) return null
  const { id, firstname, lastname } = user
  return { accessId: context.principal.accessId, userId: id, firstname, lastname }
}

/** The caller's scopes, and the roles of its access; none where it has no access. */
export async function callerHoldings(context: Context): Promise<Holdings> {
  const { scopes, accessId } = context.principal
  return { scopes, roles: accessId === null ? [] : await heldRoles(accessId, context) }
}

/** The roles that an access holds, with what each permits; none where the caller may not see the access. */
export async function heldRoles(accessId: number, { loaders }: Pick<Context, 'loaders'>): Promise<readonly HeldRole[]> {
  const assignments = await loaders.assignmentsByAccess.load(accessId)
  return Promise.all(
    assignments.map(async (assignment) => {
      const resource = resourceOf(assignment)
      const permissions = await loaders.permissionsByRole.load(assignment.roleId)
      return {
        name: assignment.roleId,
        resource: resource === null ? null : formatResource(resource),
        permissions: permissions.map(({ id }) => id),
      }
    }),
  )
}
