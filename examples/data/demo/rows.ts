/** The demo as rows: what the lists say, with the ids, dates and authors that the tables ask for. */
import { formatSecret, hashSecret, secretHint } from '../../../src/auth/apiToken.ts'
import { fixedBytes, fixedNumber } from './fixedIds.ts'
import {
  accessHistory,
  authorOf,
  type Calendar,
  calendarOf,
  dayLength,
  departedFrom,
  founderOf,
  startOfDay,
  userHistory,
} from './history.ts'
import { type DemoIdentity, demoAccess, demoIdentities } from './identities.ts'
import { demoIdentityProviders, demoOrganization, demoOrganizations } from './organizations.ts'
import type { DemoLanguage } from './person.ts'
import { type DemoToken, demoTokenId, demoTokens } from './tokens.ts'

/** Numbers that are kept free for fiction by Ofcom, Arcep and the Bundesnetzagentur. */
const phones: Readonly<Record<DemoLanguage, string>> = { EN: '+44 1632 960', FR: '+33 1 99 00 4', DE: '+49 30 23125 ' }

/** All rows of the demo, table by table, in the columns' names. Only the UTC day of `now` counts. */
export function demoRows(now: Date) {
  const at = calendarOf(now)
  return {
    organizations: demoOrganizations.map(({ id, customerId, name }) => ({ id, customer_id: customerId, name })),
    identity_providers: demoIdentityProviders.map(({ id, customerId, domain }) => ({
      id,
      domain,
      organization_id: demoOrganization(customerId).id,
    })),
    users: demoIdentities.map((person, position) => userRow(person, position, now, at)),
    accesses: demoIdentities.flatMap((person, position) => accessRows(person, position, at)),
    role_assignments: demoIdentities.flatMap(assignmentRows).map((row, index) => ({ id: index + 1, ...row })),
    tokens: demoTokens.map((token, index) => tokenRow(token, index + 1, at)),
  }
}

function userRow(person: DemoIdentity, position: number, now: Date, at: Calendar) {
  const provider = demoIdentityProviders.find(({ domain }) => domain === person.provider)
  const lastDay = person.endsInDays === null ? null : new Date(startOfDay(now) + person.endsInDays * dayLength)
  // Some local users still have the account of a provider that the organization has left.
  const hasAccount = provider !== undefined || position % 4 === 1
  return {
    id: person.userId,
    organization_id: person.organization.id,
    firstname: person.firstname,
    lastname: person.lastname,
    email: person.email,
    acct: hasAccount ? person.account : null,
    idp_id: provider?.id ?? null,
    expires_at: lastDay?.toISOString().slice(0, 10) ?? null,
    phone: position % 4 === 3 ? null : phones[person.language] + String(100 + position),
    language: person.language,
    ...userHistory(person, position, at),
  }
}

function accessRows(person: DemoIdentity, position: number, at: Calendar) {
  return person.accesses.map(({ accessId, type, name, twoFaEnabled }) => {
    const neverUsed = type === 'PROFILE' ? accessId % 2 === 0 : position % 9 === 8
    // Nobody signs in after their end.
    const lastLogin = Math.min(0, person.endsInDays ?? 0) - 1 - fixedNumber(`login ${accessId}`, 28)
    return {
      id: accessId,
      organization_id: person.organization.id,
      user_id: person.userId,
      type,
      name,
      sso_id: type === 'SSO_CONNECTION' ? `${person.account}@${person.provider}` : null,
      two_fa_enabled: twoFaEnabled,
      language: type === 'API_CONNECTION' ? person.language : null,
      last_login_at: neverUsed ? null : at(lastLogin, `login ${accessId}`),
      ...accessHistory(person, accessId, at),
    }
  })
}

function assignmentRows(person: DemoIdentity) {
  return person.accesses.flatMap(({ accessId, roles }) =>
    roles.map((assignment) => {
      const [roleId = '', zone] = assignment.split('@')
      return {
        organization_id: person.organization.id,
        access_id: accessId,
        role_id: roleId,
        resource_type: zone === undefined ? null : 'ZONE',
        resource_id: zone ?? null,
      }
    }),
  )
}

function tokenRow(token: DemoToken, id: number, at: Calendar) {
  const { accessId, person } = demoAccess(token.access)
  const { organization } = person
  const { name, switched, revoked } = token
  // Machines don't issue tokens for themselves.
  const issuer = person.accesses[0]?.type === 'API_CONNECTION' ? founderOf(organization) : authorOf(person)
  const switcher = switched?.by === 'departed' ? departedFrom(organization) : founderOf(organization)
  const lastChange = Math.max(token.created, revoked ?? token.created, switched?.day ?? token.created)
  // Whoever reads this file can derive the secrets of the demo's tokens: they never stand beside real data.
  const secret = formatSecret(fixedBytes(`secret of token ${id}`))
  return {
    id,
    organization_id: organization.id,
    access_id: accessId,
    name,
    secret_hash: `\\x${Buffer.from(hashSecret(secret)).toString('hex')}`,
    hint: secretHint(secret),
    scope: token.scope,
    allowed_scopes: token.allowed,
    created_at: at(token.created, name),
    created_by: issuer,
    updated_at: at(lastChange, name),
    updated_by: lastChange === switched?.day ? switcher : issuer,
    expires_at: at(token.ends, name),
    last_used_at: token.lastUsed === undefined ? null : toMinute(at(token.lastUsed, `use of ${name}`)),
    deactivated: switched?.to === 'on',
    deactivated_updated_by: switched === undefined ? null : switcher,
    deactivated_updated_on: switched === undefined ? null : at(switched.day, name),
    revoked_at: revoked === undefined ? null : at(revoked, name),
    rotated_from: token.rotatedFrom === undefined ? null : demoTokenId(token.rotatedFrom),
  }
}

function toMinute(instant: string): string {
  return `${instant.slice(0, 'yyyy-mm-ddThh:mm'.length)}:00.000Z`
}
