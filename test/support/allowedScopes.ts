import { type AllowedScopes, noAllowedScopes, type RightsScopes } from '../../src/auth/allowedScopes.ts'

/** Rights that allow nothing but what is given. */
export function rights(given: Partial<RightsScopes> = {}): RightsScopes {
  return { allPermissions: false, allRoles: false, keptInToken: [], permissions: [], roles: [], ...given }
}

/** What a token may be used for that has these rights in the organization, and nothing else. */
export function inOrganization(given: Partial<RightsScopes>): AllowedScopes {
  return { ...noAllowedScopes, organizationScopes: rights(given) }
}
