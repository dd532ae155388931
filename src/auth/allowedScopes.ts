/**
 * What an API token may be used for outside of the gateway, in the form it is stored in: that of the token documents,
 * where a resource is written `zone:example.com`. Pure rules over it: whether it contradicts itself, and what of it
 * exceeds what its issuer holds.
 */
import { isPrintableName } from '../printable.ts'
import { type Held, waysOf } from './decide.ts'
import { resourceIssue } from './resource.ts'
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

/** The names of all roles in the scopes, each once. */
export function namedRoles(allowed: AllowedScopes): readonly string[] {
  return [...new Set(rightsOf(allowed).flatMap(({ rights }) => rights.roles.map(({ name }) => name)))]
}

/** Whether there are parts with roles and permissions, so that it matters what roles anybody holds. */
export function concernsRoles(allowed: AllowedScopes): boolean {
  return rightsOf(allowed).length > 0
}

/** Whether all roles or all permissions of an access are among them, so that it matters what roles that one holds. */
export function concernsAllRoles(allowed: AllowedScopes): boolean {
  return rightsOf(allowed).some(({ rights }) => rights.allRoles || rights.allPermissions)
}

/** The parts with roles and permissions, each with its place in the input. */
function rightsOf(
  allowed: AllowedScopes,
): readonly { readonly path: readonly string[]; readonly rights: RightsScopes }[] {
  const services = allowed.servicesScopes.map((rights, index) => ({ path: ['servicesScopes', String(index)], rights }))
  if (allowed.organizationScopes === null) return services
  return [{ path: ['organizationScopes'], rights: allowed.organizationScopes }, ...services]
}

/** RFC 6749, section 3.3: scope-token. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/
const longestId = 200
/** Entries of each list, so that what is stored with a token, and read with it, stays small. */
export const mostEntries = 100

/** Where the allowed scopes contradict themselves or have values of the wrong form; empty where they are sound. */
export function contradictions(allowed: AllowedScopes): readonly Issue[] {
  const { generalScopes, servicesScopes } = allowed
  const services = new Set<string>()
  return [
    ...eachOf(generalScopes, ['generalScopes'], (scope, path) =>
      scopeToken.test(scope) ? [] : [{ path, message: 'expected a scope without spaces, quotes and backslashes' }],
    ),
    ...(allowed.organizationScopes === null
      ? []
      : contradictionsOf(allowed.organizationScopes, ['organizationScopes'])),
    ...eachOf(servicesScopes, ['servicesScopes'], (service, path) => {
      const { serviceDefinitionId: id } = service
      const isRepeated = services.has(id)
      services.add(id)
      const place = [...path, 'serviceDefinitionId']
      return [
        ...idIssues(id, place),
        ...(isRepeated ? [{ path: place, message: 'expected each service once' }] : []),
        ...contradictionsOf(service, path),
      ]
    }),
  ]
}

function contradictionsOf(rights: RightsScopes, path: readonly string[]): readonly Issue[] {
  const { allRoles, allPermissions, roles, permissions } = rights
  const issues: Issue[] = []
  if (allRoles && roles.length > 0) {
    issues.push({ path: [...path, 'roles'], message: 'expected no roles beside allRoles' })
  }
  if (allPermissions && permissions.length > 0) {
    issues.push({ path: [...path, 'permissions'], message: 'expected no permissions beside allPermissions' })
  }
  return [
    ...issues,
    ...eachOf(roles, [...path, 'roles'], ({ name, resource }, place) => [
      ...idIssues(name, [...place, 'name']),
      ...(resource === null ? [] : resourceIssues(resource, [...place, 'resource'])),
    ]),
    ...eachOf(permissions, [...path, 'permissions'], ({ permissionId, resources }, place) => [
      ...idIssues(permissionId, [...place, 'permissionId']),
      ...eachOf(resources, [...place, 'resources'], resourceIssues),
    ]),
  ]
}

/** The issues of each entry at its own place, or the one issue of a list that is too long to be looked at. */
function eachOf<Entry>(
  list: readonly Entry[],
  path: readonly string[],
  issuesOf: (entry: Entry, path: readonly string[]) => readonly Issue[],
): readonly Issue[] {
  if (list.length > mostEntries) {
    return [{ path, message: `expected at most ${mostEntries} entries, received ${list.length}` }]
  }
  return list.flatMap((entry, index) => issuesOf(entry, [...path, String(index)]))
}

function idIssues(id: string, path: readonly string[]): readonly Issue[] {
  return isPrintableName(id, longestId)
    ? []
    : [{ path, message: `expected an id of 1 to ${longestId} printable characters` }]
}

function resourceIssues(resource: string, path: readonly string[]): readonly Issue[] {
  const message = resourceIssue(resource)
  return message === null ? [] : [{ path, message }]
}

/** The same without what is said twice. The scopes must be free of contradictions. */
export function withoutRepetitions(allowed: AllowedScopes): AllowedScopes {
  return {
    generalScopes: distinct(allowed.generalScopes),
    organizationScopes: allowed.organizationScopes && distinctRights(allowed.organizationScopes),
    servicesScopes: allowed.servicesScopes.map(distinctRights),
  }
}

function distinctRights<Rights extends RightsScopes>(rights: Rights): Rights {
  return {
    ...rights,
    keptInToken: distinct(rights.keptInToken),
    roles: distinct(rights.roles),
    permissions: distinct(
      rights.permissions.map(({ permissionId, resources }) => ({ permissionId, resources: distinct(resources) })),
    ),
  }
}

/** The first of each of the values that are equal as JSON. */
function distinct<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

/** A role that is held, with what it permits. */
export interface HeldRole extends Held {
  readonly permissions: readonly string[]
}

/** What somebody holds: scopes, and the roles of an access. */
export interface Holdings {
  readonly scopes: ReadonlySet<string>
  readonly roles: readonly HeldRole[]
}

/**
 * What of the allowed scopes the issuer does not hold; empty where they are within. `subject` are the roles of the access
 * that the token is for: "all" means all of those, so the issuer must hold each of them. `permissionsOf` says what a role
 * permits.
 */
export function excessOf(
  allowed: AllowedScopes,
  issuer: Holdings,
  subject: readonly HeldRole[],
  permissionsOf: (role: string) => readonly string[],
): readonly string[] {
  const excess = new Set<string>()
  for (const scope of allowed.generalScopes) {
    if (!isGrantableGeneralScope(scope, issuer.scopes)) excess.add(scope)
  }
  const holdsAllOfSubject = subject.every((role) => holdsRole(issuer.roles, role))
  for (const { path, rights } of rightsOf(allowed)) {
    if (rights.allRoles && !holdsAllOfSubject) excess.add([...path, 'allRoles'].join('.'))
    if (rights.allPermissions && !holdsAllOfSubject) excess.add([...path, 'allPermissions'].join('.'))
    for (const { name, resource } of rights.roles) {
      const role = { roleId: name, resource, permissions: permissionsOf(name) }
      if (!holdsRole(issuer.roles, role)) excess.add(described('role', name, resource))
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

/**
 * Who holds all that a role permits gives nothing away with it, as an administrator does with any role (Kubernetes guards
 * its RBAC against escalation by the same rule). A role that permits nothing must be held itself.
 */
function holdsRole(held: readonly HeldRole[], { roleId, resource, permissions }: HeldRole): boolean {
  if (waysOf(held, resource, (role) => role.roleId === roleId).length > 0) return true
  return permissions.length > 0 && permissions.every((permission) => holdsPermission(held, permission, resource))
}

function holdsPermission(held: readonly HeldRole[], permissionId: string, resource: string | null): boolean {
  return waysOf(held, resource, ({ permissions }) => permissions.includes(permissionId)).length > 0
}

function described(kind: string, id: string, resource: string | null): string {
  return resource === null ? `${kind}:${id}` : `${kind}:${id}@${resource}`
}
