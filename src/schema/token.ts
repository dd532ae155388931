/** An API token. It never carries its secret. */

import type { AllowedScopes as AllowedScopesShape } from '../auth/allowedScopes.ts'
import { authorOf } from '../auth/author.ts'
import type { Access as AccessRow, Token as TokenRow } from '../db/generated/prisma/client.ts'
import type { Loaders } from '../loaders/index.ts'
import { statusOf } from '../search/tokenSearch.ts'
import { Access } from './access.ts'
import { AllowedScopes } from './allowedScopes.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'
import { Node, nodeIdOf } from './node.ts'
import { IdentityProvider, Organization } from './organization.ts'
import { personal } from './personal.ts'
import { User } from './user.ts'

export const TokenStatus = builder.enumType('TokenStatus', {
  description: 'Whether a token works. Where several apply, the first of REVOKED, EXPIRED, DEACTIVATED is told.',
  values: {
    ACTIVE: { description: 'It works.' },
    DEACTIVATED: { description: 'It is switched off and can be switched on again.' },
    EXPIRED: { description: 'Its time is over.' },
    REVOKED: { description: 'It was withdrawn for good.' },
  },
})

export const Token = builder.prismaObject('Token', {
  interfaces: [Node],
  scopes: ['tokens:read'],
  fields: (t) => ({
    nodeId: t.id({ description: "Relay's global id.", resolve: ({ id }) => nodeIdOf('Token', id) }),
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    hint: t.exposeString('hint'),
    status: t.field({
      type: TokenStatus,
      description: 'Whether the token works.',
      resolve: (token, _, { clock }) => statusOf(token, clock()),
    }),
    access: t.field({
      type: Access,
      description: 'The access that the token acts for.',
      resolve: (token, _, { loaders }) => accessOf(token, loaders),
    }),
    user: t.field({
      type: User,
      description: 'On behalf of whom it was issued.',
      resolve: (token, _, { loaders }) => userOf(token, loaders),
    }),
    userId: t.id({
      description: 'The id of that user.',
      resolve: async (token, _, { loaders }) => (await accessOf(token, loaders)).userId,
    }),
    username: t.string({
      ...personal,
      nullable: true,
      deprecationReason: 'Use user.email.',
      description: 'The mail address of that user.',
      resolve: async (token, _, { loaders }) => (await userOf(token, loaders)).email,
    }),
    acct: t.string({
      ...personal,
      nullable: true,
      description: 'The identifier that the user logs in to the identity provider with. Null for local users.',
      resolve: async (token, _, { loaders }) => (await userOf(token, loaders)).acct,
    }),
    domain: t.string({
      nullable: true,
      description: 'The mail domain of the identity provider. Null for local users.',
      resolve: async (token, _, { loaders }) => (await identityProviderOf(token, loaders))?.domain ?? null,
    }),
    idpId: t.id({
      nullable: true,
      description: 'The id of the identity provider. Null for local users.',
      resolve: async (token, _, { loaders }) => (await userOf(token, loaders)).idpId,
    }),
    identityProvider: t.field({
      type: IdentityProvider,
      nullable: true,
      description: 'The identity provider that the user signs in through. Null for local users.',
      resolve: (token, _, { loaders }) => identityProviderOf(token, loaders),
    }),
    orgId: t.id({ description: 'The id of the organization.', resolve: ({ organizationId }) => organizationId }),
    organization: t.field({
      type: Organization,
      description: 'The organization that the token belongs to.',
      resolve: async ({ organizationId }, _, { loaders }) =>
        must(await loaders.organization.load(organizationId), 'organization'),
    }),
    scope: t.exposeStringList('scope'),
    allowedScopes: t.field({
      type: AllowedScopes,
      description: 'What it may be used for outside of the gateway.',
      resolve: ({ allowedScopes }) => allowedScopes as unknown as AllowedScopesShape,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who issued it. Null where nobody is on record.',
      resolve: ({ createdBy }) => authorOf(createdBy),
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
    deactivated: t.exposeBoolean('deactivated'),
    deactivatedUpdatedBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who last changed `deactivated`, in either direction. Null where nobody did.',
      resolve: ({ deactivatedUpdatedBy }) => authorOf(deactivatedUpdatedBy),
    }),
    deactivatedUpdatedOn: t.expose('deactivatedUpdatedOn', { type: 'DateTime', nullable: true }),
  }),
})

builder.prismaObjectFields(Token, (t) => ({
  rotatedFrom: t.field({
    type: Token,
    nullable: true,
    description: 'The token that it took the place of.',
    resolve: ({ rotatedFromId }, _, { loaders }) => (rotatedFromId === null ? null : loaders.token.load(rotatedFromId)),
  }),
  rotatedTo: t.field({
    type: Token,
    nullable: true,
    description: 'The token that took its place.',
    resolve: async ({ id }, _, { loaders }) => (await loaders.tokenByPredecessor.load(id))[0] ?? null,
  }),
}))

async function accessOf({ accessId }: TokenRow, loaders: Loaders): Promise<AccessRow> {
  return must(await loaders.access.load(accessId), 'access')
}

async function userOf(token: TokenRow, loaders: Loaders) {
  const { userId } = await accessOf(token, loaders)
  return must(await loaders.user.load(userId), 'user')
}

async function identityProviderOf(token: TokenRow, loaders: Loaders) {
  const { idpId } = await userOf(token, loaders)
  return idpId === null ? null : loaders.identityProvider.load(idpId)
}
