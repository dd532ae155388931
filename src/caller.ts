/** What the database knows of the caller: who it is, for the record, and what it holds. */

import type { HeldRole, Holdings } from './auth/allowedScopes.ts'
import type { AuthorSnapshot } from './auth/author.ts'
import type { Principal } from './auth/principal.ts'
import { formatResource, resourceOf } from './auth/resource.ts'
import type { Access, User } from './db/generated/prisma/client.ts'
import { accesses, permissions, roleAssignments, users } from './db/tables.ts'
import { reading } from './links/columns.ts'
import { assignmentsOfAccess, permissionsOfRole } from './links/graph.ts'
import type { Loaders } from './links/loaders.ts'

export interface Caller {
  /** The caller's user: that of its access, or the one that its subject names. Null where there is none that it may see. */
  user(): Promise<User | null>
  /** The caller as the *_by columns record it. Null where it has no user: a service with a JWT of its own. */
  author(): Promise<AuthorSnapshot | null>
  /**
   * What the caller holds in an organization: its scopes, and the roles of its access. None where it has no access, or
   * one of another organization: seeing all of them is not holding a role in them.
   */
  holdings(organizationId: string): Promise<Holdings>
}

/** What fields read that ask for the caller's user. */
export const userReads = [reading(accesses, 'userId')]
/** What fields read that record the caller. */
export const authorReads = [...userReads, reading(users, 'firstname', 'lastname')]
/** What fields read that ask what an access holds. */
export const holdingReads = [
  reading(roleAssignments, 'roleId', 'resourceType', 'resourceId'),
  reading(permissions, 'id'),
]

/** The caller, as the loaders of its request find it. */
export function createCaller(principal: Principal, loaders: Loaders): Caller {
  const access = async (): Promise<Access | null> =>
    principal.accessId === null ? null : loaders.row(accesses, principal.accessId)

  const user = async (): Promise<User | null> => {
    const userId = (await access())?.userId ?? principal.userId
    return userId === null ? null : loaders.row(users, userId)
  }

  return {
    user,
    async author() {
      const [signedIn, known] = await Promise.all([access(), user()])
      if (known === null) return null
      const { id, firstname, lastname } = known
      // Not as the claim says: an access that the caller may not see, or that is gone, has done nothing.
      return { accessId: signedIn?.id ?? null, userId: id, firstname, lastname }
    },
    async holdings(organizationId) {
      const signedIn = await access()
      const holdsThere = signedIn !== null && signedIn.organizationId === organizationId
      return { scopes: principal.scopes, roles: holdsThere ? await heldRoles(signedIn, loaders) : [] }
    },
  }
}

/** The roles that an access holds, with what each permits. */
export async function heldRoles(access: Access, loaders: Loaders): Promise<readonly HeldRole[]> {
  const assignments = await loaders.list(assignmentsOfAccess, access)
  return Promise.all(
    assignments.map(async (assignment) => {
      const resource = resourceOf(assignment)
      return {
        name: assignment.roleId,
        resource: resource === null ? null : formatResource(resource),
        permissions: await permissionIdsOf(assignment.roleId, loaders),
      }
    }),
  )
}

/** What each of the roles permits; nothing where there is no such role. */
export async function permissionsOfRoles(
  roleIds: readonly string[],
  loaders: Loaders,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await Promise.all(roleIds.map((roleId) => permissionIdsOf(roleId, loaders)))
  return new Map(roleIds.map((roleId, index) => [roleId, found[index] ?? []]))
}

async function permissionIdsOf(roleId: string, loaders: Loaders): Promise<readonly string[]> {
  return (await loaders.list(permissionsOfRole, { id: roleId })).map(({ id }) => id)
}
