/**
 * The worlds in Cedar: roles and what tokens allow are groups that the principal is in, what a role gives is a group that
 * actions are in. The policies are the same for all worlds, so that Cedar parses them once.
 */
import { createRequire } from 'node:module'
import type { Question, Subject } from '../../src/auth/decide.ts'
import { heldRoleIds, permissionIds, type World, zones } from '../auth/worlds.ts'
import { askedOf, type Case, type Oracle } from './oracle.ts'

interface Uid {
  readonly type: string
  readonly id: string
}

interface Entity {
  readonly uid: Uid
  readonly attrs: Readonly<Record<string, unknown>>
  readonly parents: readonly Uid[]
}

type Answer =
  | { readonly type: 'success'; readonly response: { readonly decision: 'allow' | 'deny' } }
  | { readonly type: 'failure'; readonly errors: readonly { readonly message: string }[] }

/** What is used of `@cedar-policy/cedar-wasm`. */
interface Cedar {
  preparsePolicySet(id: string, policies: { readonly staticPolicies: string }): { readonly type: string }
  statefulIsAuthorized(call: {
    readonly principal: Uid
    readonly action: Uid
    readonly resource: Uid
    readonly context: object
    readonly preparsedPolicySetId: string
    readonly entities: readonly Entity[]
  }): Answer
}

const uid = (type: string, id: string): Uid => ({ type, id })
const principal = uid('Access', 'it')
const everywhere = uid('Place', 'everywhere')
const placeOf = (resource: string | null) => (resource === null ? everywhere : uid('Place', resource))
/** A group for each role on each resource that it is held on, or that a token allows it on. */
const groupOf = (type: 'Holds' | 'Allows', id: string, resource: string | null) =>
  uid(type, resource === null ? id : `${id} on ${resource}`)
const written = ({ type, id }: Uid) => `${type}::${JSON.stringify(id)}`

/** Every role on every resource, and everywhere: the group of it, and the condition that the question is about that. */
function* placed(type: 'Holds' | 'Allows', ids: readonly string[]) {
  for (const id of ids) {
    yield { id, group: groupOf(type, id, null), isThere: 'true' }
    for (const zone of zones) {
      yield { id, group: groupOf(type, id, zone), isThere: `resource == ${written(placeOf(zone))}` }
    }
  }
}

const policies = [
  ...[...placed('Holds', heldRoleIds)].map(
    ({ id, group, isThere }) =>
      `permit (principal in ${written(group)}, action in Action::"gives ${id}", resource) when { ${isThere} };`,
  ),
  'forbid (principal, action, resource) when { principal.isOver };',
  `forbid (principal, action, resource) when { principal.isToken } unless { ${[
    'principal in Allows::"all roles"',
    '(principal in Allows::"all permissions" && action in Action::"permissions")',
    ...[...placed('Allows', heldRoleIds)].map(
      ({ id, group, isThere }) => `(principal in ${written(group)} && action in Action::"gives ${id}" && ${isThere})`,
    ),
    ...[...placed('Allows', permissionIds)].map(
      ({ id, group, isThere }) => `(principal in ${written(group)} && action == Action::"${id}" && ${isThere})`,
    ),
  ].join(' || ')} };`,
]

export function openCedar(): Oracle {
  const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as Cedar
  const { type } = cedar.preparsePolicySet('worlds', { staticPolicies: policies.join('\n') })
  if (type !== 'success') throw new Error('Cedar does not take the policies')
  const ask = (entities: readonly Entity[], question: Question): boolean => {
    const { kind, id } = askedOf(question)
    const action = uid('Action', kind === 'role' ? `hold ${id}` : id)
    const resource = placeOf(question.resource)
    const call = { principal, action, resource, context: {}, preparsedPolicySetId: 'worlds', entities }
    const answer = cedar.statefulIsAuthorized(call)
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
    return answer.response.decision === 'allow'
  }
  return {
    name: 'Cedar',
    decide: async (cases: readonly Case[]) =>
      cases.map(({ world, questions }) => {
        const entities = entitiesOf(world)
        return questions.map((question) => ask(entities, question))
      }),
  }
}

function entitiesOf({ roles, permissions, subject }: World): readonly Entity[] {
  const actions = [
    ...permissions.map((id) => ({
      uid: uid('Action', id),
      parents: [uid('Action', 'permissions'), ...givers(roles, id)],
    })),
    ...heldRoleIds.map((id) => ({
      uid: uid('Action', `hold ${id}`),
      parents: [uid('Action', `gives ${id}`)],
    })),
  ].map((action) => ({ ...action, attrs: {} }))
  const attrs = { isOver: subject === null || isOver(subject), isToken: subject !== null && subject.token !== null }
  return [...actions, { uid: principal, attrs, parents: subject === null ? [] : groupsOf(subject) }]
}

function givers(roles: World['roles'], permissionId: string): readonly Uid[] {
  return Object.entries(roles)
    .filter(([, given]) => given.includes(permissionId))
    .map(([id]) => uid('Action', `gives ${id}`))
}

function isOver({ userIsOver, token }: Subject): boolean {
  return userIsOver || (token !== null && token.status !== 'ACTIVE')
}

function groupsOf({ held, token }: Subject): readonly Uid[] {
  const groups = held.map(({ roleId, resource }) => groupOf('Holds', roleId, resource))
  const rights = token?.rights
  if (!rights) return groups
  return [
    ...groups,
    ...(rights.allRoles ? [uid('Allows', 'all roles')] : []),
    ...(rights.allPermissions ? [uid('Allows', 'all permissions')] : []),
    ...rights.roles.map(({ name, resource }) => groupOf('Allows', name, resource)),
    ...rights.permissions.flatMap(({ permissionId, resources }) =>
      (resources.length === 0 ? [null] : resources).map((resource) => groupOf('Allows', permissionId, resource)),
    ),
  ]
}
