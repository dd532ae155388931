/** The form of what a token may be used for outside of the gateway, as the token documents write it. */
import { z } from 'zod'
import {
  type AllowedScopes,
  contradictions,
  type RightsScopes,
  type ServiceScopes,
  withoutRepetitions,
} from '../auth/allowedScopes.ts'
import { expecting, type Form, resourceText } from './forms.ts'

const texts = z
  .array(z.string(expecting('a text')), expecting('a list'))
  .optional()
  .default([])

const rights = {
  all_permissions: z.boolean(expecting('true or false')).optional().default(false),
  all_roles: z.boolean(expecting('true or false')).optional().default(false),
  kept_in_token: z
    .array(z.enum(['ROLES', 'PERMISSIONS'], expecting('ROLES or PERMISSIONS')), expecting('a list'))
    .optional()
    .default([]),
  permissions: z
    .array(
      z.strictObject(
        {
          permission_id: z.string(expecting('the id of a permission')),
          resources: z.array(resourceText, expecting('a list of resources')).optional().default([]),
        },
        expecting('a permission with its resources'),
      ),
      expecting('a list'),
    )
    .optional()
    .default([]),
  roles: z
    .array(
      z.strictObject(
        { name: z.string(expecting('the id of a role')), resource: resourceText.nullable().optional().default(null) },
        expecting('a role with its resource'),
      ),
      expecting('a list'),
    )
    .optional()
    .default([]),
}

const rightsObject = z.strictObject(rights, expecting('an object'))

function storedRights(given: z.output<typeof rightsObject>): RightsScopes {
  return {
    allPermissions: given.all_permissions,
    allRoles: given.all_roles,
    keptInToken: given.kept_in_token,
    permissions: given.permissions.map(({ permission_id: permissionId, resources }) => ({ permissionId, resources })),
    roles: given.roles,
  }
}

function writtenRights(stored: RightsScopes) {
  return {
    all_permissions: stored.allPermissions,
    all_roles: stored.allRoles,
    kept_in_token: stored.keptInToken,
    permissions: stored.permissions.map(({ permissionId, resources }) => ({ permission_id: permissionId, resources })),
    roles: stored.roles.map(({ name: role, resource: on }) => ({ name: role, resource: on })),
  }
}

const snakeCase = (member: string) => member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** What a token may be used for outside of the gateway. */
export const allowedScopesForm: Form = {
  type: 'jsonb',
  schema: z
    .strictObject(
      {
        general_scopes: texts,
        organization_scopes: rightsObject.nullable().optional().default(null),
        services_scopes: z
          .array(
            z.strictObject(
              { service_definition_id: z.string(expecting('the id of a service')), ...rights },
              expecting('an object'),
            ),
            expecting('a list'),
          )
          .optional()
          .default([]),
      },
      expecting('an object with general_scopes, organization_scopes and services_scopes'),
    )
    .transform((given, context) => {
      const stored: AllowedScopes = {
        generalScopes: given.general_scopes,
        organizationScopes: given.organization_scopes && storedRights(given.organization_scopes),
        servicesScopes: given.services_scopes.map(({ service_definition_id: serviceDefinitionId, ...service }) => ({
          serviceDefinitionId,
          ...storedRights(service),
        })),
      }
      for (const { path, message } of contradictions(stored)) {
        context.addIssue({ code: 'custom', path: path.map(snakeCase), message })
      }
      return withoutRepetitions(stored)
    })
    .meta({ description: 'What the token may be used for outside of the gateway.' }),
  stored: JSON.stringify,
  selected: (column) => column,
  written(value) {
    const { generalScopes, organizationScopes, servicesScopes } = value as AllowedScopes
    return {
      general_scopes: generalScopes,
      organization_scopes: organizationScopes && writtenRights(organizationScopes),
      services_scopes: servicesScopes.map(({ serviceDefinitionId, ...service }: ServiceScopes) => ({
        service_definition_id: serviceDefinitionId,
        ...writtenRights(service),
      })),
    }
  },
}
