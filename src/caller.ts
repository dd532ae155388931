/** What the database knows of the caller: who it is, for the record, and what it holds. */

import type { HeldRole, Holdings } from './auth/allowedScopes.ts'
import type { AuthorSnapshot } from './auth/author.ts'
import { formatResource, resourceOf } from './auth/resource.ts'
import type { Context } from './context.ts'
import type { Access, User } from './db/generated/prisma/client.ts'

/** The caller's user: that of its access, or the one that its subject names. Null where there is none that it may see. */
export async function callingUser(context: Context): Promise<User | null> {
  const access = await callingAccess(context)
  const userId = access?.userId ?? context.principal.userId
  return userId === null ? null : context.loaders.user.load(userId)
}

/** The caller as the *_by columns record it. Null where it has no user: a service with a JWT of its own. */
export async function callingAuthor(context: Context): Promise<AuthorSnapshot | null> {
  const [access, user] = await Promise.all([callingAccess(context), callingUser(context)])
  if (user === null) return null
  const { id, firstname, lastname } = user
  // Not as the claim says: an access that the caller may not see, or that is gone, has done nothing.
  return { accessId: access?.id ?? null, userId: id, firstname, lastname }
}

/**
 * What the caller holds in an organization: its scopes, and the roles of its access. None where it has no access, or one
 * of another organization: seeing all of them is not holding a role in them.
 */
export async function callerHoldings(context: Context, organizationId: string): Promise<Holdings> {
  const access = await callingAccess(context)
  const holdsThere = access !== null && access.organizationId === organizationId
  return { scopes: context.principal.scopes, roles: holdsThere ? await heldRoles(access.id, context) : [] }
}

async function callingAccess({ principal, loaders }: Context): Promise<Access | null> {
  return principal.accessId === null ? null : loaders.access.load(principal.accessId)
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

/** What each of the roles permits; nothing where there is no such role. */
export async function permissionsOfRoles(
  roleIds: readonly string[],
  { loaders }: Pick<Context, 'loaders'>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const permissions = await Promise.all(roleIds.map((roleId) => loaders.permissionsByRole.load(roleId)))
  return new Map(roleIds.map((roleId, index) => [roleId, (permissions[index] ?? []).map(({ id }) => id)]))
}
