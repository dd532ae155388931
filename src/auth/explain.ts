/** A decision in words: for people who have to tell others why something is refused, or why it is not. */
import type { Decision, Grant, Missing, MissingKind } from './decide.ts'

/** Names that a sentence lists at most. */
const mostNames = 3

/** One sentence for the whole decision. */
export function summaryOf({ allowed, grants, missing }: Decision): string {
  return allowed ? `Allowed by ${listed(grants.map(wayOf))}.` : `Denied: ${reasonsOf(missing).join('; ')}.`
}

/** The same for who may not know of roles: each kind of what is missing once, without what would help and where it is held. */
export function discreetSummaryOf({ allowed, missing }: Decision): string {
  const reasons = new Set(missing.map(({ kind, roleId }) => (isEnded(kind, roleId) ? endedRole : discreet[kind])))
  return allowed ? 'Allowed.' : `Denied: ${[...reasons].join('; ')}.`
}

const discreet: Readonly<Record<MissingKind, string>> = {
  NO_ROLE: 'no role that gives it is held',
  OTHER_RESOURCE: 'it is held on another resource only',
  TOKEN_RESTRICTED: 'the token does not allow it',
  TOKEN_INACTIVE: 'the token is deactivated or revoked',
  EXPIRED: 'the time of the user, or of the token, is over',
  UNKNOWN_PERMISSION: 'there is no such permission',
  UNKNOWN_SUBJECT: 'there is no such subject',
}

/** What has ended is a role, and not the time of who holds it. */
function isEnded(kind: MissingKind, roleId: string | null): boolean {
  return kind === 'EXPIRED' && roleId !== null
}

const endedRole = 'a role that gave it has ended'

/** What is missing, in words. */
export function messageOf({ kind, roleId, resource }: Missing): string {
  switch (kind) {
    case 'NO_ROLE':
      return roleId === null ? 'no role gives it' : `the role ${roleId} would give it, but is not held`
    case 'OTHER_RESOURCE':
      return `the role ${roleId} is held ${placeOf(resource)} only`
    case 'EXPIRED':
      return roleId === null ? discreet[kind] : `the role ${roleId} was held ${placeOf(resource)}, and has ended`
    case 'TOKEN_RESTRICTED':
      return resource === null ? discreet[kind] : `the token allows it ${placeOf(resource)} only`
    default:
      return discreet[kind]
  }
}

/** One reason for each kind, so that a sentence stays one. */
function reasonsOf(missing: readonly Missing[]): readonly string[] {
  const kinds = new Map<MissingKind, Missing[]>()
  for (const each of missing) kinds.set(each.kind, [...(kinds.get(each.kind) ?? []), each])
  return [...kinds].map(([kind, [first, ...others]]) => {
    if (first === undefined) return ''
    const all = [first, ...others]
    if (kind === 'OTHER_RESOURCE') return `held is only ${listed(all.map(wayOf))}`
    if (kind === 'TOKEN_RESTRICTED' && first.resource !== null) {
      return `the token allows it only ${listed(all.map(({ resource }) => placeOf(resource)))}`
    }
    if (kind === 'NO_ROLE' && first.roleId !== null) {
      return `no role that gives it is held (${listed(all.map(({ roleId }) => `${roleId}`))})`
    }
    return messageOf(first)
  })
}

function wayOf(way: Grant | Missing): string {
  const roleId = 'held' in way ? way.held.roleId : way.roleId
  return `the role ${roleId} ${placeOf(way.resource)}`
}

function placeOf(resource: string | null): string {
  return resource === null ? 'everywhere' : `on ${resource}`
}

function listed(names: readonly string[]): string {
  const shown = names.length > mostNames ? [...names.slice(0, mostNames), `${names.length - mostNames} more`] : names
  return shown.length < 2 ? shown.join() : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
