/** A role held by an access, either everywhere or on one resource only. */
import { resourceOf } from '../auth/resource.ts'
import { roleAssignments } from '../db/tables.ts'
import { reading } from '../links/columns.ts'
import { roleOfAssignment } from '../links/graph.ts'
import { builder } from './builder.ts'
import { Resource } from './resource.ts'
import { Role } from './role.ts'

export const RoleAssignment = builder.prismaObject('RoleAssignment', {
  scopes: ['roles:read'],
  fields: (t) => ({
    role: t.one(roleOfAssignment, { type: Role, description: 'The role that is held.' }),
    resource: t.field({
      type: Resource,
      nullable: true,
      description: 'The one resource that the role is limited to. Null: it holds everywhere.',
      reads: [reading(roleAssignments, 'resourceType', 'resourceId')],
      resolve: resourceOf,
    }),
    validUntil: t.expose('validUntil', { type: 'DateTime', nullable: true }),
  }),
})
