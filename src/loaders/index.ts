/** All the loaders of one request. They remember what they loaded, so they must not outlive it. */
import type { Access, IdentityProvider, Permission, Role, Token, User } from '../db/generated/prisma/client.ts'
import { accesses, identityProviders, permissions, roles, tokens, users } from '../db/tables.ts'
import { accessCountByRole, accessesByRole } from './accessesByRole.ts'
import { accessCountByUser, accessesByUser, lastLoginByUser } from './accessesByUser.ts'
import { assignmentsByAccess } from './assignmentsByAccess.ts'
import { type LoaderContext, rowById } from './batch.ts'
import { organizationByKey } from './organization.ts'
import { permissionsByRole, rolesByPermission } from './rolesAndPermissions.ts'
import { tokenByPredecessor } from './tokenByPredecessor.ts'
import { tokenBySecretHash } from './tokenBySecretHash.ts'
import { tokenCountByAccess, tokenCountByUser, tokensByAccess, tokensByUser } from './tokensByOwner.ts'

const factories = {
  organization: organizationByKey,
  identityProvider: (context: LoaderContext) => rowById<string, IdentityProvider>(context, identityProviders),
  user: (context: LoaderContext) => rowById<string, User>(context, users),
  access: (context: LoaderContext) => rowById<number, Access>(context, accesses),
  role: (context: LoaderContext) => rowById<string, Role>(context, roles),
  permission: (context: LoaderContext) => rowById<string, Permission>(context, permissions),
  token: (context: LoaderContext) => rowById<number, Token>(context, tokens),
  accessesByUser,
  accessCountByUser,
  lastLoginByUser,
  accessesByRole,
  accessCountByRole,
  assignmentsByAccess,
  permissionsByRole,
  rolesByPermission,
  tokensByAccess,
  tokenCountByAccess,
  tokensByUser,
  tokenCountByUser,
  tokenByPredecessor,
  tokenBySecretHash,
}

type Factories = typeof factories

export type Loaders = { readonly [Name in keyof Factories]: ReturnType<Factories[Name]> }

/** Loaders for one caller and one request. Each is made when it is first asked for: most requests need two or three. */
export function createLoaders(context: LoaderContext): Loaders {
  const made = new Map<string, unknown>()
  const loaders = {}
  for (const [name, create] of Object.entries<(context: LoaderContext) => unknown>(factories)) {
    Object.defineProperty(loaders, name, {
      enumerable: true,
      get() {
        if (!made.has(name)) made.set(name, create(context))
        return made.get(name)
      },
    })
  }
  return loaders as Loaders
}
