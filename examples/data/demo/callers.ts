/** Who the demo lets you be, and what to try: the identities of its JWTs and the ids of its examples. */
import { allScopes, type Scope } from '../../../src/auth/scopes.ts'
import { demoAccess } from './identities.ts'
import { demoTokenId } from './tokens.ts'

/** An identity that a demo JWT can be made for. */
export interface DemoCaller {
  readonly title: string
  readonly organizationId: string
  readonly customerId: number
  readonly userId: string
  readonly accessId: number
  readonly scopes: readonly string[]
}

const readerScopes: readonly Scope[] = [
  'users:read',
  'accesses:read',
  'roles:read',
  'tokens:read',
  'permissions:check',
  'schema:read',
]

/** Somebody who may do everything in organization 1, a reader of each of two organizations, and an auditor of all. */
export const demoCallers = Object.freeze({
  administrator: caller('Administrator of Lakeside Hosting', 'ada.lovelace@lakeside.example', [
    'openid',
    ...allScopes.filter((scope) => scope !== 'organizations:all'),
  ]),
  reader: caller('Reader of Lakeside Hosting', 'oliver.bennett@lakeside.example', readerScopes),
  otherReader: caller('Reader of Agence Lumière', 'etienne.lefevre@lumiere.example', readerScopes),
  auditor: caller('Auditor of all organizations', 'edmund.ashworth@meridian.example', [
    ...readerScopes,
    'audit:read',
    'organizations:all',
  ]),
})

/** Ids for examples that the administrator runs: a user with several accesses, an API connection, an active token. */
export const demoExamples = Object.freeze({
  userId: demoCallers.administrator.userId,
  accessId: demoAccess('Provisioning').accessId,
  tokenId: demoTokenId('Provisioning staging'),
})

function caller(title: string, email: string, scopes: readonly string[]): DemoCaller {
  const { accessId, person } = demoAccess(email)
  const { organization, userId } = person
  return Object.freeze({
    title,
    organizationId: organization.id,
    customerId: organization.customerId,
    userId,
    accessId,
    scopes: Object.freeze(scopes),
  })
}
