/** Lists of tokens: how they are searched and ordered, and the links and queries that lead to them. */
import { tokens } from '../db/tables.ts'
import { integerIdOf } from '../ids.ts'
import { tokensOfAccess, tokensOfUser } from '../links/graph.ts'
import { tokensMatching } from '../search/tokenSearch.ts'
import { tokenBySecret } from '../tokenBySecret.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { defineLists } from './lists.ts'
import { pageArguments } from './searchResult.ts'
import { Token, TokenStatus } from './token.ts'
import { User } from './user.ts'

const TokenSearch = builder.inputType('TokenSearch', {
  description: 'Which tokens to find. All the conditions that are given must hold.',
  fields: (t) => ({
    text: t.string({ weighs: { perRow: 2 }, description: 'Some part of the name, whatever its case.' }),
    ids: t.idList({ description: 'One of these ids.' }),
    userId: t.id({ scopes: ['users:read'], description: 'The user on whose behalf it was issued.' }),
    accessId: t.id({ scopes: ['accesses:read'], description: 'The access that it acts for.' }),
    status: t.field({ type: [TokenStatus], weighs: { perRow: 1 }, description: 'One of these statuses.' }),
    expiresAt: t.field({ type: DateTimeRange, weighs: { perRow: 1 }, description: 'When its time is over.' }),
    endsAt: t.field({
      type: DateTimeRange,
      weighs: { perRow: 1 },
      description:
        'When it ends as things stand: when its time is over, or it stops by not being used, what comes first.',
    }),
    lastUsedAt: t.field({ type: DateTimeRange, weighs: { perRow: 1 }, description: 'The last time it was used.' }),
  }),
})

const { SearchResult, searchArgument } = defineLists({
  type: Token,
  table: tokens,
  items: 'tokens',
  scopes: ['tokens:read'],
  search: TokenSearch,
  matching: tokensMatching,
  idOf: integerIdOf,
  orders: {
    NAME: { by: 'name', description: 'The name.' },
    CREATED_AT: { by: 'createdAt', description: 'When the token was issued.' },
    EXPIRES_AT: { by: 'expiresAt', description: 'When its time is over.' },
    LAST_USED_AT: { by: 'lastUsedAt', description: 'The last time it was used; those never used come last.' },
  },
})

builder.prismaInterfaceField(Access, 'tokens', (t) =>
  t.searchResult(tokensOfAccess, {
    type: SearchResult,
    description: 'The API tokens of the access, by id, by page.',
    args: { search: t.arg(searchArgument), ...pageArguments },
    matching: tokensMatching,
  }),
)

builder.prismaObjectField(User, 'tokens', (t) =>
  t.searchResult(tokensOfUser, {
    type: SearchResult,
    description: 'The API tokens of all accesses of the user, by id, by page.',
    args: { search: t.arg(searchArgument), ...pageArguments },
    matching: tokensMatching,
  }),
)

builder.queryFields((t) => ({
  token: t.field({
    type: Token,
    nullable: true,
    scopes: ['tokens:read'],
    description: 'One token by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { id }, { loaders }) => loaders.row(tokens, integerIdOf('id', id)),
  }),
  tokenDetails: t.field({
    type: Token,
    nullable: true,
    scopes: ['tokens:introspect'],
    extensions: { onlyByPost: true },
    description:
      'The token that has the secret. Null where the secret is unknown, malformed or that of another organization. ' +
      'Refused over GET. Send the secret as a variable, so that it does not stand in a document that somebody logs.',
    args: {
      secret: t.arg.string({ required: true, description: 'The secret, as it was shown when the token was issued.' }),
    },
    resolve: (_, { secret }, context) => tokenBySecret(secret, context),
  }),
}))
