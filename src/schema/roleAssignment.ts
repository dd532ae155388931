/** A role held by an access, either everywhere or on one resource only. */
import { resourceOf } from '../auth/resource.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'
import { Resource } from './resource.ts'
import { Role } from './role.ts'

export const RoleAssignment = builder.prismaObject('RoleAssignment', {
  scopes: ['roles:read'],
  fields: (t) => ({
    role: t.field({
      type: Role,
      description: 'The role that is held.',
      resolve: async ({ roleId }, _, { loaders }) => must(await loaders.role.load(roleId), 'role'),
    }),
    resource: t.field({
      type: Resource,
      nullable: true,
      description: 'The one resource that the role is limited to. Null: it holds everywhere.',
      resolve: resourceOf,
    }),
  }),
})
