/** The three demo organizations and the identity providers that their users sign in through. */
import { fixedUuid } from './fixedIds.ts'

export type DemoCustomerId = 1 | 2 | 3

export interface DemoOrganization {
  readonly id: string
  readonly customerId: DemoCustomerId
  readonly name: string
  /** The mail domain of its users. */
  readonly domain: string
  /** Its zones, in the order they were created. */
  readonly zones: readonly string[]
}

export interface DemoIdentityProvider {
  readonly id: string
  readonly customerId: DemoCustomerId
  readonly domain: string
}

/** Domains under `.example` and the names example.com, .net and .org belong to nobody (RFC 2606). */
export const demoOrganizations: readonly DemoOrganization[] = Object.freeze([
  organization(1, 'Lakeside Hosting', 'lakeside.example', ['example.com', 'example.net', 'lakeside.example']),
  organization(2, 'Agence Lumière', 'lumiere.example', ['example.org', 'lumiere.example', 'xn--lumire-6ua.example']),
  organization(3, 'Meridian Registrar', 'meridian.example', ['meridian.example']),
])

/** Organization 1 has a second provider, for the staff of its partners. */
export const demoIdentityProviders: readonly DemoIdentityProvider[] = Object.freeze([
  identityProvider(1, 'lakeside.example'),
  identityProvider(1, 'partners.lakeside.example'),
  identityProvider(2, 'lumiere.example'),
  identityProvider(3, 'meridian.example'),
])

/** The organization of a customer number. */
export function demoOrganization(customerId: DemoCustomerId): DemoOrganization {
  const found = demoOrganizations.find((each) => each.customerId === customerId)
  if (found === undefined) throw new Error(`expected a demo customer, received ${customerId}`)
  return found
}

function organization(customerId: DemoCustomerId, name: string, domain: string, zones: string[]): DemoOrganization {
  return Object.freeze({
    id: fixedUuid(`organization ${domain}`),
    customerId,
    name,
    domain,
    zones: Object.freeze(zones),
  })
}

function identityProvider(customerId: DemoCustomerId, domain: string): DemoIdentityProvider {
  return Object.freeze({ id: fixedUuid(`identity provider ${domain}`), customerId, domain })
}
