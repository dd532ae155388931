/** Changes the catalogue of roles, which all organizations share: nobody puts into a role what they do not hold everywhere. */
import { dayOf } from '../auth/expiry.ts'
import type { Scope } from '../auth/scopes.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Facts, Kind } from '../db/changeStatement.ts'
import type { Role as RoleRow } from '../db/generated/prisma/client.ts'
import {
  Conflict,
  expected,
  type Failure,
  GuardRailHit,
  InputCheck,
  InvalidInput,
  NotFound,
  ScopeNotGranted,
} from '../failures.ts'
import { nameIdOf } from '../ids.ts'
import { descriptionRule } from '../writtenTexts.ts'
import { mostChanges } from './batch.ts'
import { builder } from './builder.ts'
import {
  createdRoles,
  holdersOf,
  type RoleText,
  removedRoles,
  unknownPermissions,
  updatedRoles,
} from './changedRoles.ts'
import {
  ConflictError,
  GuardRailError,
  InvalidInputError,
  NotFoundError,
  ScopeNotGrantedError,
  typeOfResult,
} from './failure.ts'
import { requireHolder } from './mayGive.ts'
import { Role } from './role.ts'
import { type AssignersLeft, assignersLeft, withoutAssigners } from './roleAssigners.ts'
import { readKey } from './tokenRequest.ts'
import { readTexts } from './writtenFields.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'

const scopes: readonly Scope[] = ['roles:write', 'organizations:all']

const permissionsDescription = `Ids of permissions, ${mostChanges} at most. The caller must hold each everywhere and without an end.`

const CreateRoleInput = builder.inputType('CreateRoleInput', {
  description: 'A role to be created.',
  fields: (t) => ({
    roleId: t.id({ required: true, description: 'Its id: a short name of 1 to 200 printable characters, for good.' }),
    description: t.string({
      required: true,
      description: `What it is for, in 1 to ${descriptionRule.most} characters.`,
    }),
    permissions: t.idList({ required: true, description: `What it permits. ${permissionsDescription}` }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const UpdateRoleInput = builder.inputType('UpdateRoleInput', {
  description: 'A role to be changed: what is left out stays as it is.',
  fields: (t) => ({
    roleId: t.id({ required: true, description: 'The id of the role.' }),
    description: t.string({ description: `What it is for, in 1 to ${descriptionRule.most} characters.` }),
    addPermissions: t.idList({ description: `What it is to permit besides. ${permissionsDescription}` }),
    removePermissions: t.idList({ description: `What it is to permit no more. Ids, ${mostChanges} at most.` }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const RemoveRoleInput = builder.inputType('RemoveRoleInput', {
  description: 'A role to be removed.',
  fields: (t) => ({
    roleId: t.id({ required: true, description: 'The id of the role.' }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

interface ChangedRole {
  readonly role: RoleRow
}

function rolePayload(name: string, description: string) {
  return builder.objectRef<ChangedRole>(name).implement({
    description,
    fields: (t) => ({
      role: t.field({ type: Role, description: 'The role as it is now.', resolve: ({ role }) => role }),
    }),
  })
}

const CreateRolePayload = rolePayload('CreateRolePayload', 'A role that was created.')
const UpdateRolePayload = rolePayload('UpdateRolePayload', 'A role that was changed.')

const RemoveRolePayload = builder.objectRef<{ readonly roleId: string }>('RemoveRolePayload').implement({
  description: 'A role that was removed.',
  fields: (t) => ({ roleId: t.exposeID('roleId', { description: 'The id that it had.' }) }),
})

const CreateRoleResult = builder.unionType('CreateRoleResult', {
  description: 'What creating a role can end in.',
  types: [CreateRolePayload, InvalidInputError, ScopeNotGrantedError, ConflictError],
  resolveType: typeOfResult('CreateRolePayload'),
})

const UpdateRoleResult = builder.unionType('UpdateRoleResult', {
  description: 'What changing a role can end in.',
  types: [UpdateRolePayload, InvalidInputError, NotFoundError, ScopeNotGrantedError, GuardRailError, ConflictError],
  resolveType: typeOfResult('UpdateRolePayload'),
})

const RemoveRoleResult = builder.unionType('RemoveRoleResult', {
  description: 'What removing a role can end in.',
  types: [RemoveRolePayload, InvalidInputError, NotFoundError, ConflictError],
  resolveType: typeOfResult('RemoveRolePayload'),
})

builder.mutationFields((t) => ({
  createRole: t.field({
    type: CreateRoleResult,
    scopes,
    description: 'Creates a role, for all organizations.',
    args: { input: t.arg({ type: CreateRoleInput, required: true, description: 'The role to be created.' }) },
    resolve: (_, { input }, context) =>
      expected([InvalidInput, ScopeNotGranted, Conflict], context, async () => ({
        role: await createRole(input, context),
      })),
  }),
  updateRole: t.field({
    type: UpdateRoleResult,
    scopes,
    description:
      'Describes a role anew, and changes what it permits, at once and for everybody who holds it. An organization keeps an ' +
      'access that may assign roles, and the caller what lets the own one do so.',
    args: { input: t.arg({ type: UpdateRoleInput, required: true, description: 'The role to be changed.' }) },
    resolve: (_, { input }, context) =>
      expected([InvalidInput, NotFound, ScopeNotGranted, GuardRailHit, Conflict], context, async () => ({
        role: await updateRole(input, context),
      })),
  }),
  removeRole: t.field({
    type: RemoveRoleResult,
    scopes,
    description:
      'Removes a role that no access has, not even one that has ended. API tokens that name it can use it no more.',
    args: { input: t.arg({ type: RemoveRoleInput, required: true, description: 'The role to be removed.' }) },
    resolve: (_, { input }, context) =>
      expected([InvalidInput, NotFound, Conflict], context, async () => ({ roleId: await removeRole(input, context) })),
  }),
}))

/** What a change of the catalogue says, in the form of its job. */
interface Asked {
  readonly roleId: string
  readonly description: string | null
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

interface CatalogueChange<Result> {
  readonly kind: Kind
  readonly action: 'role.create' | 'role.update' | 'role.remove'
  readonly operation: string
  readonly asked: Asked
  readonly key: string | null
  readonly standings: readonly string[]
  decide(standing: string): boolean | (() => Failure)
  /** The permissions that the role gets, of what was found of it. */
  gives(permissions: readonly string[]): readonly string[]
  /** The description is that after the change. */
  resultOf(description: string): Result
}

function changeCatalogue<Result>(wanted: CatalogueChange<Result>, context: Context): Promise<Result> {
  const { kind, action, operation, asked, key, standings, decide, gives, resultOf } = wanted
  const { principal, visibility, policy, now } = context
  return change<ChangedRow<string> & Facts, Result>(context, {
    kind,
    event: { action, targetType: 'Role', before: null, after: null },
    job: { ...asked, today: dayOf(now), assignPermission: policy.roleAssignPermission },
    asked: { type: 'Role', id: asked.roleId },
    missing: noRole,
    standings,
    decide,
    holding: {
      of: JSON.stringify([principal.accessId, principal.tokenId, visibility, 'role', asked.roleId]),
      async check(held) {
        const { rights, role } = JSON.parse(held as string) as RoleText
        await requireHolder(gives(role.permissions), rights, context)
      },
    },
    once: onceFor(key, operation, asked, async ({ description }) => resultOf(description as string)),
    resultOf({ held }) {
      const { role } = JSON.parse(held as string) as RoleText
      return resultOf(asked.description ?? (role.description as string))
    },
  })
}

const noRole = 'there is no such role'

const texts = { description: descriptionRule }

/** The ids, each once, sorted. */
function readPermissions(name: string, ids: readonly string[], check: InputCheck): readonly string[] {
  if (ids.length > mostChanges) {
    check.add({ path: [name], message: `expected at most ${mostChanges} ids, received ${ids.length}` })
    return []
  }
  for (const [place, id] of ids.entries()) check.read([name, String(place)], () => nameIdOf(name, id))
  return [...new Set(ids)].sort()
}

/** The key, which belongs to the organization of the caller. */
function readCatalogueKey(
  input: { readonly idempotencyKey?: string | null | undefined },
  context: Context,
  check: InputCheck,
) {
  const key = readKey(input, check)
  if (key !== null && context.principal.organizationId === null) {
    check.add({ path: ['idempotencyKey'], message: 'expected none from a caller without an organization' })
  }
  return key
}

/** Tells of permissions that there are none of where they were given. */
function unknownIn(name: string, standing: string, given: readonly string[]): InvalidInput {
  const unknown = unknownPermissions(standing)
  return new InvalidInput(
    given.flatMap((id, place) =>
      unknown.includes(id) ? [{ path: [name, String(place)], message: 'expected a permission that there is' }] : [],
    ),
  )
}

async function createRole(input: typeof CreateRoleInput.$inferInput, context: Context): Promise<RoleRow> {
  const check = new InputCheck()
  const id = check.read(['roleId'], () => nameIdOf('roleId', input.roleId)) as string
  const description = readTexts(input, texts, check).description as string
  const added = readPermissions('permissions', input.permissions, check)
  const key = readCatalogueKey(input, context, check)
  check.finish()
  return changeCatalogue(
    {
      kind: createdRoles,
      action: 'role.create',
      operation: 'createRole',
      asked: { roleId: id, description, added, removed: [] },
      key,
      standings: ['new'],
      decide(standing) {
        if (standing === 'new') return true
        if (standing === 'there') return () => new Conflict('there is a role with this id already')
        return () => unknownIn('permissions', standing, input.permissions)
      },
      gives: () => added,
      resultOf: () => ({ id, description }),
    },
    context,
  )
}

async function updateRole(input: typeof UpdateRoleInput.$inferInput, context: Context): Promise<RoleRow> {
  const check = new InputCheck()
  const id = check.read(['roleId'], () => nameIdOf('roleId', input.roleId)) as string
  const { description = null } = readTexts({ description: input.description ?? undefined }, texts, check)
  const [adding, removing] = [input.addPermissions ?? [], input.removePermissions ?? []]
  const added = readPermissions('addPermissions', adding, check)
  const removed = readPermissions('removePermissions', removing, check)
  for (const [place, permission] of removing.entries()) {
    if (!added.includes(permission)) continue
    check.add({ path: ['removePermissions', String(place)], message: 'expected a permission that is not added, too' })
  }
  const key = readCatalogueKey(input, context, check)
  check.finish()
  return changeCatalogue(
    {
      kind: updatedRoles,
      action: 'role.update',
      operation: 'updateRole',
      asked: { roleId: id, description, added, removed },
      key,
      standings: assignersLeft,
      decide(standing) {
        if (standing === 'none') return () => new NotFound(noRole)
        if (standing === 'same') return false
        const unknown = unknownPermissions(standing)
        if (unknown.length === 0) return withoutAssigners(standing as AssignersLeft) ?? true
        const isAdded = added.some((permission) => unknown.includes(permission))
        return () =>
          isAdded ? unknownIn('addPermissions', standing, adding) : unknownIn('removePermissions', standing, removing)
      },
      gives: (permissions) => added.filter((permission) => !permissions.includes(permission)),
      resultOf: (now) => ({ id, description: now }),
    },
    context,
  )
}

async function removeRole(input: typeof RemoveRoleInput.$inferInput, context: Context): Promise<string> {
  const check = new InputCheck()
  const roleId = check.read(['roleId'], () => nameIdOf('roleId', input.roleId)) as string
  const key = readCatalogueKey(input, context, check)
  check.finish()
  return changeCatalogue(
    {
      kind: removedRoles,
      action: 'role.remove',
      operation: 'removeRole',
      asked: { roleId, description: null, added: [], removed: [] },
      key,
      standings: ['free'],
      decide(standing) {
        if (standing === 'free') return true
        if (standing === 'none') return () => new NotFound(noRole)
        const holders = holdersOf(standing)
        return () =>
          new Conflict(
            `${holders === 1 ? '1 access has' : `${holders} accesses have`} the role: expected one that none has`,
          )
      },
      gives: () => [],
      resultOf: () => roleId,
    },
    context,
  )
}
