/**
 * What an API token may be used for outside of the gateway, in the form it is stored in: that of the token documents,
 * where a resource is written `zone:example.com`. Pure rules over it: whether it contradicts itself, and what of it
 * exceeds what its issuer holds.
 */
import { isGrantableGeneralScope } from './scopes.ts'

export type TokenClaimKind = 'ROLES' | 'PERMISSIONS'

export interface ScopedPermission {
  readonly permissionId: string
  /** Empty: not restricted. */
  readonly resources: readonly string[]
}

export interface ScopedRole {
  readonly name: string
  /** Null: not restricted. */
  readonly resource: string | null
}

export interface RightsScopes {
  readonly allPermissions: boolean
  readonly allRoles: boolean
  /** Which kinds become claims when the token is exchanged for a JWT. */
  readonly keptInToken: readonly TokenClaimKind[]
  readonly permissions: readonly ScopedPermission[]
  readonly roles: readonly ScopedRole[]
}

export interface ServiceScopes extends RightsScopes {
  readonly serviceDefinitionId: string
}

export interface AllowedScopes {
  readonly generalScopes: readonly string[]
  readonly organizationScopes: RightsScopes | null
  readonly servicesScopes: readonly ServiceScopes[]
}

/** Where in an input something is wrong, and what. */
export interface Issue {
  readonly path: readonly string[]
  readonly message: string
}

/** A token that may do nothing outside of the gateway. */
export const noAllowedScopes: AllowedScopes = Object.freeze({
  generalScopes: [],
  organizationScopes: null,
  servicesScopes: [],
})

/** The parts with roles and permissions, each with its place in the input. */
export function rightsOf(
  allowed: AllowedScopes,
): readonly { readonly path: readonly string[]; readonly rights: RightsScopes }[] {
  const services = allowed.servicesScopes.map((rights, index) => ({ path: ['servicesScopes', String(index)], rights }))
  if (allowed.organizationScopes === null) return services
  return [{ path: ['organizationScopes'], rights: allowed.organizationScopes }, ...services]
}

/** RFC 6749, section 3.3: scope-token. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/
const longestId = 200

/** Where the allowed scopes contradict themselves or have values of the wrong form; empty where they are sound. */
export function contradictions(allowed: AllowedScopes): readonly Issue[] {
  const issues: Issue[] = []
  for (const [index, scope] of allowed.generalScopes.entries()) {
    if (!scopeToken.test(scope)) {
      issues.push({
        path: ['generalScopes', String(index)],
        message: 'expected a scope without spaces, quotes and backslashes',
      })
    }
  }
  for (const { path, rights } of rightsOf(allowed)) issues.push(...contradictionsOf(path, rights))
  const seen = new Set<string>()
  for (const [index, { serviceDefinitionId }] of allowed.servicesScopes.entries()) {
    const path = ['servicesScopes', String(index), 'serviceDefinitionId']
    if (serviceDefinitionId === '' || serviceDefinitionId.length > longestId || /\p{Cc}/u.test(serviceDefinitionId)) {
      issues.push({ path, message: `expected an id of 1 to ${longestId} printable characters` })
    }
    if (seen.has(serviceDefinitionId)) issues.push({ path, message: 'expected each service once' })
    seen.add(serviceDefinitionId)
  }
  return issues
}

function contradictionsOf(path: readonly string[], rights: RightsScopes): readonly Issue[] {
  const issues: Issue[] = []
  if (rights.allRoles && rights.roles.length > 0) {
    issues.push({ path: [...path, 'roles'], message: 'expected no roles beside allRoles' })
  }
  if (rights.allPermissions && rights.permissions.length > 0) {
    issues.push({ path: [...path, 'permissions'], message: 'expected no permissions beside allPermissions' })
  }
  const resources = [
    ...rights.roles.map(({ resource }, index) => ({ resource, path: ['roles', String(index), 'resource'] })),
    ...rights.permissions.flatMap(({ resources: limits }, index) =>
      limits.map((resource, limit) => ({ resource, path: ['permissions', String(index), 'resources', String(limit)] })),
    ),
  ]
  for (const { resource, path: place } of resources) {
    if (resource !== null && !/^zone:[^\p{Cc}\s]{1,255}$/u.test(resource)) {
      issues.push({ path: [...path, ...place], message: 'expected the name of a zone' })
    }
  }
  return issues
}

/** A role that is held: everywhere, or on one resource only. With what it permits. */
export interface HeldRole {
  readonly name: string
  readonly resource: string | null
  readonly permissions: readonly string[]
}

/** What somebody holds: scopes, and the roles of an access. */
export interface Holdings {
  readonly scopes: ReadonlySet<string>
  readonly roles: readonly HeldRole[]
}

/**
 * What of the allowed scopes the issuer does not hold; empty where they are within. `subject` are the roles of the access
 * that the token is for: "all" means all of those, so the issuer must hold each of them.
 */
export function excessOf(allowed: AllowedScopes, issuer: Holdings, subject: readonly HeldRole[]): readonly string[] {
  const excess = new Set<string>()
  for (const scope of allowed.generalScopes) {
    if (!isGrantableGeneralScope(scope, issuer.scopes)) excess.add(scope)
  }
  const holdsAllOfSubject = subject.every((role) => holdsRole(issuer.roles, role))
  for (const { path, rights } of rightsOf(allowed)) {
    if (rights.allRoles && !holdsAllOfSubject) excess.add([...path, 'allRoles'].join('.'))
    if (rights.allPermissions && !holdsAllOfSubject) excess.add([...path, 'allPermissions'].join('.'))
    for (const role of rights.roles) {
      if (!holdsRole(issuer.roles, role)) excess.add(described('role', role.name, role.resource))
    }
    for (const { permissionId, resources } of rights.permissions) {
      for (const resource of resources.length === 0 ? [null] : resources) {
        if (!holdsPermission(issuer.roles, permissionId, resource))
          excess.add(described('permission', permissionId, resource))
      }
    }
  }
  return [...excess].sort()
}

/** Held everywhere, a role covers every resource; held on one resource, only that one. */
function holdsRole(held: readonly HeldRole[], { name, resource }: ScopedRole): boolean {
  return held.some((role) => role.name === name && covers(role.resource, resource))
}

function holdsPermission(held: readonly HeldRole[], permissionId: string, resource: string | null): boolean {
  return held.some((role) => role.permissions.includes(permissionId) && covers(role.resource, resource))
}

function covers(held: string | null, asked: string | null): boolean {
  return held === null || held === asked
}

function described(kind: string, id: string, resource: string | null): string {
  return resource === null ? `${kind}:${id}` : `${kind}:${id}@${resource}`
}
