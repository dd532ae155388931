/**
 * Every link of the graph: what leads where. A new link is a line here, and a field of its type. Tokens, and what they lead to,
 * lead on to what has been removed.
 */
import type { ScopedPermission, ScopedRole } from '../auth/allowedScopes.ts'
import type { AuthorSnapshot } from '../auth/author.ts'
import type { Principal } from '../auth/principal.ts'
import {
  accesses,
  auditEvents,
  everyAccess,
  everyUser,
  identityProviders,
  organizations,
  permissions,
  roleAssignments,
  rolePermissions,
  roles,
  tokens,
  users,
} from '../db/tables.ts'
import { many, one, rowsOf, through, valuesOf } from './link.ts'

const user = rowsOf(users)
const access = rowsOf(accesses)
const role = rowsOf(roles)
const permission = rowsOf(permissions)
const assignment = rowsOf(roleAssignments)
const token = rowsOf(tokens)
const auditEvent = rowsOf(auditEvents)
const author = valuesOf<AuthorSnapshot>('Author')
const viewer = valuesOf<Principal>('Viewer')
const scopedRole = valuesOf<ScopedRole>('ScopedRole')
const scopedPermission = valuesOf<ScopedPermission>('ScopedPermission')

export const organizationOfUser = one(user, 'organization', organizations, { key: 'organizationId' })
export const identityProviderOfUser = one(user, 'identityProvider', identityProviders, { key: 'idpId' })
export const accessesOfUser = many(user, 'accesses', accesses, { by: 'userId', typical: 2 })
export const tokensOfUser = many(user, 'tokens', tokens, {
  by: 'accessId',
  through: through(everyAccess, 'userId', 'id', { unique: true }),
  typical: 10,
})

export const organizationOfAccess = one(access, 'organization', organizations, { key: 'organizationId' })
export const userOfAccess = one(access, 'user', everyUser, { key: 'userId' })
export const assignmentsOfAccess = many(access, 'roleAssignments', roleAssignments, {
  by: 'accessId',
  typical: 2,
  order: ['roleId', 'resourceType', 'resourceId'],
})
export const tokensOfAccess = many(access, 'tokens', tokens, { by: 'accessId', typical: 5 })

export const roleOfAssignment = one(assignment, 'role', roles, { key: 'roleId' })

export const permissionsOfRole = many(role, 'permissions', permissions, {
  through: through(rolePermissions, 'roleId', 'permissionId', { unique: true }),
  typical: 20,
})
export const accessesOfRole = many(role, 'accesses', accesses, {
  through: through(roleAssignments, 'roleId', 'accessId', { validUntil: 'validUntil' }),
  typical: 2_000,
})
export const rolesOfPermission = many(permission, 'roles', roles, {
  through: through(rolePermissions, 'permissionId', 'roleId', { unique: true }),
  typical: 5,
})

export const organizationOfToken = one(token, 'organization', organizations, { key: 'organizationId' })
export const accessOfToken = one(token, 'access', everyAccess, { key: 'accessId' })
export const userOfToken = one(token, 'user', everyUser, {
  key: 'accessId',
  through: through(everyAccess, 'id', 'userId', { unique: true }),
})
export const predecessorOfToken = one(token, 'rotatedFrom', tokens, { key: 'rotatedFromId' })
export const successorOfToken = one(token, 'rotatedTo', tokens, { key: 'id', by: 'rotatedFromId' })

export const tokenOfAuditEvent = one(auditEvent, 'token', tokens, { key: 'actorTokenId' })

export const userOfAuthor = one(author, 'user', users, { key: 'userId' })
export const accessOfAuthor = one(author, 'access', accesses, { key: 'accessId' })

export const organizationOfViewer = one(viewer, 'organization', organizations, { key: 'organizationId' })
export const accessOfViewer = one(viewer, 'access', accesses, { key: 'accessId' })
export const tokenOfViewer = one(viewer, 'token', tokens, { key: 'tokenId' })

export const roleOfScopedRole = one(scopedRole, 'role', roles, { key: 'name' })
export const permissionOfScopedPermission = one(scopedPermission, 'permission', permissions, { key: 'permissionId' })
