/** Who the caller is. */
import type { Principal } from '../auth/principal.ts'
import { grantableScopes } from '../auth/scopes.ts'
import { userReads } from '../caller.ts'
import { accessOfViewer, organizationOfViewer, tokenOfViewer } from '../links/graph.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { Organization } from './organization.ts'
import { Token } from './token.ts'
import { User } from './user.ts'

export const Viewer = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who the caller is, as the verified credential says.',
  fields: (t) => ({
    subject: t.exposeString('subject', { description: 'The subject of the JWT.' }),
    scopes: t.stringList({
      weighs: { size: 15 },
      description: 'The scopes it came with, sorted.',
      resolve: ({ scopes }) => [...scopes].sort(),
    }),
    organization: t.one(organizationOfViewer, {
      type: Organization,
      nullable: true,
      description: 'The organization it belongs to. Null for a caller that belongs to none and sees all.',
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: 'The user who calls. Null for a service.',
      reads: userReads,
      resolve: (_, __, { caller }) => caller.user(),
    }),
    access: t.one(accessOfViewer, {
      type: Access,
      nullable: true,
      description: 'The access that signed in. Null where the credential names none.',
    }),
    token: t.one(tokenOfViewer, {
      type: Token,
      nullable: true,
      description: 'The API token that it came with, or that the JWT was made from.',
    }),
    grantableScopes: t.stringList({
      weighs: { size: 15 },
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
