/**
 * What accesses and tokens may do: questions to the evaluator, with the facts that the loaders find. Those take one
 * statement for the subjects, however many questions are asked at the same time, and what the catalogue takes to be as new.
 */
import type { AllowedScopes, RightsScopes, ScopedPermission, ScopedRole } from './auth/allowedScopes.ts'
import { type Decision, decide, type Held, heldBy, type Question, type Subject } from './auth/decide.ts'
import { isOver } from './auth/expiry.ts'
import type { Principal } from './auth/principal.ts'
import { formatResource, parseResource, type Resource } from './auth/resource.ts'
import { statusOf, type TokenStatus, type TokenTime } from './auth/token.ts'
import type { Catalogue } from './db/catalogue.ts'
import type { Access, Permission } from './db/generated/prisma/client.ts'
import { accesses, permissions, roles } from './db/tables.ts'
import { reading } from './links/columns.ts'
import type { Loaders } from './links/loaders.ts'
import type { SubjectRow, Whom } from './links/subjects.ts'

/** What is asked with. */
interface Asking {
  readonly loaders: Loaders
  /** The instant of the request. */
  readonly now: Date
  /** The same as the status of tokens is told by. */
  readonly tokenTime: TokenTime
}

/** A question about a permission; the resource is in its canonical form, null: everywhere. */
export interface PermissionQuestion {
  readonly permissionId: string
  readonly resource: Resource | null
}

/** A decision, and the rows that it speaks of. */
export interface Decided {
  readonly decision: Decision
  /** The access that was asked about, or that the token acts for. Null where there is none, and for users. */
  readonly access: Access | null
  /** Null where there is none. */
  readonly permission: Permission | null
  /** Where the roles are that it speaks of. */
  readonly catalogue: Catalogue
}

/** Where an access has a permission. */
export interface Places {
  readonly everywhere: boolean
  /** Those of the roles, or of the token, that are limited to one, each once, sorted. */
  readonly resources: readonly Resource[]
}

/** What fields read that ask what somebody may do. */
export const rightsReads = [reading(accesses, 'id'), reading(roles, 'id'), reading(permissions, 'id')]

/** The caller: the API token that it came with, else the access that signed in; null where the credential names none. */
export function callerOf({ tokenId, accessId }: Principal): Whom | null {
  if (tokenId !== null) return { kind: 'token', id: tokenId }
  return accessId === null ? null : { kind: 'access', id: accessId }
}

/** Whether they may. Null asks about nobody. */
export async function decideOn(whom: Whom | null, question: PermissionQuestion, asking: Asking): Promise<Decided> {
  const { permissionId, resource } = question
  const { loaders } = asking
  const rows = whom === null ? [] : await loaders.subject(whom)
  const known = await loaders.catalogue()
  return {
    decision: decide(asText({ permissionId, resource }), subjectOf(rows, asking), known),
    access: whom?.kind === 'user' ? null : (rows[0] ?? null),
    permission: known.permission(permissionId),
    catalogue: known,
  }
}

/** Everything that they may do on the resource, or everywhere where it is null, by id. */
export async function permissionsOf(
  whom: Whom | null,
  resource: Resource | null,
  asking: Asking,
): Promise<readonly Permission[]> {
  const { loaders } = asking
  const subject = whom && subjectOf(await loaders.subject(whom), asking)
  return permittedTo(subject, resource, await loaders.catalogue())
}

/** The same for many at once, in their order. */
export async function permissionsOfEach(
  asked: readonly Whom[],
  resource: Resource | null,
  asking: Asking,
): Promise<readonly (readonly Permission[])[]> {
  const { loaders } = asking
  const found = await loaders.subjects(asked)
  const known = await loaders.catalogue()
  return found.map((rows) => permittedTo(subjectOf(rows, asking), resource, known))
}

function permittedTo(subject: Subject | null, resource: Resource | null, known: Catalogue): readonly Permission[] {
  if (subject === null) return []
  const named = subject.token?.rights?.roles.map(({ name }) => name) ?? []
  const roleIds = [...subject.held.map(({ roleId }) => roleId), ...named]
  const on = resource && formatResource(resource)
  return known
    .permissionsWith(roleIds)
    .filter(({ id }) => decide({ permissionId: id, resource: on }, subject, known).allowed)
}

/** Where they may. */
export async function placesOf(whom: Whom, permissionId: string, asking: Asking): Promise<Places> {
  const { loaders } = asking
  const subject = subjectOf(await loaders.subject(whom), asking)
  return placesFor(subject, { permissionId }, await loaders.catalogue())
}

/** The same for many at once, in their order. */
export async function placesOfEach(
  asked: readonly Whom[],
  permissionId: string,
  asking: Asking,
): Promise<readonly Places[]> {
  const { loaders } = asking
  const found = await loaders.subjects(asked)
  const known = await loaders.catalogue()
  return found.map((rows) => placesFor(subjectOf(rows, asking), { permissionId }, known))
}

/** What is asked about everywhere: a permission, or a role. */
type Asked = { readonly permissionId: string } | { readonly roleId: string }

function placesFor(subject: Subject | null, asked: Asked, known: Catalogue): Places {
  const grantsOn = (resource: string | null) => decide({ ...asked, resource }, subject, known).grants
  const { roles = [], permissions = [] } = subject?.token?.rights ?? {}
  const named = [...(subject?.held ?? []), ...roles].map(({ resource }) => resource)
  const limits = [...named, ...permissions.flatMap(({ resources }) => resources)].filter((limit) => limit !== null)
  return {
    everywhere: grantsOn(null).length > 0,
    resources: [...new Set(limits)]
      .filter((limit) => grantsOn(limit).some(({ resource }) => resource === limit))
      .sort()
      .map(parseResource),
  }
}

/** What a part of a token's rights comes to at the instant: what its access holds now, cut by what the token allows. */
export interface LiveRights {
  readonly roles: readonly ScopedRole[]
  readonly permissions: readonly ScopedPermission[]
}

/** A token as it stands at the instant. */
export interface LiveToken {
  readonly status: TokenStatus
  readonly access: Access
  readonly expiresAt: Date
  readonly allowedScopes: AllowedScopes
  /** The last day of its user; null: no end. */
  readonly lastDay: Date | null
  /** When the first of the roles of its access ends, in milliseconds since the epoch; infinity where none does. */
  readonly rolesEnd: number
  /** Null where it allows none in the organization. */
  readonly organization: LiveRights | null
  readonly services: readonly (LiveRights & { readonly serviceDefinitionId: string })[]
}

/** The token, and all that it may do; null where there is none that the asker may see. */
export async function liveToken(id: number, asking: Asking): Promise<LiveToken | null> {
  const { loaders } = asking
  const rows = await loaders.subject({ kind: 'token', id })
  const [row] = rows
  const subject = subjectOf(rows, asking)
  if (row === undefined || !subject?.token) return null
  const known = await loaders.catalogue()
  const allowedScopes = row.token_allowedScopes as unknown as AllowedScopes
  const { organizationScopes, servicesScopes } = allowedScopes
  const { token } = subject
  const live = (rights: RightsScopes) => liveRights({ ...subject, token: { ...token, rights } }, rights, known)
  return {
    status: token.status,
    access: row,
    expiresAt: row.token_expiresAt as Date,
    allowedScopes,
    lastDay: row.lastDay,
    rolesEnd: Math.min(...endsAfter(asking.now, row)),
    organization: organizationScopes && live(organizationScopes),
    services: servicesScopes.map((rights) => ({ serviceDefinitionId: rights.serviceDefinitionId, ...live(rights) })),
  }
}

/** When assignments end that have not ended yet, in milliseconds since the epoch; infinity among them. */
function endsAfter(now: Date, { assignments }: SubjectRow): readonly number[] {
  const ends = (assignments ?? []).map(([, , , validUntil]) =>
    validUntil === null ? Number.NaN : Date.parse(validUntil),
  )
  return [Number.POSITIVE_INFINITY, ...ends.filter((end) => end > now.getTime())]
}

function liveRights(subject: Subject, rights: RightsScopes, known: Catalogue): LiveRights {
  const roleIds = [...new Set([...subject.held.map(({ roleId }) => roleId), ...rights.roles.map(({ name }) => name)])]
  const roles = roleIds.sort().flatMap((roleId): readonly ScopedRole[] => {
    const { everywhere, resources } = placesFor(subject, { roleId }, known)
    const places = everywhere ? [null] : resources.map(formatResource)
    return places.map((resource) => ({ name: roleId, resource }))
  })
  const permissions = known.permissionsWith(roleIds).flatMap(({ id }): readonly ScopedPermission[] => {
    const { everywhere, resources } = placesFor(subject, { permissionId: id }, known)
    if (everywhere) return [{ permissionId: id, resources: [] }]
    return resources.length === 0 ? [] : [{ permissionId: id, resources: resources.map(formatResource) }]
  })
  return { roles, permissions }
}

function asText({ permissionId, resource }: PermissionQuestion): Question {
  return { permissionId, resource: resource && formatResource(resource) }
}

/** Null where there are no rows. Those of a user are one subject: a role grants what it does on whichever access it is held. */
function subjectOf(rows: readonly SubjectRow[], { now, tokenTime }: Asking): Subject | null {
  const [row] = rows
  if (row === undefined) return null
  const held = rows.flatMap(({ assignments }) => assignments ?? []).map((assignment) => heldBy(assignment, now))
  return {
    held: held.sort(byRoleAndResource).filter((each, index) => index === 0 || !isSame(each, held[index - 1])),
    userIsOver: isOver(row.lastDay, now),
    token: tokenOf(row, tokenTime),
  }
}

function isSame({ roleId, resource }: Held, other: Held | undefined): boolean {
  return roleId === other?.roleId && resource === other.resource
}

function tokenOf(row: SubjectRow, time: TokenTime): Subject['token'] {
  const {
    token_expiresAt: expiresAt,
    token_idleSince: idleSince,
    token_revokedAt: revokedAt,
    token_allowedScopes,
  } = row
  if (expiresAt === null || idleSince === null) return null
  const state = { revokedAt, expiresAt, idleSince, deactivated: row.token_deactivated === true }
  const { organizationScopes } = token_allowedScopes as unknown as AllowedScopes
  return { status: statusOf(state, { expiresAt: row.lastDay }, time), rights: organizationScopes }
}

/** By role, what is held everywhere first; of the same, what has not ended. */
function byRoleAndResource(a: Held, b: Held): number {
  if (a.roleId !== b.roleId) return a.roleId < b.roleId ? -1 : 1
  if (a.resource !== b.resource) return (a.resource ?? '') < (b.resource ?? '') ? -1 : 1
  return Number(a.isOver ?? false) - Number(b.isOver ?? false)
}
