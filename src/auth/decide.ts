/**
 * Who may do what: the one evaluator. Whatever enforces, explains or lists rights asks it. Pure: what is held and what
 * roles permit is brought along. A resource is written as the token documents have it, `zone:example.com`.
 */
import { Prisma } from '../db/generated/prisma/client.ts'
import type { RightsScopes } from './allowedScopes.ts'
import { hasEnded } from './expiry.ts'
import { formatResource, type Resource, type ResourceType, resourceOf } from './resource.ts'
import type { TokenStatus } from './token.ts'

/** A role that is held: everywhere, where the resource is null, or on one resource only. */
export interface Held {
  readonly roleId: string
  readonly resource: string | null
  /** Whether it has ended, and so counts no more. Left out: it has not. */
  readonly isOver?: boolean
}

/** The columns of an assignment, as JSON has them. */
export type AssignmentColumns = readonly [
  roleId: string,
  resourceType: ResourceType | null,
  resourceId: string | null,
  validUntil: string | null,
]

/** The role of an assignment, as it is held at the instant. */
export function heldBy([roleId, resourceType, resourceId, validUntil]: AssignmentColumns, now: Date): Held {
  const resource = resourceOf({ resourceType, resourceId })
  const held = { roleId, resource: resource && formatResource(resource) }
  return validUntil !== null && hasEnded(new Date(validUntil), now) ? { ...held, isOver: true } : held
}

/** The roles of those assignments that have not ended at the instant. */
export function stillHeld(assignments: readonly AssignmentColumns[], now: Date): readonly Held[] {
  return assignments.map((assignment) => heldBy(assignment, now)).filter(({ isOver }) => !isOver)
}

/** Whether somebody has a permission or a role, on the resource; where it is null, everywhere. */
export type Question =
  | { readonly permissionId: string; readonly resource: string | null }
  | { readonly roleId: string; readonly resource: string | null }

/** Who is asked about: an access, or a token that acts for one. */
export interface Subject {
  /** The roles of the access. */
  readonly held: readonly Held[]
  /** Whether the time of its user is over. */
  readonly userIsOver: boolean
  /** Null where the access itself is asked about. */
  readonly token: SubjectToken | null
}

/** A token, as it limits what its access may do. */
export interface SubjectToken {
  readonly status: TokenStatus
  /** What it allows in the organization; null: nothing. What it allows in single services counts there only. */
  readonly rights: RightsScopes | null
}

/** What roles permit. */
export interface Catalogue {
  /** The roles with the permission, sorted; null where there is no such permission. */
  roleIdsWith(permissionId: string): readonly string[] | null
  /** What the role permits, sorted; nothing where there is no such role. */
  permissionIdsOf(roleId: string): readonly string[]
}

/** A way in which something is granted: the role that is held, and the resource that it comes down to. */
export interface Grant {
  readonly held: Held
  /** Null: everywhere. Otherwise what the role, or the token, is limited to. */
  readonly resource: string | null
}

/** Every kind of what can be missing. */
export const missingKinds = {
  NO_ROLE: 'The access holds no role that gives it; `role` would, where there is one.',
  OTHER_RESOURCE: 'The access holds `role`, but on `resource` only.',
  TOKEN_RESTRICTED: 'The token does not allow it; where `resource` is given, it does so there only.',
  TOKEN_INACTIVE: 'The token is deactivated or revoked.',
  EXPIRED:
    'The time of the user, or of the token, is over; where `role` is given, that of it on `resource`, or everywhere.',
  UNKNOWN_PERMISSION: 'There is no such permission.',
  UNKNOWN_SUBJECT: 'There is no such access and no such token, or none that the caller may see.',
} as const

export type MissingKind = keyof typeof missingKinds

/** One thing that is missing. */
export interface Missing {
  readonly kind: MissingKind
  readonly roleId: string | null
  readonly resource: string | null
}

/** Either what grants it, every way, or what is missing: the one is empty exactly where the other is not. */
export interface Decision {
  readonly allowed: boolean
  /** In the order in which the roles were given. */
  readonly grants: readonly Grant[]
  /** Everything that stands in the way, each with the nearest misses. */
  readonly missing: readonly Missing[]
}

/** Held everywhere, something covers every resource; held on one resource, only that one. */
function covers(held: string | null, asked: string | null): boolean {
  return held === null || held === asked
}

/** `covers` as a condition on two columns, which are both null where something is held everywhere. */
export function coversSql(type: Prisma.Sql, id: Prisma.Sql, asked: Resource | null): Prisma.Sql {
  if (asked === null) return Prisma.sql`${type} IS NULL`
  return Prisma.sql`(${type} IS NULL OR (${type} = ${asked.type}::resource_type AND ${id} = ${asked.id}))`
}

/** The answer to the question about the subject; null is one that is not there. */
export function decide(
  question: Question,
  subject: Subject | null,
  catalogue: Pick<Catalogue, 'roleIdsWith'>,
): Decision {
  const givers = 'roleId' in question ? [question.roleId] : catalogue.roleIdsWith(question.permissionId)
  if (subject === null || givers === null) {
    return denied([
      ...(subject === null ? [miss('UNKNOWN_SUBJECT')] : []),
      ...(givers === null ? [miss('UNKNOWN_PERMISSION')] : []),
    ])
  }
  const { held, token } = subject
  const gives = ({ roleId }: Held) => givers.includes(roleId)
  const covering = held.filter((role) => covers(role.resource, question.resource) && gives(role))
  const ways = covering.filter(({ isOver }) => !isOver)
  const limits = token === null ? everywhere : limitsOf(question, token.rights, givers)
  const allowing = limits.filter((limit) => covers(limit, question.resource))
  const end = endOf(subject)
  if (end === null && ways.length > 0 && allowing.length > 0) {
    const limit = allowing.includes(null) ? null : question.resource
    return {
      allowed: true,
      grants: ways.map((way) => ({ held: way, resource: way.resource ?? limit })),
      missing: [],
    }
  }
  const giving = ways.length > 0 ? [] : held.filter(gives)
  if (end === null && allowing.length > 0 && giving.length === 0) return unheld(givers)
  return denied([
    ...(end === null ? [] : [miss(end)]),
    ...(allowing.length > 0 ? [] : restricted(limits)),
    ...(ways.length > 0 ? [] : lacking(covering, giving, givers)),
  ])
}

/** The denials of `unheld`, by the list of a catalogue: what is wrong with all who hold none of its roles is the same. */
const denials = new WeakMap<readonly string[], Decision>()

/** The denial to who holds no role that would give it: the same object for the same list. */
function unheld(givers: readonly string[]): Decision {
  let known = denials.get(givers)
  if (known === undefined) {
    known = denied(lacking([], [], givers))
    denials.set(givers, known)
  }
  return known
}

function denied(missing: readonly Missing[]): Decision {
  return { allowed: false, grants: [], missing }
}

function miss(kind: MissingKind, roleId: string | null = null, resource: string | null = null): Missing {
  return { kind, roleId, resource }
}

/** Why the subject may do nothing any more; null where it may do something. */
function endOf({ userIsOver, token }: Subject): 'EXPIRED' | 'TOKEN_INACTIVE' | null {
  if (token === null || token.status === 'ACTIVE') return userIsOver ? 'EXPIRED' : null
  return token.status === 'EXPIRED' ? 'EXPIRED' : 'TOKEN_INACTIVE'
}

const everywhere: readonly (string | null)[] = [null]

/**
 * Where a token allows what is asked for; null among them: everywhere. A role that it names allows all that the role
 * permits, whichever role of the access gives it: who issued the token may have held more than that role.
 */
function limitsOf(
  question: Question,
  rights: RightsScopes | null,
  givers: readonly string[],
): readonly (string | null)[] {
  if (rights === null) return []
  const { allRoles, allPermissions, roles, permissions } = rights
  if (allRoles || (allPermissions && !('roleId' in question))) return everywhere
  const byRoles = roles.filter(({ name }) => givers.includes(name)).map(({ resource }) => resource)
  if ('roleId' in question) return byRoles
  const named = permissions.filter(({ permissionId }) => permissionId === question.permissionId)
  return [...byRoles, ...named.flatMap(({ resources }) => (resources.length === 0 ? everywhere : resources))]
}

/** `limitsOf` as a condition on the rights that a token stores: it allows the permission, which the roles give, on the resource. */
export function allowsSql(
  rights: Prisma.Sql,
  permissionId: string,
  givers: readonly string[],
  asked: Resource | null,
): Prisma.Sql {
  const place = asked && formatResource(asked)
  return Prisma.sql`(
    (${rights} ->> 'allRoles')::boolean OR (${rights} ->> 'allPermissions')::boolean OR EXISTS (
      SELECT FROM jsonb_array_elements(${rights} -> 'roles') AS named WHERE named ->> 'name' = ANY(${givers}::text[])
      AND (named ->> 'resource' IS NULL OR named ->> 'resource' = ${place}::text)
    ) OR EXISTS (
      SELECT FROM jsonb_array_elements(${rights} -> 'permissions') AS named
      WHERE named ->> 'permissionId' = ${permissionId}
      AND (named -> 'resources' = '[]' OR named -> 'resources' @> to_jsonb(${place}::text))
    ))`
}

function restricted(limits: readonly (string | null)[]): readonly Missing[] {
  if (limits.length === 0) return [miss('TOKEN_RESTRICTED')]
  return [...new Set(limits)].map((limit) => miss('TOKEN_RESTRICTED', null, limit))
}

/** `ended` were held where it is asked for. Of `giving` those count that are held still, elsewhere. */
function lacking(ended: readonly Held[], giving: readonly Held[], givers: readonly string[]): readonly Missing[] {
  const elsewhere = giving.filter(({ isOver }) => !isOver)
  if (ended.length > 0 || elsewhere.length > 0) {
    return [
      ...ended.map(({ roleId, resource }) => miss('EXPIRED', roleId, resource)),
      ...elsewhere.map(({ roleId, resource }) => miss('OTHER_RESOURCE', roleId, resource)),
    ]
  }
  return givers.length === 0 ? [miss('NO_ROLE')] : givers.map((roleId) => miss('NO_ROLE', roleId))
}
