/**
 * The kinds of lines of import and export, in the order in which they refer to each other: which members each has, and
 * where they are stored. The schema of lines and the statements of import and export are made of this table.
 */
import { typesWith } from '../auth/accessTypes.ts'
import { formatResource, parseResource, type ResourceType, resourceOf } from '../auth/resource.ts'
import { AccessType, Language } from '../db/generated/prisma/client.ts'
import { descriptionRule, identifierRule, nameRule, tokenNameRule } from '../writtenTexts.ts'
import { allowedScopesForm } from './allowedScopesForm.ts'
import {
  authorForm,
  catalogueId,
  day,
  documentHashes,
  email,
  flag,
  gatewayScopes,
  hint,
  id,
  instant,
  instantOrNever,
  oneOf,
  permissionIds,
  resource,
  sha256,
  text,
  uuid,
} from './forms.ts'
import { type Kind, type Member, may, member, must } from './kind.ts'

/** The resource of a role assignment, in two columns. */
const onResource: Member = {
  ...member(
    'resource',
    resource,
    'The one resource that the role is limited to. Left out, or null: it holds everywhere.',
    false,
  ),
  columns: [
    {
      name: 'resource_type',
      type: 'resource_type',
      stored: (value) => (value === null ? null : parseResource(value as string).type),
      selected: (column) => `${column}::text`,
    },
    {
      name: 'resource_id',
      type: 'text',
      stored: (value) => (value === null ? null : parseResource(value as string).id),
      selected: (column) => column,
    },
  ],
  written([resourceType, resourceId]) {
    const found = resourceOf({
      resourceType: resourceType as ResourceType | null,
      resourceId: resourceId as string | null,
    })
    return found && formatResource(found)
  },
}

/** When and by whom a row was made and changed. Left out of a line that changes something, it is changed now, by nobody on record. */
const history = [
  may('created_at', instant, 'When it was created. Left out of a new one: now.', {
    fallback: 'run.at',
    nullable: false,
  }),
  may('created_by', authorForm, 'Who created it.'),
  may('updated_at', instant, 'When it was last changed. Left out of one that changes: now.', { nullable: false }),
  may('updated_by', authorForm, 'Who last changed it.'),
] as const

const customerId = must('customer_id', id, "The organization's customer number.", { own: false })

const ofCustomer = {
  join: (alias: string) => `JOIN organizations AS organization ON organization.customer_id = ${alias}.customer_id`,
  organization: 'organization.id',
}

const actionsOf = (target: string) => ({
  create: `${target}.create`,
  update: `${target}.update`,
  remove: `${target}.remove`,
})

const languages = Object.values(Language) as [string, ...string[]]
const accessTypes = Object.values(AccessType) as [string, ...string[]]

export const organizationKind: Kind = {
  type: 'organization',
  noun: 'organization',
  plural: 'organizations',
  description: 'A customer organization.',
  table: 'organizations',
  target: 'Organization',
  actions: actionsOf('organization'),
  members: [
    must('id', uuid, 'Identifier.'),
    must('customer_id', id, 'Customer number, one to one with the id.'),
    must('name', text(identifierRule), 'Name of the organization.'),
  ],
  key: ['id'],
  place: { join: () => '', organization: 's.id' },
  numbered: false,
}

export const identityProviderKind: Kind = {
  type: 'identityProvider',
  noun: 'identity provider',
  plural: 'identity providers',
  description: "An organization's own identity provider.",
  table: 'identity_providers',
  target: 'IdentityProvider',
  actions: actionsOf('identityProvider'),
  members: [
    must('id', uuid, 'Identifier.'),
    customerId,
    must('domain', text(identifierRule), 'The mail domain whose users it signs in.'),
  ],
  key: ['id'],
  place: ofCustomer,
  numbered: false,
}

export const permissionKind: Kind = {
  type: 'permission',
  noun: 'permission',
  plural: 'permissions',
  description: 'The right to do one thing. All organizations share it.',
  table: 'permissions',
  target: 'Permission',
  actions: actionsOf('permission'),
  members: [
    must('id', catalogueId, 'Identifier, a short name.'),
    must('description', text(descriptionRule), 'What the permission allows.'),
  ],
  key: ['id'],
  place: null,
  numbered: false,
}

export const roleKind: Kind = {
  type: 'role',
  noun: 'role',
  plural: 'roles',
  description: 'A named bundle of permissions. All organizations share it.',
  table: 'roles',
  target: 'Role',
  actions: actionsOf('role'),
  members: [
    must('id', catalogueId, 'Identifier, a short name.'),
    must('description', text(descriptionRule), 'What the role is for.'),
    must('permissions', permissionIds, 'The ids of the permissions that it has.', { own: false }),
  ],
  key: ['id'],
  place: null,
  numbered: false,
}

export const userKind: Kind = {
  type: 'user',
  noun: 'user',
  plural: 'users',
  description: 'A person or a technical user of an organization.',
  table: 'users',
  target: 'User',
  actions: actionsOf('user'),
  members: [
    must('id', uuid, 'Identifier.'),
    customerId,
    must('firstname', text(nameRule), 'Given name.'),
    must('lastname', text(nameRule), 'Family name.'),
    must('email', email, 'Mail address, unique within the organization whatever its case.'),
    may('acct', text(identifierRule), 'The identifier the user logs in to the identity provider with.'),
    may('idp_id', uuid, 'The identity provider, of the same organization. Null: a local user.'),
    may('expires_at', day, 'The last day, in UTC, on which the user works. Null: no end.'),
    may('phone', text(identifierRule), 'Telephone number.'),
    must('language', oneOf('language', languages), 'The language the user is addressed in.'),
    ...history,
  ],
  key: ['id'],
  place: ofCustomer,
  numbered: false,
}

export const accessKind: Kind = {
  type: 'access',
  noun: 'access',
  plural: 'accesses',
  description: 'A way in: what a user signs in with.',
  table: 'accesses',
  target: 'Access',
  actions: actionsOf('access'),
  members: [
    must('id', id, 'Identifier.'),
    must('user_id', uuid, 'The user who signs in with it.'),
    must('access_type', oneOf('access_type', accessTypes), 'The kind of way to sign in.', { column: 'type' }),
    must('name', text(nameRule), 'Name that tells it apart.', { only: typesWith.name }),
    must('sso_id', text(identifierRule), 'The identifier at the identity provider.', { only: typesWith.ssoId }),
    must('two_fa_enabled', flag, 'Whether a second factor is asked for.', { only: typesWith.twoFaEnabled }),
    must('language', oneOf('language', languages), 'The language of the answers.', { only: typesWith.language }),
    may('last_login_at', instantOrNever, 'The last time somebody signed in with it. Null: never.'),
    ...history,
  ],
  key: ['id'],
  place: {
    join: (alias) => `JOIN users AS owner ON owner.id = ${alias}.user_id`,
    organization: 'owner.organization_id',
  },
  numbered: true,
}

const ofAccess = {
  join: (alias: string) => `JOIN accesses AS holder ON holder.id = ${alias}.access_id`,
  organization: 'holder.organization_id',
}

export const roleAssignmentKind: Kind = {
  type: 'roleAssignment',
  noun: 'role assignment',
  plural: 'role assignments',
  description: 'A role held by an access, either everywhere or on one resource only.',
  table: 'role_assignments',
  target: 'RoleAssignment',
  actions: { create: 'role.assign', update: 'role.assign', remove: 'role.withdraw' },
  members: [
    must('access_id', id, 'The access that holds the role.'),
    must('role_id', catalogueId, 'The role.'),
    onResource,
    may('valid_until', instantOrNever, 'The instant from which it does not count any more. Null: no end.'),
  ],
  key: ['access_id', 'role_id', 'resource_type', 'resource_id'],
  place: ofAccess,
  numbered: false,
}

export const tokenKind: Kind = {
  type: 'token',
  noun: 'token',
  plural: 'tokens',
  description: 'An API token. Its secret is not told, only the SHA-256 of it.',
  table: 'tokens',
  target: 'Token',
  actions: { ...actionsOf('token'), remove: 'token.deactivate' },
  members: [
    must('id', id, 'Identifier.'),
    must('access_id', id, 'The access that it acts for, which is no profile.'),
    must('name', text(tokenNameRule), 'Name that its owner gave it.'),
    must('secret_sha256', sha256, 'The SHA-256 of its secret, in hexadecimal digits.', { column: 'secret_hash' }),
    must('hint', hint, 'The last four characters of the secret.'),
    must('scope', gatewayScopes, 'The gateway scopes that it carries.'),
    must('allowed_scopes', allowedScopesForm, 'What it may be used for outside of the gateway.'),
    must('expires_at', instant, 'The instant from which it is refused.'),
    ...history,
    may('first_used_at', instantOrNever, 'The first time it was used. Null: never.'),
    may('last_used_at', instantOrNever, 'The last time it was used. Null: never.'),
    may('deactivated', flag, 'Whether it is switched off. Left out of a new one: it is not.', {
      fallback: 'false',
      nullable: false,
    }),
    may('deactivated_updated_by', authorForm, 'Who last changed `deactivated`.'),
    may('deactivated_updated_on', instantOrNever, 'When `deactivated` last changed. Null: never.'),
    may('revoked_at', instantOrNever, 'When it was withdrawn for good. Null: it was not.'),
    may(
      'only_operations',
      documentHashes,
      'The SHA-256s of the documents that it may run. Left out of a new one: any.',
      {
        fallback: "'{}'",
        nullable: false,
      },
    ),
    may('rotated_from', id, 'The token that it took the place of.'),
  ],
  key: ['id'],
  place: ofAccess,
  numbered: true,
}

/** Every kind, each after those that it refers to. */
export const kinds: readonly Kind[] = Object.freeze([
  organizationKind,
  identityProviderKind,
  permissionKind,
  roleKind,
  userKind,
  accessKind,
  roleAssignmentKind,
  tokenKind,
])
