/** An API token. It never carries its secret. */

import type { AllowedScopes as AllowedScopesShape } from '../auth/allowedScopes.ts'
import { endOfToken, idleEndOf, statusOf, stopOf } from '../auth/token.ts'
import type {
  IdentityProvider as IdentityProviderRow,
  Token as TokenRow,
  User as UserRow,
} from '../db/generated/prisma/client.ts'
import { accesses, identityProviders, tokens, users } from '../db/tables.ts'
import { reading } from '../links/columns.ts'
import {
  accessOfToken,
  identityProviderOfUser,
  organizationOfToken,
  predecessorOfToken,
  successorOfToken,
  userOfToken,
} from '../links/graph.ts'
import type { Loaders } from '../links/loaders.ts'
import { Access } from './access.ts'
import { AllowedScopes } from './allowedScopes.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'
import { Node } from './node.ts'
import { IdentityProvider } from './organization.ts'
import { personal } from './personal.ts'
import { authorField, nodeIdField, organizationField } from './shared.ts'
import { User } from './user.ts'

export const TokenStatus = builder.enumType('TokenStatus', {
  description: 'Whether a token works. Where several apply, the first of REVOKED, EXPIRED, DEACTIVATED is told.',
  values: {
    ACTIVE: { description: 'It works.' },
    DEACTIVATED: { description: 'It is switched off and can be switched on again.' },
    EXPIRED: { description: 'Its time is over, or that of its user, or it was not used for too long.' },
    REVOKED: { description: 'It was withdrawn for good.' },
  },
})

const TokenStop = builder.enumType('TokenStop', {
  description:
    'Why a token does not work. Where several apply, the first is told. Be ready for values that are added later.',
  values: {
    REVOKED: { description: 'It was withdrawn for good.' },
    EXPIRED: { description: 'Its time is over.' },
    USER_EXPIRED: { description: 'The time of its user is over.' },
    UNUSED: { description: 'It was not used for too long. Reactivating it makes it work again.' },
    DEACTIVATED: { description: 'It is switched off and can be switched on again.' },
  },
})

const statusReads = [
  reading(tokens, 'revokedAt', 'expiresAt', 'idleSince', 'deactivated', 'accessId'),
  reading(users, 'expiresAt'),
]

/** The identity provider is that of the token's user. */
const identityProviderReads = [reading(tokens, 'accessId'), reading(users, 'idpId')]

export const Token = builder.prismaObject('Token', {
  interfaces: [Node],
  scopes: ['tokens:read'],
  fields: (t) => ({
    nodeId: nodeIdField(t, tokens),
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    hint: t.exposeString('hint'),
    status: t.field({
      type: TokenStatus,
      description: 'Whether the token works.',
      reads: statusReads,
      resolve: async (token, _, { loaders, tokenTime }) => statusOf(token, await userOf(token, loaders), tokenTime),
    }),
    stoppedBecause: t.field({
      type: TokenStop,
      nullable: true,
      description: 'Why it does not work. Null: it works.',
      reads: statusReads,
      resolve: async (token, _, { loaders, tokenTime }) => stopOf(token, await userOf(token, loaders), tokenTime),
    }),
    access: t.one(accessOfToken, { type: Access, description: 'The access that the token acts for.' }),
    user: t.one(userOfToken, { type: User, description: 'On behalf of whom it was issued.' }),
    userId: t.id({
      description: 'The id of that user.',
      reads: [reading(tokens, 'accessId'), reading(accesses, 'userId')],
      resolve: async (token, _, { loaders }) =>
        must(await loaders.one(accessOfToken, token), accessOfToken.name).userId,
    }),
    username: t.string({
      ...personal,
      scopes: ['users:read'],
      nullable: true,
      deprecationReason: 'Use user.email.',
      description: 'The mail address of that user.',
      reads: [reading(tokens, 'accessId'), reading(users, 'email')],
      resolve: async (token, _, { loaders }) => (await userOf(token, loaders)).email,
    }),
    acct: t.string({
      ...personal,
      scopes: ['users:read'],
      nullable: true,
      description: 'The identifier that the user logs in to the identity provider with. Null for local users.',
      reads: [reading(tokens, 'accessId'), reading(users, 'acct')],
      resolve: async (token, _, { loaders }) => (await userOf(token, loaders)).acct,
    }),
    domain: t.string({
      nullable: true,
      description: 'The mail domain of the identity provider. Null for local users.',
      reads: [...identityProviderReads, reading(identityProviders, 'domain')],
      extensions: { link: identityProviderOfUser },
      resolve: async (token, _, { loaders }) => (await identityProviderOf(token, loaders))?.domain ?? null,
    }),
    idpId: t.id({
      nullable: true,
      description: 'The id of the identity provider. Null for local users.',
      reads: identityProviderReads,
      resolve: async (token, _, { loaders }) => (await userOf(token, loaders)).idpId,
    }),
    identityProvider: t.field({
      type: IdentityProvider,
      nullable: true,
      description: 'The identity provider that the user signs in through. Null for local users.',
      reads: identityProviderReads,
      extensions: { link: identityProviderOfUser },
      resolve: (token, _, { loaders }) => identityProviderOf(token, loaders),
    }),
    orgId: t.exposeID('organizationId', { description: 'The id of the organization.' }),
    organization: organizationField(t, organizationOfToken, 'token'),
    scope: t.exposeStringList('scope', { weighs: { size: 5 } }),
    allowedScopes: t.field({
      type: AllowedScopes,
      description: 'What it may be used for outside of the gateway.',
      reads: [reading(tokens, 'allowedScopes')],
      resolve: ({ allowedScopes }) => allowedScopes as unknown as AllowedScopesShape,
    }),
    onlyOperations: t.stringList({
      nullable: true,
      weighs: { size: 1, bytes: 66 },
      description:
        'What it may run here: the SHA-256, in hexadecimal digits, of each document as graphql-js prints it. Null: anything.',
      reads: [reading(tokens, 'onlyOperations')],
      resolve: ({ onlyOperations }) => (onlyOperations.length === 0 ? null : onlyOperations),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: authorField(t, tokens, 'createdBy', 'Who issued it.'),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    idleEndsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The instant from which it is refused where nobody uses it until then. Null: it may be unused.',
      reads: [reading(tokens, 'idleSince')],
      resolve: (token, _, { policy }) => idleEndOf(token, policy.tokenIdleLifetime),
    }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'When it ends as things stand: `expiresAt` or `idleEndsAt`, what comes first.',
      reads: [reading(tokens, 'expiresAt', 'idleSince')],
      resolve: (token, _, { policy }) => endOfToken(token, policy.tokenIdleLifetime),
    }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
    deactivated: t.exposeBoolean('deactivated'),
    deactivatedUpdatedBy: authorField(
      t,
      tokens,
      'deactivatedUpdatedBy',
      'Who last changed `deactivated`, in either direction.',
      'Null where nobody did.',
    ),
    deactivatedUpdatedOn: t.expose('deactivatedUpdatedOn', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
  }),
})

builder.prismaObjectFields(Token, (t) => ({
  rotatedFrom: t.one(predecessorOfToken, {
    type: Token,
    nullable: true,
    description: 'The token that it took the place of.',
  }),
  rotatedTo: t.one(successorOfToken, { type: Token, nullable: true, description: 'The token that took its place.' }),
}))

async function userOf(token: TokenRow, loaders: Loaders): Promise<UserRow> {
  return must(await loaders.one(userOfToken, token), userOfToken.name)
}

async function identityProviderOf(token: TokenRow, loaders: Loaders): Promise<IdentityProviderRow | null> {
  return loaders.one(identityProviderOfUser, await userOf(token, loaders))
}
