/** The gateway's scopes, `resource:action`: what each allows, and which of them an API token may carry. */

export const scopes = {
  'users:read': 'Read users.',
  'accesses:read': 'Read accesses, and who holds a role.',
  'roles:read': 'Read roles, permissions and role assignments.',
  'tokens:read': 'Read API tokens.',
  'permissions:check': 'Ask whether an access may do something.',
  'tokens:issue': 'Issue API tokens for accesses of the own user.',
  'tokens:deactivate': 'Deactivate and revoke API tokens of the own user, and reactivate those that one may issue.',
  'tokens:rotate': 'Rotate API tokens of the own user.',
  'tokens:manage': 'The same three for everybody in the organization.',
  'tokens:introspect': 'Look a token up by its secret.',
  'users:write': 'Create, change and remove users.',
  'accesses:write': 'Create, change and remove accesses.',
  'roles:write': 'Assign and withdraw roles; with organizations:all, change the catalogue of them.',
  'audit:read': 'Read the audit trail.',
  'schema:read': 'Introspect the schema where introspection is not open.',
  'organizations:all': 'See and change every organization instead of the own one.',
} as const

export type Scope = keyof typeof scopes

export const allScopes = Object.freeze(Object.keys(scopes) as Scope[])

/** What a scope includes: who may do something to the tokens of everybody may do it to the own. */
const included: Readonly<Partial<Record<Scope, readonly Scope[]>>> = {
  'tokens:manage': ['tokens:issue', 'tokens:deactivate', 'tokens:rotate'],
}

/** The scopes with those that they include; the same set where they include none. */
export function withIncluded(held: ReadonlySet<string>): ReadonlySet<string> {
  const further = [...held].flatMap((scope) => (isScope(scope) ? (included[scope] ?? []) : []))
  return further.length === 0 ? held : new Set([...held, ...further])
}

/** What no API token carries: tokens make no tokens, and a token belongs to one organization. */
const neverGranted: ReadonlySet<string> = new Set<Scope>(['tokens:issue', 'tokens:rotate', 'organizations:all'])

/** What a token does with the scopes that are stored of it: those that no token carries are none, however they came there. */
export function carriedScopes(stored: readonly string[]): ReadonlySet<string> {
  return new Set([...withIncluded(new Set(stored))].filter((scope) => !neverGranted.has(scope)))
}

/** Scopes about a token's own user (OpenID Connect Core 1.0, sections 5.4 and 11). They open nothing in the gateway. */
const identityScopes: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
])

/** Whether the gateway knows the scope. */
export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text)
}

/** What a token issued by a holder of these scopes may carry, sorted: the gateway's own scopes, less those no token has. */
export function grantableScopes(held: ReadonlySet<string>): readonly Scope[] {
  return allScopes.filter((scope) => held.has(scope) && !neverGranted.has(scope)).sort()
}

/** Whether a holder of these scopes may put the general scope into a token: it holds it, or it speaks of the token's user only. */
export function isGrantableGeneralScope(scope: string, held: ReadonlySet<string>): boolean {
  return identityScopes.has(scope) || (held.has(scope) && !neverGranted.has(scope))
}
