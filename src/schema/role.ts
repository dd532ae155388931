/** A named bundle of permissions. */
import { roles } from '../db/tables.ts'
import { nameIdOf } from '../ids.ts'
import { permissionsOfRole, rolesOfPermission } from '../links/graph.ts'
import { builder } from './builder.ts'
import { findAll } from './find.ts'
import { listWeight } from './listWeights.ts'
import { Node } from './node.ts'
import { Permission } from './permission.ts'
import { listResultType } from './searchResult.ts'
import { nodeIdField } from './shared.ts'

export const Role = builder.prismaObject('Role', {
  interfaces: [Node],
  scopes: ['roles:read'],
  extensions: { lasts: true },
  fields: (t) => ({
    nodeId: nodeIdField(t, roles),
    id: t.exposeID('id'),
    description: t.exposeString('description'),
    permissions: t.list(permissionsOfRole, { type: [Permission], description: 'What the role allows, by id.' }),
  }),
})

builder.prismaObjectField(Permission, 'roles', (t) =>
  t.list(rolesOfPermission, { type: [Role], description: 'The roles that have the permission, by id.' }),
)

const RoleListResult = listResultType(Role, { name: 'RoleListResult', items: 'roles', scopes: ['roles:read'] })

builder.queryFields((t) => ({
  role: t.field({
    type: Role,
    nullable: true,
    scopes: ['roles:read'],
    description: 'One role by id. Null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'The id of a role.' }) },
    resolve: (_, { id }, { loaders }) => loaders.row(roles, nameIdOf('id', id)),
  }),
  roles: t.field({
    type: RoleListResult,
    scopes: ['roles:read'],
    weighs: listWeight(20),
    description: 'All roles, by id.',
    resolve: (_, __, context) => findAll(context, roles),
  }),
}))
