/** A way to sign in: an interface with four types, each with fields of its own. */
import { accesses } from '../db/tables.ts'
import { reading } from '../links/columns.ts'
import { assignmentsOfAccess, organizationOfAccess, userOfAccess } from '../links/graph.ts'
import { builder } from './builder.ts'
import { AccessType, Language } from './enums.ts'
import { accessTypeName } from './identity.ts'
import { must } from './must.ts'
import { Node } from './node.ts'
import { Permission } from './permission.ts'
import { personal } from './personal.ts'
import { fromHeldRoles } from './resolveAll.ts'
import { Role } from './role.ts'
import { RoleAssignment } from './roleAssignment.ts'
import { authorField, customerIdField, nodeIdField, organizationField } from './shared.ts'
import { User } from './user.ts'

export const Access = builder.prismaInterface('Access', {
  interfaces: [Node],
  scopes: ['accesses:read'],
  resolveType: accessTypeName,
  fields: (t) => ({
    nodeId: nodeIdField(t, accesses),
    id: t.exposeID('id'),
    type: t.expose('type', { type: AccessType }),
    user: t.one(userOfAccess, { type: User, description: 'Whose way to sign in it is.' }),
    customerId: customerIdField(t, organizationOfAccess),
    organization: organizationField(t, organizationOfAccess, 'access'),
    roles: t.field({
      type: [Role],
      weighs: { size: 2 },
      description: 'The roles it holds, everywhere or on some resource: each once, by id.',
      ...fromHeldRoles((set, catalogue) => catalogue.rolesHeld(set)),
    }),
    roleAssignments: t.list(assignmentsOfAccess, {
      type: [RoleAssignment],
      description:
        'The same roles, each with the resource that it is limited to; and those that have ended (`validUntil`).',
    }),
    permissions: t.field({
      type: [Permission],
      weighs: { size: 30 },
      description: 'The permissions of all its roles: each once, by id.',
      ...fromHeldRoles((set, catalogue) => catalogue.permissionsIn(set)),
    }),
    lastLoginAt: t.expose('lastLoginAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: authorField(t, accesses, 'createdBy', 'Who created the access.'),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    updatedBy: authorField(t, accesses, 'updatedBy', 'Who last changed the access.'),
  }),
})

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
      reads: [reading(accesses, 'twoFaEnabled')],
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
      reads: [reading(accesses, 'ssoId')],
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
      reads: [reading(accesses, 'name')],
      resolve: ({ name }) => must(name, 'name of an API connection'),
    }),
    language: t.field({
      type: Language,
      description: "The language of the API's answers.",
      reads: [reading(accesses, 'language')],
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
      reads: [reading(accesses, 'name')],
      resolve: ({ name }) => must(name, 'name of a profile'),
    }),
  }),
})

/** The object types that implement Access. */
export const accessTypes = Object.freeze([UiConnectionAccess, SsoConnectionAccess, ApiConnectionAccess, ProfileAccess])
