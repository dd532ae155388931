/** Nested users as each contestant is asked for them, and the form in which their answers are compared. */

/** A user as it is compared; permissions only where they were asked for. */
export interface NestedUser {
  readonly id: string
  readonly firstname: string
  readonly lastname: string
  readonly email: string
  readonly accesses: readonly {
    readonly id: string
    readonly type: string
    readonly roles: readonly { readonly id: string; readonly permissions: readonly string[] | undefined }[]
  }[]
}

interface Person {
  readonly firstname: string
  readonly lastname: string
  readonly email: string
}

interface Named {
  readonly id: string
}

interface Role extends Named {
  readonly permissions?: readonly Named[]
}

interface Access {
  readonly id: string | number
  readonly type: string
  readonly roles: readonly Role[]
}

/** What is selected of a user, with or without the permissions of its roles. */
export const selections = {
  gateway: (permissions: boolean) =>
    `id firstname lastname email
    accesses { results { id type roles { id ${permissions ? 'permissions { id }' : ''} } } }`,
  // The ids of a link stand in its row, so that neither roles nor permissions are joined.
  postgraphile: (permissions: boolean) =>
    `rowId firstname lastname email
    accessesByOrganizationIdAndUserIdList {
      rowId type
      roleAssignmentsByOrganizationIdAndAccessIdList(orderBy: ROLE_ID_ASC) {
        roleId ${permissions ? 'roleByRoleId { rolePermissionsByRoleIdList { permissionId } }' : ''}
      }
    }`,
  plain: (permissions: boolean) =>
    `id firstname lastname email
    accesses { id type assignments { role { id ${permissions ? 'permissions { permission { id } }' : ''} } } }`,
}

export interface RawUser extends Person, Named {
  readonly accesses: readonly Access[]
}

export function readRaw(user: RawUser): NestedUser {
  return nested(user, user.id, user.accesses)
}

export interface GatewayUser extends Person, Named {
  readonly accesses: { readonly results: readonly Access[] }
}

export function readGateway(user: GatewayUser): NestedUser {
  return nested(user, user.id, user.accesses.results)
}

export interface PostgraphileUser extends Person {
  readonly rowId: string
  readonly accessesByOrganizationIdAndUserIdList: readonly {
    readonly rowId: number
    readonly type: string
    readonly roleAssignmentsByOrganizationIdAndAccessIdList: readonly {
      readonly roleId: string
      readonly roleByRoleId?: { readonly rolePermissionsByRoleIdList: readonly { readonly permissionId: string }[] }
    }[]
  }[]
}

export function readPostgraphile(user: PostgraphileUser): NestedUser {
  const accesses = user.accessesByOrganizationIdAndUserIdList.map((access) => ({
    id: access.rowId,
    type: access.type,
    roles: access.roleAssignmentsByOrganizationIdAndAccessIdList.map(({ roleId, roleByRoleId }) =>
      role(
        roleId,
        roleByRoleId?.rolePermissionsByRoleIdList.map(({ permissionId }) => permissionId),
      ),
    ),
  }))
  return nested(user, user.rowId, accesses)
}

export interface PlainUser extends Person, Named {
  readonly accesses: readonly {
    readonly id: string
    readonly type: string
    readonly assignments: readonly {
      readonly role: { readonly id: string; readonly permissions?: readonly { readonly permission: Named }[] }
    }[]
  }[]
}

export function readPlain(user: PlainUser): NestedUser {
  const accesses = user.accesses.map(({ id, type, assignments }) => ({
    id,
    type,
    roles: assignments.map(({ role: held }) =>
      role(
        held.id,
        held.permissions?.map(({ permission }) => permission.id),
      ),
    ),
  }))
  return nested(user, user.id, accesses)
}

function role(id: string, permissions: readonly string[] | undefined): Role {
  return permissions === undefined ? { id } : { id, permissions: permissions.map((permission) => ({ id: permission })) }
}

function nested({ firstname, lastname, email }: Person, id: string, accesses: readonly Access[]): NestedUser {
  return {
    id,
    firstname,
    lastname,
    email,
    accesses: accesses.map((access) => ({
      id: String(access.id),
      type: access.type,
      roles: access.roles.map(({ id, permissions }) => ({ id, permissions: permissions?.map(({ id }) => id) })),
    })),
  }
}
