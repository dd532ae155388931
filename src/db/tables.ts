/**
 * The tables that statements are written over by hand. Each knows its columns by the names the model has for them; a
 * column that schema.prisma has and this file lacks does not compile.
 */
import {
  type Access,
  type IdentityProvider,
  type Organization,
  type Permission,
  Prisma,
  type Role,
  type RoleAssignment,
  type Token,
  type User,
} from './generated/prisma/client.ts'

/** SQL type of a table's ids. */
type IdType = 'uuid' | 'integer' | 'text'

/** A table whose rows have the shape `Row`. */
export interface Table<Row> {
  readonly name: Prisma.Sql
  readonly id: Prisma.Sql
  readonly idType: IdType
  /** The column with the row's organization; null for the catalogue, which has no tenant. */
  readonly organization: Prisma.Sql | null
  /** The select list that gives a whole `Row`. */
  readonly columns: Prisma.Sql
  column(name: keyof Row & string): Prisma.Sql
}

interface Definition<Row> {
  readonly idType: IdType
  readonly organization: (keyof Row & string) | null
  /** Model name → column name. */
  readonly columns: Readonly<Record<keyof Row, string>>
}

function table<Row>(name: string, { idType, organization, columns }: Definition<Row>): Table<Row> {
  const entries = Object.entries<string>(columns)
  const references = new Map(entries.map(([field, column]) => [field, Prisma.raw(`${name}.${column}`)]))
  const column = (field: string) => {
    const reference = references.get(field)
    if (reference === undefined) throw new Error(`${name} has no column for "${field}"`)
    return reference
  }
  return {
    name: Prisma.raw(name),
    id: Prisma.raw(`${name}.id`),
    idType,
    organization: organization === null ? null : column(organization),
    columns: Prisma.raw(entries.map(([field, column]) => `${name}.${column} AS "${field}"`).join(', ')),
    column,
  }
}

export const organizations = table<Organization>('organizations', {
  idType: 'uuid',
  organization: 'id',
  columns: { id: 'id', customerId: 'customer_id', name: 'name' },
})

export const identityProviders = table<IdentityProvider>('identity_providers', {
  idType: 'uuid',
  organization: 'organizationId',
  columns: { id: 'id', domain: 'domain', organizationId: 'organization_id' },
})

export const users = table<User>('users', {
  idType: 'uuid',
  organization: 'organizationId',
  columns: {
    id: 'id',
    organizationId: 'organization_id',
    firstname: 'firstname',
    lastname: 'lastname',
    email: 'email',
    acct: 'acct',
    idpId: 'idp_id',
    expiresAt: 'expires_at',
    phone: 'phone',
    language: 'language',
    createdAt: 'created_at',
    createdBy: 'created_by',
    updatedAt: 'updated_at',
    updatedBy: 'updated_by',
  },
})

export const accesses = table<Access>('accesses', {
  idType: 'integer',
  organization: 'organizationId',
  columns: {
    id: 'id',
    organizationId: 'organization_id',
    userId: 'user_id',
    type: 'type',
    name: 'name',
    ssoId: 'sso_id',
    twoFaEnabled: 'two_fa_enabled',
    language: 'language',
    lastLoginAt: 'last_login_at',
    createdAt: 'created_at',
    createdBy: 'created_by',
    updatedAt: 'updated_at',
    updatedBy: 'updated_by',
  },
})

export const roles = table<Role>('roles', {
  idType: 'text',
  organization: null,
  columns: { id: 'id', description: 'description' },
})

export const permissions = table<Permission>('permissions', {
  idType: 'text',
  organization: null,
  columns: { id: 'id', description: 'description' },
})

export const roleAssignments = table<RoleAssignment>('role_assignments', {
  idType: 'integer',
  organization: 'organizationId',
  columns: {
    id: 'id',
    organizationId: 'organization_id',
    accessId: 'access_id',
    roleId: 'role_id',
    resourceType: 'resource_type',
    resourceId: 'resource_id',
  },
})

export const tokens = table<Token>('tokens', {
  idType: 'integer',
  organization: 'organizationId',
  columns: {
    id: 'id',
    organizationId: 'organization_id',
    accessId: 'access_id',
    name: 'name',
    secretHash: 'secret_hash',
    hint: 'hint',
    scope: 'scope',
    allowedScopes: 'allowed_scopes',
    createdAt: 'created_at',
    createdBy: 'created_by',
    updatedAt: 'updated_at',
    updatedBy: 'updated_by',
    expiresAt: 'expires_at',
    lastUsedAt: 'last_used_at',
    deactivated: 'deactivated',
    deactivatedUpdatedBy: 'deactivated_updated_by',
    deactivatedUpdatedOn: 'deactivated_updated_on',
    revokedAt: 'revoked_at',
    rotatedFromId: 'rotated_from',
  },
})
