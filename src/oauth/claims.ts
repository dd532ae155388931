/** The rights of a token as claims of a JWT (RFC 9068, section 2.2.3.1). Pure. */
import type { RightsScopes, ScopedPermission, ScopedRole } from '../auth/allowedScopes.ts'

/** What a token may do now, in the organization or in one service. */
export interface Rights {
  readonly roles: readonly ScopedRole[]
  readonly permissions: readonly ScopedPermission[]
}

/** Names of roles and ids of permissions; those that are not kept are left out. */
interface Entries {
  readonly roles?: readonly string[]
  readonly entitlements?: readonly string[]
}

/** What holds everywhere, and what holds on one resource only, by the resource. */
export interface RightsClaims extends Entries {
  readonly resource_access?: Readonly<Record<string, Entries>>
}

/**
 * The kinds of rights that are kept, as claims. What holds everywhere is a list of texts, as resource servers know it; what holds
 * on one resource stands apart, so that nobody takes it for more.
 */
export function rightsClaims({ roles, permissions }: Rights, kept: RightsScopes['keptInToken']): RightsClaims {
  const kinds = {
    ...(kept.includes('ROLES') ? { roles: roles.map(({ name, resource }) => ({ id: name, resource })) } : {}),
    ...(kept.includes('PERMISSIONS') ? { entitlements: permissions.flatMap(onEach) } : {}),
  }
  const resources = new Set(Object.values(kinds).flatMap((held) => held.map(({ resource }) => resource)))
  resources.delete(null)
  const on = (place: string | null): Entries =>
    Object.fromEntries(
      Object.entries(kinds)
        .map(([kind, held]) => [kind, held.filter(({ resource }) => resource === place).map(({ id }) => id)] as const)
        .filter(([, ids]) => place === null || ids.length > 0),
    )
  if (resources.size === 0) return on(null)
  const places = [...resources].map((place) => [place, on(place)] as const)
  return { ...on(null), resource_access: Object.fromEntries(places) }
}

function onEach({ permissionId, resources }: ScopedPermission) {
  const places = resources.length === 0 ? [null] : resources
  return places.map((resource) => ({ id: permissionId, resource }))
}
