/** Worlds made at random, with questions about them, and what the evaluator is held against in them. */
import fc from 'fast-check'
import type { RightsScopes } from '../../src/auth/allowedScopes.ts'
import type { Catalogue, Question, Subject } from '../../src/auth/decide.ts'
import { tokenStatuses } from '../../src/auth/token.ts'

/** Role → its permissions. */
export type Roles = Readonly<Record<string, readonly string[]>>

export const catalogueOf = (roles: Roles, known: readonly string[]): Catalogue => ({
  permissionIdsOf: (roleId) => roles[roleId] ?? [],
  roleIdsWith: (permissionId) =>
    known.includes(permissionId)
      ? Object.keys(roles)
          .filter((role) => roles[role]?.includes(permissionId))
          .sort()
      : null,
})

/** What the evaluator is held against: written from the rules' words, by going through everything. */
export function naive(world: World, question: Question): boolean {
  const { subject } = world
  if (subject === null || subject.userIsOver) return false
  const { token } = subject
  if (token !== null && token.status !== 'ACTIVE') return false
  const fits = (limit: string | null) => limit === null || limit === question.resource
  if ('roleId' in question) {
    const isHeld = subject.held.some(({ roleId, resource }) => roleId === question.roleId && fits(resource))
    if (token === null || !isHeld) return isHeld
    const named = token.rights?.roles.some(({ name, resource }) => name === question.roleId && fits(resource))
    return token.rights?.allRoles === true || named === true
  }
  const { permissionId } = question
  if (!world.permissions.includes(permissionId)) return false
  const permits = (role: string) => (world.roles[role] ?? []).includes(permissionId)
  let held = false
  for (const { roleId, resource } of subject.held) if (permits(roleId) && fits(resource)) held = true
  if (token === null) return held
  let allowed = false
  if (token.rights !== null) {
    const { allPermissions, allRoles, permissions, roles: named } = token.rights
    if (allPermissions || allRoles) allowed = true
    for (const { name, resource } of named) if (permits(name) && fits(resource)) allowed = true
    for (const entry of permissions) {
      if (entry.permissionId !== permissionId) continue
      if (entry.resources.length === 0 || entry.resources.some(fits)) allowed = true
    }
  }
  return held && allowed
}

export interface World {
  readonly roles: Roles
  readonly permissions: readonly string[]
  readonly subject: Subject | null
}

export const permissionIds = ['p1', 'p2', 'p3', 'p4']
const roleIds = ['r1', 'r2', 'r3', 'r4']
const aPermission = fc.constantFrom(...permissionIds, 'none')
/** Roles that can be held, or named by tokens: also one that is in no catalogue. */
export const heldRoleIds = [...roleIds, 'gone']
export const aRole = fc.constantFrom(...heldRoleIds)
export const zones = ['zone:a', 'zone:b', 'zone:c']
export const aResource = fc.constantFrom(null, ...zones)
const aZone = fc.constantFrom(...zones)
export const aHeld = fc.record({ roleId: aRole, resource: aResource })
const someRights: fc.Arbitrary<RightsScopes> = fc.record({
  allPermissions: fc.boolean(),
  allRoles: fc.boolean(),
  keptInToken: fc.constant([]),
  permissions: fc.array(fc.record({ permissionId: aPermission, resources: fc.array(aZone, { maxLength: 2 }) }), {
    maxLength: 3,
  }),
  roles: fc.array(fc.record({ name: aRole, resource: aResource }), { maxLength: 3 }),
})
/** Most worlds have no "all", or cuts would hardly be met. */
const rarelyAll = fc.oneof(
  { weight: 3, arbitrary: someRights.map((rights) => ({ ...rights, allPermissions: false, allRoles: false })) },
  { weight: 1, arbitrary: someRights },
)
const aToken = fc.record({
  status: fc.oneof({ weight: 4, arbitrary: fc.constant('ACTIVE' as const) }, fc.constantFrom(...tokenStatuses)),
  rights: fc.option(rarelyAll, { freq: 6 }),
})
export const aWorld: fc.Arbitrary<World> = fc.record({
  roles: fc.record(Object.fromEntries(roleIds.map((id) => [id, fc.subarray(permissionIds)]))),
  permissions: fc.constant(permissionIds),
  subject: fc.option(
    fc.record({
      held: fc.uniqueArray(aHeld, { maxLength: 5, selector: ({ roleId, resource }) => `${roleId} ${resource}` }),
      userIsOver: fc.nat(9).map((drawn) => drawn === 0),
      token: fc.option(aToken, { freq: 2 }),
    }),
    { freq: 20 },
  ),
})
const aQuestion: fc.Arbitrary<Question> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ permissionId: aPermission, resource: aResource }) },
  { weight: 1, arbitrary: fc.record({ roleId: aRole, resource: aResource }) },
)

/** The questions that are asked about a world. */
export const questions = fc.array(aQuestion, { minLength: 20, maxLength: 20 })
