/**
 * Whether a token may be issued: the gateway's own rules, and whether its issuer holds what it would carry. By the same rule
 * roles are given to accesses. No I/O here.
 */
import { type AllowedScopes, isAll, rightsOf } from './allowedScopes.ts'
import { type Catalogue, decide, type Held, type Question, type Subject } from './decide.ts'
import { grantableScopes, isGrantableGeneralScope, type Scope } from './scopes.ts'

/** What an issuer asks for. */
export interface WantedToken {
  readonly expiresAt: Date
  /** Gateway scopes. */
  readonly scope: readonly string[]
  readonly allowedScopes: AllowedScopes
}

/** Who asks, when, and what the operator allows. */
export interface Issuing {
  /** Whether the issuer came with an API token. */
  readonly byToken: boolean
  readonly now: Date
  /** Seconds that a token may live. */
  readonly tokenMaxLifetime: number
}

/** The access that a token is for. */
export interface TokenHolder {
  readonly isProfile: boolean
  /** Whether the time of its user is over. */
  readonly isExpired: boolean
}

/** A rule of the gateway that a token would break. */
export interface BrokenPolicy<Limit extends string = HolderLimit | 'TOKEN_MAX_LIFETIME'> {
  readonly limit: Limit
  readonly message: string
}

type HolderLimit = 'ISSUED_BY_TOKEN' | 'PROFILE_ACCESS' | 'EXPIRED_USER'

/** The rules of the gateway that forbid any token of this holder to who asks. */
export function brokenByHolder(
  { isProfile, isExpired }: TokenHolder,
  byToken: boolean,
): readonly BrokenPolicy<HolderLimit>[] {
  return [
    ...(byToken ? [{ limit: 'ISSUED_BY_TOKEN', message: 'an API token issues no tokens' } as const] : []),
    ...(isProfile ? [{ limit: 'PROFILE_ACCESS', message: 'a profile holds no tokens' } as const] : []),
    ...(isExpired ? [{ limit: 'EXPIRED_USER', message: 'the user of the access has expired' } as const] : []),
  ]
}

/**
 * The first rule of the gateway that forbids the token, whoever asks for it; null where none does. Without an end that is asked
 * for, the token keeps the one that it was once granted.
 */
export function brokenPolicy(
  expiresAt: Date | null,
  holder: TokenHolder,
  { byToken, now, tokenMaxLifetime }: Issuing,
): BrokenPolicy | null {
  const [broken] = brokenByHolder(holder, byToken)
  if (broken !== undefined) return broken
  const latest = new Date(now.getTime() + tokenMaxLifetime * 1_000)
  if (expiresAt !== null && expiresAt > latest) {
    return { limit: 'TOKEN_MAX_LIFETIME', message: `expected an expiry no later than ${latest.toISOString()}` }
  }
  return null
}

/** What is held by the access that a token is for. */
export interface Holder {
  readonly held: readonly Held[]
  /** Whether it is the access that its issuer signed in with. */
  readonly isIssuers: boolean
}

/** Whether a caller with these scopes may do to a token what it may do to the own: it is the own user's, or everybody's are. */
export function reaches(scopes: ReadonlySet<string>, isOwn: boolean): boolean {
  return isOwn || scopes.has(reachingAll)
}

/** What it takes to do something to tokens of other users. */
export const reachingAll: Scope = 'tokens:manage'

/** What an issuer has to give. */
export interface Issuer {
  readonly scopes: ReadonlySet<string>
  /** The access that signed in, as the evaluator is asked about it. */
  readonly subject: Subject
}

/**
 * What of the token its issuer does not hold, sorted; empty where it is within. Each right is a question to the evaluator
 * about the issuer. "All" means what the holder has at the time, so it is given only by the holder itself, or by who manages
 * the tokens of everybody and could give each role that the holder has now; and for no holder that has nothing yet.
 */
export function tokenExcess(
  { scope, allowedScopes }: Pick<WantedToken, 'scope' | 'allowedScopes'>,
  issuer: Issuer,
  holder: Holder,
  catalogue: Catalogue,
): readonly string[] {
  const grantable = new Set<string>(grantableScopes(issuer.scopes))
  const excess = new Set(scope.filter((name) => !grantable.has(name)))
  for (const name of allowedScopes.generalScopes) {
    if (!isGrantableGeneralScope(name, issuer.scopes)) excess.add(name)
  }
  const parts = rightsOf(allowedScopes)
  const givesAll = parts.some(({ rights }) => isAll(rights)) && givesWhatComes(issuer, holder, catalogue)
  for (const { path, rights } of parts) {
    if (rights.allRoles && !givesAll) excess.add([...path, 'allRoles'].join('.'))
    if (rights.allPermissions && !givesAll) excess.add([...path, 'allPermissions'].join('.'))
    for (const { name, resource } of rights.roles) {
      if (!gives(issuer, { roleId: name, resource }, catalogue)) excess.add(described('role', name, resource))
    }
    for (const { permissionId, resources } of rights.permissions) {
      for (const resource of resources.length === 0 ? [null] : resources) {
        if (!may(issuer, { permissionId, resource }, catalogue)) {
          excess.add(described('permission', permissionId, resource))
        }
      }
    }
  }
  return [...excess].sort()
}

/** What its giver may not give of a role, described as `tokenExcess` does; empty where it may give it. */
export function roleExcess(role: Held, giver: Issuer, catalogue: Catalogue): readonly string[] {
  return gives(giver, role, catalogue) ? [] : [described('role', role.roleId, role.resource)]
}

/** The same of permissions that are given everywhere, sorted. */
export function permissionExcess(ids: readonly string[], giver: Issuer, catalogue: Catalogue): readonly string[] {
  const excess = ids.filter((permissionId) => !may(giver, { permissionId, resource: null }, catalogue))
  return excess.map((id) => described('permission', id, null)).sort()
}

/** Whether the issuer may give all that the holder has at any time. */
function givesWhatComes(issuer: Issuer, { held, isIssuers }: Holder, catalogue: Catalogue): boolean {
  return held.length > 0 && reaches(issuer.scopes, isIssuers) && held.every((role) => gives(issuer, role, catalogue))
}

/**
 * Who holds all that a role permits gives nothing away with it, as an administrator does with any role (Kubernetes guards
 * its RBAC against escalation by the same rule). A role that permits nothing must be held itself.
 */
function gives(issuer: Issuer, role: Held, catalogue: Catalogue): boolean {
  if (may(issuer, role, catalogue)) return true
  const permissionIds = catalogue.permissionIdsOf(role.roleId)
  const { resource } = role
  return (
    permissionIds.length > 0 &&
    permissionIds.every((permissionId) => may(issuer, { permissionId, resource }, catalogue))
  )
}

function may({ subject }: Issuer, question: Question, catalogue: Catalogue): boolean {
  return decide(question, subject, catalogue).allowed
}

function described(kind: string, id: string, resource: string | null): string {
  return resource === null ? `${kind}:${id}` : `${kind}:${id}@${resource}`
}
