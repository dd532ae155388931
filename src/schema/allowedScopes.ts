/** What a token may be used for outside of the gateway: the types of the answer, and the inputs that mirror them. */
import type {
  AllowedScopes as AllowedScopesShape,
  RightsScopes,
  ScopedPermission as ScopedPermissionShape,
  ScopedRole as ScopedRoleShape,
  ServiceScopes as ServiceScopesShape,
} from '../auth/allowedScopes.ts'
import { canonicalResource, formatResource, parseResource, type Resource as ResourceShape } from '../auth/resource.ts'
import { permissionOfScopedPermission, roleOfScopedRole } from '../links/graph.ts'
import { builder } from './builder.ts'
import { Permission } from './permission.ts'
import { Resource, ResourceInput } from './resource.ts'
import { Role } from './role.ts'

export const TokenClaimKind = builder.enumType('TokenClaimKind', {
  description: 'What of a token can become claims when it is exchanged for a JWT.',
  values: {
    ROLES: { description: 'The roles.' },
    PERMISSIONS: { description: 'The permissions.' },
  },
})

const descriptions = {
  generalScopes: 'Scopes that belong to no organization and no service, for example openid.',
  organizationScopes: 'What it may do in the organization. Null: nothing.',
  servicesScopes: 'What it may do in single services, each once.',
  serviceDefinitionId: 'The service.',
  allPermissions: 'Whether it may use every permission that its access has at the time.',
  allRoles: 'Whether it may use every role that its access has at the time.',
  keptInToken: 'What becomes claims when the token is exchanged for a JWT.',
  permissions: 'The permissions that it may use. Empty when allPermissions.',
  roles: 'The roles that it may use. Empty when allRoles.',
  permissionId: 'The id of the permission.',
  resources: 'The resources that it is limited to. None: it is not restricted.',
  name: 'The id of the role.',
  resource: 'The one resource that it is limited to. Null: it is not restricted.',
} as const

const ScopedPermission = builder.objectRef<ScopedPermissionShape>('ScopedPermission').implement({
  description: 'A permission, on all resources or on some.',
  fields: (t) => ({
    permissionId: t.exposeID('permissionId', { description: descriptions.permissionId }),
    permission: t.one(permissionOfScopedPermission, {
      type: Permission,
      nullable: true,
      description: 'The permission. Null once it is gone.',
    }),
    resources: t.field({
      type: [Resource],
      weighs: { size: 3 },
      description: descriptions.resources,
      resolve: ({ resources }) => resources.map(parseResource),
    }),
  }),
})

const ScopedRole = builder.objectRef<ScopedRoleShape>('ScopedRole').implement({
  description: 'A role, everywhere or on one resource.',
  fields: (t) => ({
    name: t.exposeString('name', { description: descriptions.name }),
    role: t.one(roleOfScopedRole, { type: Role, nullable: true, description: 'The role. Null once it is gone.' }),
    resource: t.field({
      type: Resource,
      nullable: true,
      description: descriptions.resource,
      resolve: ({ resource }) => (resource === null ? null : parseResource(resource)),
    }),
  }),
})

const rightsFields = (t: PothosSchemaTypes.ObjectFieldBuilder<typeof builder.$inferSchemaTypes, RightsScopes>) => ({
  allPermissions: t.exposeBoolean('allPermissions', { description: descriptions.allPermissions }),
  allRoles: t.exposeBoolean('allRoles', { description: descriptions.allRoles }),
  keptInToken: t.field({
    type: [TokenClaimKind],
    weighs: { size: 2 },
    description: descriptions.keptInToken,
    resolve: ({ keptInToken }) => [...keptInToken],
  }),
  permissions: t.field({
    type: [ScopedPermission],
    weighs: { size: 10 },
    description: descriptions.permissions,
    resolve: ({ permissions }) => [...permissions],
  }),
  roles: t.field({
    type: [ScopedRole],
    weighs: { size: 5 },
    description: descriptions.roles,
    resolve: ({ roles }) => [...roles],
  }),
})

const OrganizationScopes = builder.objectRef<RightsScopes>('OrganizationScopes').implement({
  description: 'What a token may do in its organization.',
  fields: rightsFields,
})

const ServiceScopes = builder.objectRef<ServiceScopesShape>('ServiceScopes').implement({
  description: 'What a token may do in one service.',
  fields: (t) => ({
    serviceDefinitionId: t.exposeID('serviceDefinitionId', { description: descriptions.serviceDefinitionId }),
    ...rightsFields(t as never),
  }),
})

export const AllowedScopes = builder.objectRef<AllowedScopesShape>('AllowedScopes').implement({
  description: 'What a token may be used for outside of the gateway.',
  fields: (t) => ({
    generalScopes: t.stringList({
      weighs: { size: 3 },
      description: descriptions.generalScopes,
      resolve: ({ generalScopes }) => [...generalScopes],
    }),
    organizationScopes: t.field({
      type: OrganizationScopes,
      nullable: true,
      description: descriptions.organizationScopes,
      resolve: ({ organizationScopes }) => organizationScopes,
    }),
    servicesScopes: t.field({
      type: [ServiceScopes],
      weighs: { size: 3 },
      description: descriptions.servicesScopes,
      resolve: ({ servicesScopes }) => [...servicesScopes],
    }),
  }),
})

const ScopedPermissionInput = builder.inputType('ScopedPermissionInput', {
  description: 'A permission, on all resources or on some.',
  fields: (t) => ({
    permissionId: t.id({ required: true, description: descriptions.permissionId }),
    resources: t.field({ type: [ResourceInput], description: descriptions.resources }),
  }),
})

const ScopedRoleInput = builder.inputType('ScopedRoleInput', {
  description: 'A role, everywhere or on one resource.',
  fields: (t) => ({
    name: t.string({ required: true, description: descriptions.name }),
    resource: t.field({ type: ResourceInput, description: descriptions.resource }),
  }),
})

const rightsInputFields = (
  t: PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>,
) => ({
  allPermissions: t.boolean({ defaultValue: false, description: descriptions.allPermissions }),
  allRoles: t.boolean({ defaultValue: false, description: descriptions.allRoles }),
  keptInToken: t.field({ type: [TokenClaimKind], description: descriptions.keptInToken }),
  permissions: t.field({ type: [ScopedPermissionInput], description: descriptions.permissions }),
  roles: t.field({ type: [ScopedRoleInput], description: descriptions.roles }),
})

const OrganizationScopesInput = builder.inputType('OrganizationScopesInput', {
  description: 'What a token may do in its organization.',
  fields: rightsInputFields,
})

const ServiceScopesInput = builder.inputType('ServiceScopesInput', {
  description: 'What a token may do in one service.',
  fields: (t) => ({
    serviceDefinitionId: t.id({ required: true, description: descriptions.serviceDefinitionId }),
    ...rightsInputFields(t),
  }),
})

export const AllowedScopesInput = builder.inputType('AllowedScopesInput', {
  description: 'What a token may be used for outside of the gateway.',
  fields: (t) => ({
    generalScopes: t.stringList({ description: descriptions.generalScopes }),
    organizationScopes: t.field({ type: OrganizationScopesInput, description: descriptions.organizationScopes }),
    servicesScopes: t.field({ type: [ServiceScopesInput], description: descriptions.servicesScopes }),
  }),
})

/** The input in the form that is stored, entry by entry, so that `contradictions` finds each issue at its place. */
export function storedAllowedScopes(input: typeof AllowedScopesInput.$inferInput): AllowedScopesShape {
  return {
    generalScopes: [...(input.generalScopes ?? [])],
    organizationScopes: input.organizationScopes ? storedRights(input.organizationScopes) : null,
    servicesScopes: (input.servicesScopes ?? []).map((service) => ({
      serviceDefinitionId: service.serviceDefinitionId,
      ...storedRights(service),
    })),
  }
}

function storedRights(input: typeof OrganizationScopesInput.$inferInput): RightsScopes {
  return {
    allPermissions: input.allPermissions ?? false,
    allRoles: input.allRoles ?? false,
    keptInToken: [...(input.keptInToken ?? [])],
    permissions: (input.permissions ?? []).map(({ permissionId, resources }) => ({
      permissionId,
      resources: (resources ?? []).map(storedResource),
    })),
    roles: (input.roles ?? []).map(({ name, resource }) => ({
      name,
      resource: resource ? storedResource(resource) : null,
    })),
  }
}

/** The resource in its canonical form. One that has none stays as it was written: it is refused where its place is known. */
function storedResource(resource: ResourceShape): string {
  return formatResource(canonicalResource(resource) ?? resource)
}
