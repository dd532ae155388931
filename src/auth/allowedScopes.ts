/**
 * What an API token may be used for outside of the gateway, in the form it is stored in: that of the token documents,
 * where a resource is written `zone:example.com`. Pure rules over its form: whether it contradicts itself, and what it is
 * concerned with.
 */
import { isPrintableName } from '../printable.ts'
import { resourceIssue } from './resource.ts'

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
  return rightsOf(allowed).some(({ rights }) => isAll(rights))
}

/** Whether they are all roles or all permissions of an access, whichever those are at the time. */
export function isAll({ allRoles, allPermissions }: RightsScopes): boolean {
  return allRoles || allPermissions
}

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
