/** The words that the list of demo people is written in. */
import type { DemoCustomerId } from './organizations.ts'

export type DemoLanguage = 'EN' | 'FR' | 'DE'

export interface DemoAccess {
  readonly type: 'UI_CONNECTION' | 'SSO_CONNECTION' | 'API_CONNECTION' | 'PROFILE'
  readonly name: string | null
  readonly twoFaEnabled: boolean | null
  /** A role everywhere, such as `zone-reader`, or on one zone, such as `zone-editor@example.com`. */
  readonly roles: readonly string[]
}

export interface DemoPerson {
  readonly customerId: DemoCustomerId
  readonly firstname: string
  readonly lastname: string
  readonly language: DemoLanguage
  /** The domain of the identity provider; null for a local user. */
  readonly provider: string | null
  /** The last day, in days from today: negative ones are over. Null: no end. */
  readonly endsInDays: number | null
  readonly accesses: readonly DemoAccess[]
}

/** Signs in with a password and a second factor. */
export function ui(...roles: string[]): DemoAccess {
  return access('UI_CONNECTION', null, true, roles)
}

/** Signs in with a password alone. */
export function uiWithoutSecondFactor(...roles: string[]): DemoAccess {
  return access('UI_CONNECTION', null, false, roles)
}

/** Signs in through the organization's identity provider. */
export function sso(...roles: string[]): DemoAccess {
  return access('SSO_CONNECTION', null, null, roles)
}

/** Signs in with an API token. Each name is there once in the demo, so that tokens can refer to it. */
export function api(name: string, ...roles: string[]): DemoAccess {
  return access('API_CONNECTION', name, null, roles)
}

/** A set of roles that a user switches to. */
export function profile(name: string, ...roles: string[]): DemoAccess {
  return access('PROFILE', name, null, roles)
}

/** Makes the people of one organization: local ones, and ones of an identity provider. */
export function peopleOf(customerId: DemoCustomerId) {
  return (
    firstname: string,
    lastname: string,
    language: DemoLanguage,
    accesses: DemoAccess[],
    more: { readonly provider?: string; readonly endsInDays?: number } = {},
  ): DemoPerson =>
    Object.freeze({
      customerId,
      firstname,
      lastname,
      language,
      provider: more.provider ?? null,
      endsInDays: more.endsInDays ?? null,
      accesses: Object.freeze(accesses),
    })
}

/** Lower-case ASCII for mail addresses: "Zoë" becomes "zoe", "O'Brien" becomes "obrien". */
export function mailForm(name: string): string {
  const lower = name.toLowerCase().replaceAll('ß', 'ss').replaceAll('ł', 'l').replaceAll('ø', 'o')
  return lower.normalize('NFD').replace(/[^a-z-]/g, '')
}

function access(
  type: DemoAccess['type'],
  name: string | null,
  twoFaEnabled: boolean | null,
  roles: string[],
): DemoAccess {
  return Object.freeze({ type, name, twoFaEnabled, roles: Object.freeze(roles) })
}
