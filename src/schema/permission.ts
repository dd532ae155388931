/** The right to do one thing. */
import { permissions } from '../db/tables.ts'
import { nameIdOf } from '../ids.ts'
import { builder } from './builder.ts'
import { findAll } from './find.ts'
import { listWeight } from './listWeights.ts'
import { Node } from './node.ts'
import { listResultType } from './searchResult.ts'
import { nodeIdField } from './shared.ts'

export const Permission = builder.prismaObject('Permission', {
  interfaces: [Node],
  scopes: ['roles:read'],
  extensions: { lasts: true },
  fields: (t) => ({
    nodeId: nodeIdField(t, permissions),
    id: t.exposeID('id'),
    description: t.exposeString('description'),
  }),
})

const PermissionListResult = listResultType(Permission, {
  name: 'PermissionListResult',
  items: 'permissions',
  scopes: ['roles:read'],
})

builder.queryFields((t) => ({
  permission: t.field({
    type: Permission,
    nullable: true,
    scopes: ['roles:read'],
    description: 'One permission by id. Null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'The id of a permission.' }) },
    resolve: (_, { id }, { loaders }) => loaders.row(permissions, nameIdOf('id', id)),
  }),
  permissions: t.field({
    type: PermissionListResult,
    scopes: ['roles:read'],
    weighs: listWeight(100),
    description: 'All permissions, by id.',
    resolve: (_, __, context) => findAll(context, permissions),
  }),
}))
