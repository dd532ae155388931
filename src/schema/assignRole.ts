/** Gives roles to accesses and takes them away: nobody gives what they do not hold, and somebody is left who may give. */
import { dayOf } from '../auth/expiry.ts'
import { canonicalResource, formatResource, type Resource as ResourceShape, resourceTypes } from '../auth/resource.ts'
import type { Scope } from '../auth/scopes.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Access as AccessRow, RoleAssignment as AssignmentRow } from '../db/generated/prisma/client.ts'
import { accesses } from '../db/tables.ts'
import { Conflict, expected, GuardRailHit, InputCheck, InvalidInput, NotFound, ScopeNotGranted } from '../failures.ts'
import { integerIdOf, nameIdOf } from '../ids.ts'
import { Access } from './access.ts'
import {
  type AssignedStanding,
  assignedRoles,
  assignedStandings,
  type WithdrawnStanding,
  withdrawnRoles,
  withdrawnStandings,
} from './assignedRoles.ts'
import { builder } from './builder.ts'
import {
  ConflictError,
  GuardRailError,
  InvalidInputError,
  NotFoundError,
  ScopeNotGrantedError,
  typeOfResult,
} from './failure.ts'
import { requireGiver } from './mayGive.ts'
import { must } from './must.ts'
import { ResourceInput } from './resource.ts'
import { type AssignersLeft, withoutAssigners } from './roleAssigners.ts'
import { RoleAssignment } from './roleAssignment.ts'
import { changeRoles, RoleBatchPayload, roleInputsDescription, rolesBatch } from './roleBatch.ts'
import { readKey } from './tokenRequest.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'

interface ChangedAssignment {
  readonly assignment: AssignmentRow
}

const scopes: readonly Scope[] = ['roles:write']

const place = {
  accessId: 'The access.',
  roleId: 'The id of the role.',
  resource: 'The one resource that the role is limited to. Left out: it holds everywhere.',
} as const

const AssignRoleInput = builder.inputType('AssignRoleInput', {
  description: 'A role to be given to an access.',
  fields: (t) => ({
    accessId: t.id({ required: true, description: place.accessId }),
    roleId: t.id({ required: true, description: place.roleId }),
    resource: t.field({ type: ResourceInput, description: place.resource }),
    validUntil: t.field({
      type: 'DateTime',
      description: 'The instant from which it does not count any more, in the future. Left out: no end.',
    }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const WithdrawRoleInput = builder.inputType('WithdrawRoleInput', {
  description: 'A role to be taken from an access.',
  fields: (t) => ({
    accessId: t.id({ required: true, description: place.accessId }),
    roleId: t.id({ required: true, description: place.roleId }),
    resource: t.field({
      type: ResourceInput,
      description: 'The resource that the role is limited to. Left out: what it holds everywhere is taken.',
    }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

function assignmentPayload(name: string, assignment: string) {
  return builder.objectRef<ChangedAssignment>(name).implement({
    description: 'What was changed, and the access as it is now.',
    fields: (t) => ({
      assignment: t.field({ type: RoleAssignment, description: assignment, resolve: (changed) => changed.assignment }),
      access: t.field({
        type: Access,
        description: 'The access as it is now.',
        resolve: async ({ assignment: { accessId } }, _, { loaders }): Promise<AccessRow> =>
          must(await loaders.row(accesses, accessId), 'access of an assignment'),
      }),
    }),
  })
}

const AssignRolePayload = assignmentPayload('AssignRolePayload', 'The assignment as it is now.')
const WithdrawRolePayload = assignmentPayload('WithdrawRolePayload', 'The assignment as it was.')

const AssignRoleResult = builder.unionType('AssignRoleResult', {
  description: 'What assigning a role can end in.',
  types: [AssignRolePayload, InvalidInputError, NotFoundError, ScopeNotGrantedError, GuardRailError, ConflictError],
  resolveType: typeOfResult('AssignRolePayload'),
})

const WithdrawRoleResult = builder.unionType('WithdrawRoleResult', {
  description: 'What withdrawing a role can end in.',
  types: [WithdrawRolePayload, InvalidInputError, NotFoundError, GuardRailError, ConflictError],
  resolveType: typeOfResult('WithdrawRolePayload'),
})

const assigningFailures = [InvalidInput, NotFound, ScopeNotGranted, GuardRailHit, Conflict]
const withdrawingFailures = [InvalidInput, NotFound, GuardRailHit, Conflict]

builder.mutationFields((t) => ({
  assignRole: t.field({
    type: AssignRoleResult,
    scopes,
    description:
      'Gives a role to an access. The caller must hold it there, or everything that it permits, for as long at least. What is ' +
      'there already with the same end stays as it is, and that is a success; with another one it gets the end.',
    args: { input: t.arg({ type: AssignRoleInput, required: true, description: 'The role to be given.' }) },
    resolve: (_, { input }, context) =>
      expected(assigningFailures, context, async () => ({ assignment: await assignRole(input, context) })),
  }),
  assignRoles: t.field({
    ...rolesBatch,
    type: RoleBatchPayload,
    scopes,
    description: 'Gives roles to accesses, each on its own, as assignRole does.',
    args: { inputs: t.arg({ type: [AssignRoleInput], required: true, description: roleInputsDescription }) },
    resolve: (_, { inputs }, context) => changeRoles(inputs, context, (input) => assignRole(input, context)),
  }),
  withdrawRole: t.field({
    type: WithdrawRoleResult,
    scopes,
    description:
      'Takes a role from an access, everywhere or on one resource. The last access of an organization that may assign roles ' +
      'keeps what lets it do so, and nobody takes that from the own one.',
    args: { input: t.arg({ type: WithdrawRoleInput, required: true, description: 'The role to be taken.' }) },
    resolve: (_, { input }, context) =>
      expected(withdrawingFailures, context, async () => ({ assignment: await withdrawRole(input, context) })),
  }),
  withdrawRoles: t.field({
    ...rolesBatch,
    type: RoleBatchPayload,
    scopes,
    description: 'Takes roles from accesses, each on its own, as withdrawRole does.',
    args: { inputs: t.arg({ type: [WithdrawRoleInput], required: true, description: roleInputsDescription }) },
    resolve: (_, { inputs }, context) => changeRoles(inputs, context, (input) => withdrawRole(input, context)),
  }),
}))

type AssignInput = typeof AssignRoleInput.$inferInput
type WithdrawInput = typeof WithdrawRoleInput.$inferInput

/** Which role of which access, everywhere where there is no resource. */
interface Asked {
  readonly accessId: number
  readonly roleId: string
  readonly resource: ResourceShape | null
}

/** Reads what both say. What is wrong is left with the check, and what is read is good once that is finished. */
function readAsked({ accessId, roleId, resource }: WithdrawInput, check: InputCheck): Asked {
  return {
    accessId: check.read(['accessId'], () => integerIdOf('accessId', accessId)) as number,
    roleId: check.read(['roleId'], () => nameIdOf('roleId', roleId)) as string,
    resource: readResource(resource, check),
  }
}

function readResource(resource: ResourceShape | null | undefined, check: InputCheck): ResourceShape | null {
  if (!resource) return null
  const canonical = canonicalResource(resource)
  if (canonical === null) {
    check.add({ path: ['resource', 'id'], message: `expected ${resourceTypes[resource.type].expected}` })
  }
  return canonical
}

function jobOf({ accessId, roleId, resource }: Asked, { now, policy }: Context) {
  return {
    accessId,
    roleId,
    resourceType: resource?.type ?? null,
    resourceId: resource?.id ?? null,
    today: dayOf(now),
    assignPermission: policy.roleAssignPermission,
  }
}

type Row = ChangedRow<number> & AssignmentRow

async function assignRole(input: AssignInput, context: Context): Promise<AssignmentRow> {
  const { principal, visibility, now } = context
  const check = new InputCheck()
  const asked = readAsked(input, check)
  const validUntil = input.validUntil ?? null
  if (validUntil !== null && validUntil <= now) {
    check.add({ path: ['validUntil'], message: 'expected an instant in the future' })
  }
  const key = readKey(input, check)
  check.finish()
  const job = { ...jobOf(asked, context), validUntil }
  const { accessId, roleId, resource } = asked
  const { resourceType, resourceId } = job
  const assignment = { accessId, roleId, resourceType, resourceId, validUntil }
  return change<Row, AssignmentRow>(context, {
    kind: assignedRoles,
    event: { action: 'role.assign', targetType: 'RoleAssignment', before: null, after: null },
    job,
    asked: { type: 'Access', id: String(accessId) },
    missing: noAccess,
    standings: assignedStandings,
    decide(standing) {
      switch (standing as AssignedStanding) {
        case 'no role':
          return () => new NotFound('there is no such role')
        case 'no access':
          return () => new NotFound(noAccess)
        case 'new':
          return true
        case 'same':
          return false
        default:
          return withoutAssigners(standing as AssignersLeft) ?? true
      }
    },
    holding: {
      of: JSON.stringify([principal.accessId, principal.tokenId, visibility, 'rights', accessId]),
      check: (held) =>
        requireGiver({ roleId, resource: resource && formatResource(resource) }, validUntil, held as string, context),
    },
    once: onceFor(
      key,
      'assignRole',
      { ...assignment, validUntil: validUntil?.toISOString() ?? null },
      async ({ id, organizationId }) => ({ id: id as number, organizationId: organizationId as string, ...assignment }),
    ),
    resultOf: ({ changedId, id, targetOrganization }) => ({
      id: changedId ?? id,
      organizationId: targetOrganization,
      ...assignment,
    }),
  })
}

async function withdrawRole(input: WithdrawInput, context: Context): Promise<AssignmentRow> {
  const check = new InputCheck()
  const asked = readAsked(input, check)
  const key = readKey(input, check)
  check.finish()
  const job = jobOf(asked, context)
  const { accessId, roleId, resourceType, resourceId } = job
  const assignment = { accessId, roleId, resourceType, resourceId }
  return change<Row, AssignmentRow>(context, {
    kind: withdrawnRoles,
    event: { action: 'role.withdraw', targetType: 'RoleAssignment', before: null, after: null },
    job: { ...job, validUntil: null },
    asked: { type: 'Access', id: String(accessId) },
    missing: noAccess,
    standings: withdrawnStandings,
    decide(standing) {
      const left = standing as WithdrawnStanding
      if (left === 'none') return () => new NotFound('the access does not hold the role there')
      return withoutAssigners(left) ?? true
    },
    once: onceFor(key, 'withdrawRole', assignment, async ({ id, organizationId, validUntil }) => ({
      id: id as number,
      organizationId: organizationId as string,
      ...assignment,
      validUntil: validUntil === null ? null : new Date(validUntil as string),
    })),
    resultOf: ({ id, targetOrganization, validUntil }) => ({
      id,
      organizationId: targetOrganization,
      ...assignment,
      validUntil,
    }),
  })
}

const noAccess = 'there is no such access'
