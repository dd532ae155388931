/** The roles that the bulk seed gives to everybody. */
import { rolePermissions, roles } from '../demo/catalogue.ts'

/** All but the administrators' one, each with one of its permissions. */
export const assignableRoles = roles
  .filter(({ id }) => id !== 'administrator')
  .map(({ id, limitable }) => ({ id, limitable, permission: rolePermissions.get(id)?.[0] }))
