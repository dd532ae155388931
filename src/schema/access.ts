/** A way to sign in: an interface with four types, each with fields of its own. */
import { authorOf } from '../auth/author.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'
import { AccessType, Language } from './enums.ts'
import { accessTypeName } from './identity.ts'
import { must } from './must.ts'
import { Node, nodeIdOf } from './node.ts'
import { Organization } from './organization.ts'
import { Permission } from './permission.ts'
import { personal } from './personal.ts'
import { Role } from './role.ts'
import { RoleAssignment } from './roleAssignment.ts'
import { User } from './user.ts'

export const Access = builder.prismaInterface('Access', {
  interfaces: [Node],
  scopes: ['accesses:read'],
  resolveType: accessTypeName,
  fields: (t) => ({
    nodeId: t.id({ description: "Relay's global id.", resolve: ({ id }) => nodeIdOf('Access', id) }),
    id: t.exposeID('id'),
    type: t.expose('type', { type: AccessType }),
    user: t.field({
      type: User,
      description: 'Whose way to sign in it is.',
      resolve: async ({ userId }, _, { loaders }) => must(await loaders.user.load(userId), 'user'),
    }),
    customerId: t.int({
      description: "The organization's customer number.",
      resolve: async ({ organizationId }, _, { loaders }) =>
        must(await loaders.organization.load(organizationId), 'organization').customerId,
    }),
    organization: t.field({
      type: Organization,
      description: 'The organization that the access belongs to.',
      resolve: async ({ organizationId }, _, { loaders }) =>
        must(await loaders.organization.load(organizationId), 'organization'),
    }),
    roles: t.field({
      type: [Role],
      description: 'The roles it holds, everywhere or on some resource: each once, by id.',
      resolve: async ({ id }, _, { loaders }) => {
        const held = distinct((await loaders.assignmentsByAccess.load(id)).map(({ roleId }) => roleId))
        return Promise.all(held.map(async (roleId) => must(await loaders.role.load(roleId), 'role')))
      },
    }),
    roleAssignments: t.field({
      type: [RoleAssignment],
      description: 'The same roles, each with the resource that it is limited to.',
      resolve: async ({ id }, _, { loaders }) => [...(await loaders.assignmentsByAccess.load(id))],
    }),
    permissions: t.field({
      type: [Permission],
      description: 'The permissions of all its roles: each once, by id.',
      resolve: async ({ id }, _, { loaders }) => {
        const held = distinct((await loaders.assignmentsByAccess.load(id)).map(({ roleId }) => roleId))
        const lists = await Promise.all(held.map((roleId) => loaders.permissionsByRole.load(roleId)))
        const byId = new Map(lists.flat().map((permission) => [permission.id, permission]))
        return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
      },
    }),
    lastLoginAt: t.expose('lastLoginAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who created the access. Null where nobody is on record.',
      resolve: ({ createdBy }) => authorOf(createdBy),
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    updatedBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who last changed the access. Null where nobody is on record.',
      resolve: ({ updatedBy }) => authorOf(updatedBy),
    }),
  }),
})

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}

/** Where both resolve a field, as with nodeId, the last one's resolver counts. */
const interfaces = [Node, Access]

const UiConnectionAccess = builder.prismaObject('Access', {
  interfaces,
  scopes: ['accesses:read'],
  variant: 'UiConnectionAccess',
  description: 'A person signs in to the web interface with it.',
  fields: (t) => ({
    twoFaEnabled: t.boolean({
      description: 'Whether a second factor is asked for.',
      resolve: ({ twoFaEnabled }) => must(twoFaEnabled, 'second factor of a UI connection'),
    }),
  }),
})

const SsoConnectionAccess = builder.prismaObject('Access', {
  interfaces,
  scopes: ['accesses:read'],
  variant: 'SsoConnectionAccess',
  description: "A person signs in through the organization's identity provider with it.",
  fields: (t) => ({
    ssoId: t.string({
      ...personal,
      description: 'The identifier at the identity provider.',
      resolve: ({ ssoId }) => must(ssoId, 'identifier of an SSO connection'),
    }),
  }),
})

const ApiConnectionAccess = builder.prismaObject('Access', {
  interfaces,
  scopes: ['accesses:read'],
  variant: 'ApiConnectionAccess',
  description: 'A program calls the API with it.',
  fields: (t) => ({
    name: t.string({
      description: 'Name that tells the access apart.',
      resolve: ({ name }) => must(name, 'name of an API connection'),
    }),
    language: t.field({
      type: Language,
      description: "The language of the API's answers.",
      resolve: ({ language }) => must(language, 'language of an API connection'),
    }),
  }),
})

const ProfileAccess = builder.prismaObject('Access', {
  interfaces,
  scopes: ['accesses:read'],
  variant: 'ProfileAccess',
  description: 'Holds roles for others to work under. Nobody signs in with it, and it holds no tokens.',
  fields: (t) => ({
    name: t.string({
      description: 'Name that tells the access apart.',
      resolve: ({ name }) => must(name, 'name of a profile'),
    }),
  }),
})

/** The object types that implement Access. */
export const accessTypes = Object.freeze([UiConnectionAccess, SsoConnectionAccess, ApiConnectionAccess, ProfileAccess])
