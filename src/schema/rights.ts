/** What an access may do, and what the caller may: the same evaluator as `checkPermissions`, asked the other way round. */
import type { Resource as ResourceShape } from '../auth/resource.ts'
import type { Context } from '../context.ts'
import type { Access as AccessRow } from '../db/generated/prisma/client.ts'
import { nameIdOf } from '../ids.ts'
import type { Whom } from '../links/subjects.ts'
import {
  callerOf,
  decideOn,
  type Places,
  permissionsOf,
  permissionsOfEach,
  placesOfEach,
  rightsReads,
} from '../rights.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'
import { Permission } from './permission.ts'
import { askedResource, Resource, ResourceInput } from './resource.ts'
import { Viewer } from './viewer.ts'

/** Permissions that one usually has. */
const usual = { size: 30 }

const permissionArgument = { required: true, description: 'The id of a permission.' } as const
const resourceArgument = {
  type: ResourceInput,
  description: 'The resource that it is asked for. Left out: everywhere.',
} as const

interface PermissionArgument {
  readonly permissionId: string
}

interface ResourceArgument {
  readonly resource?: ResourceShape | null | undefined
}

/** The options of a field that tells what accesses may do, for all of a level at once. */
function forAccesses<Args, Value>(
  tell: (asked: readonly Whom[], args: Args, context: Context) => Promise<readonly Value[]>,
) {
  const resolveAll = (rows: readonly AccessRow[], args: Args, context: Context) =>
    tell(
      rows.map(({ id }) => ({ kind: 'access', id })),
      args,
      context,
    )
  return {
    extensions: { resolveAll },
    resolve: async (row: AccessRow, args: Args, context: Context): Promise<Value> =>
      must((await resolveAll([row], args, context))[0] ?? null, 'right'),
  }
}

const AccessResources = builder.objectRef<Places>('AccessResources').implement({
  description: 'Where an access has a permission.',
  scopes: ['roles:read'],
  fields: (t) => ({
    everywhere: t.exposeBoolean('everywhere', { description: 'Whether it has it everywhere.' }),
    resources: t.field({
      type: [Resource],
      weighs: { size: 3 },
      description: 'The resources for which roles that are limited to one give it, each once.',
      resolve: ({ resources }) => [...resources],
    }),
  }),
})

builder.prismaInterfaceFields(Access, (t) => ({
  effectivePermissions: t.field({
    type: [Permission],
    weighs: usual,
    description:
      'What it may do on the resource, or everywhere: each permission once, by id. Nothing once the time of its user is over.',
    args: { resource: t.arg(resourceArgument) },
    reads: rightsReads,
    ...forAccesses((asked, { resource }: ResourceArgument, context) =>
      permissionsOfEach(asked, askedResource('resource', resource), context),
    ),
  }),
  resources: t.field({
    type: AccessResources,
    description: 'Where it has the permission. Nowhere once the time of its user is over.',
    args: { permissionId: t.arg.id(permissionArgument) },
    reads: rightsReads,
    ...forAccesses((asked, { permissionId }: PermissionArgument, context) =>
      placesOfEach(asked, nameIdOf('permissionId', permissionId), context),
    ),
  }),
}))

builder.objectFields(Viewer, (t) => ({
  permissions: t.field({
    type: [Permission],
    weighs: usual,
    description:
      'What the caller may do on the resource, or everywhere, by id: the API token that it came with, else its access.',
    args: { resource: t.arg(resourceArgument) },
    resolve: async (principal, { resource }, context) => [
      ...(await permissionsOf(callerOf(principal), askedResource('resource', resource), context)),
    ],
  }),
  can: t.boolean({
    description: 'Whether the caller has the permission: the API token that it came with, else its access.',
    args: { permissionId: t.arg.id(permissionArgument), resource: t.arg(resourceArgument) },
    resolve: async (principal, { permissionId, resource }, context) => {
      const question = {
        permissionId: nameIdOf('permissionId', permissionId),
        resource: askedResource('resource', resource),
      }
      return (await decideOn(callerOf(principal), question, context)).decision.allowed
    },
  }),
}))
