/** Who the caller is. */
import type { Principal } from '../auth/principal.ts'
import { grantableScopes } from '../auth/scopes.ts'
import { callingUser } from '../caller.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { Organization } from './organization.ts'
import { Token } from './token.ts'
import { User } from './user.ts'

const Viewer = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who the caller is, as the verified credential says.',
  fields: (t) => ({
    subject: t.exposeString('subject', { description: 'The subject of the JWT.' }),
    scopes: t.stringList({
      description: 'The scopes it came with, sorted.',
      resolve: ({ scopes }) => [...scopes].sort(),
    }),
    organization: t.field({
      type: Organization,
      nullable: true,
      description: 'The organization it belongs to. Null for a caller that belongs to none and sees all.',
      resolve: ({ organizationId }, _, { loaders }) =>
        organizationId === null ? null : loaders.organization.load(organizationId),
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: 'The user who calls. Null for a service.',
      resolve: (_, __, context) => callingUser(context),
    }),
    access: t.field({
      type: Access,
      nullable: true,
      description: 'The access that signed in. Null where the credential names none.',
      resolve: ({ accessId }, _, { loaders }) => (accessId === null ? null : loaders.access.load(accessId)),
    }),
    token: t.field({
      type: Token,
      nullable: true,
      description: 'The API token that it came with, or that the JWT was made from.',
      resolve: ({ tokenId }, _, { loaders }) => (tokenId === null ? null : loaders.token.load(tokenId)),
    }),
    grantableScopes: t.stringList({
      description: 'What a token issued by this caller may carry, sorted. Empty for an API token, which issues none.',
      resolve: ({ scopes, tokenId }) => (tokenId === null ? [...grantableScopes(scopes)] : []),
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    scopes: [],
    description: 'Who the caller is, as the verified credential says.',
    resolve: (_, __, { principal }) => principal,
  }),
)
