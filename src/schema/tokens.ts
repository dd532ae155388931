/** Lists of tokens: how they are searched, and the links and queries that lead to them. */
import { hashSecret, isWellFormedSecret } from '../auth/apiToken.ts'
import { tokens } from '../db/tables.ts'
import { integerIdOf } from '../ids.ts'
import { pageOf } from '../search/page.ts'
import { tokensMatching } from '../search/tokenSearch.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { connectionArguments, connectionType } from './connection.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { OrderDirection } from './enums.ts'
import { findConnection, findPage } from './find.ts'
import { pageArguments, searchResultType } from './searchResult.ts'
import { Token, TokenStatus } from './token.ts'
import { User } from './user.ts'

const TokenSearch = builder.inputType('TokenSearch', {
  description: 'Which tokens to find. All the conditions that are given must hold.',
  fields: (t) => ({
    text: t.string({ description: 'Some part of the name, whatever its case.' }),
    ids: t.idList({ description: 'One of these ids.' }),
    userId: t.id({ description: 'The user on whose behalf it was issued.' }),
    accessId: t.id({ description: 'The access that it acts for.' }),
    status: t.field({ type: [TokenStatus], description: 'One of these statuses.' }),
    expiresAt: t.field({ type: DateTimeRange, description: 'When its time is over.' }),
    lastUsedAt: t.field({ type: DateTimeRange, description: 'The last time it was used.' }),
  }),
})

const orderColumns = {
  ID: { column: tokens.id, nullable: false },
  NAME: { column: tokens.column('name'), nullable: false },
  CREATED_AT: { column: tokens.column('createdAt'), nullable: false },
  EXPIRES_AT: { column: tokens.column('expiresAt'), nullable: false },
  LAST_USED_AT: { column: tokens.column('lastUsedAt'), nullable: true },
} as const

const TokenOrderField = builder.enumType('TokenOrderField', {
  description: 'What tokens can be ordered by.',
  values: {
    ID: { description: 'The id.' },
    NAME: { description: 'The name.' },
    CREATED_AT: { description: 'When the token was issued.' },
    EXPIRES_AT: { description: 'When its time is over.' },
    LAST_USED_AT: { description: 'The last time it was used; those never used come last.' },
  } satisfies Record<keyof typeof orderColumns, object>,
})

const TokenOrder = builder.inputType('TokenOrder', {
  description: 'The order of tokens. Ties are broken by id.',
  fields: (t) => ({
    field: t.field({ type: TokenOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({
      type: OrderDirection,
      required: true,
      defaultValue: 'ASC',
      description: 'Which end comes first.',
    }),
  }),
})

const listed = { items: 'tokens', scopes: ['tokens:read'] } as const
const TokenSearchResult = searchResultType(Token, { ...listed, name: 'TokenSearchResult' })
const TokenConnection = connectionType(Token, { ...listed, item: 'Token' })
const searchArgument = { type: TokenSearch, description: 'Which tokens to find. Left out: all of them.' } as const

builder.prismaInterfaceField(Access, 'tokens', (t) =>
  t.field({
    type: TokenSearchResult,
    description: 'The API tokens of the access, by id, by page.',
    args: { search: t.arg(searchArgument), ...pageArguments },
    resolve: ({ id }, { search = null, ...given }, { loaders, policy }) => {
      const page = pageOf(given, policy.mostRows)
      return {
        page,
        total: async () => loaders.tokenCountByAccess(search).load(id),
        results: async () => loaders.tokensByAccess({ search, page }).load(id),
      }
    },
  }),
)

builder.prismaObjectField(User, 'tokens', (t) =>
  t.field({
    type: TokenSearchResult,
    description: 'The API tokens of all accesses of the user, by id, by page.',
    args: { search: t.arg(searchArgument), ...pageArguments },
    resolve: ({ id }, { search = null, ...given }, { loaders, policy }) => {
      const page = pageOf(given, policy.mostRows)
      return {
        page,
        total: async () => loaders.tokenCountByUser(search).load(id),
        results: async () => loaders.tokensByUser({ search, page }).load(id),
      }
    },
  }),
)

builder.queryFields((t) => ({
  token: t.field({
    type: Token,
    nullable: true,
    scopes: ['tokens:read'],
    description: 'One token by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { id }, { loaders }) => loaders.token.load(integerIdOf('id', id)),
  }),
  tokens: t.field({
    type: TokenSearchResult,
    scopes: ['tokens:read'],
    description: 'Tokens, by page.',
    args: {
      search: t.arg(searchArgument),
      orderBy: t.arg({ type: TokenOrder, description: 'Left out: by id.' }),
      ...pageArguments,
    },
    resolve: (_, { search, orderBy, ...page }, context) => {
      const order = orderBy && { ...orderColumns[orderBy.field], direction: orderBy.direction }
      return findPage(context, tokens, tokensMatching(search, context.rules), page, order)
    },
  }),
  tokensConnection: t.field({
    type: TokenConnection,
    scopes: ['tokens:read'],
    description: 'Tokens, by cursor, in the order of their ids.',
    args: { search: t.arg(searchArgument), ...connectionArguments },
    resolve: (_, { search, ...page }, context) =>
      findConnection(context, tokens, tokensMatching(search, context.rules), page, {
        name: 'Token',
        idOf: integerIdOf,
      }),
  }),
  tokenDetails: t.field({
    type: Token,
    nullable: true,
    scopes: ['tokens:introspect'],
    description:
      'The token that has the secret. Null where the secret is unknown, malformed or that of another organization. ' +
      'Send the secret as a variable, so that it does not stand in a document that somebody logs.',
    args: {
      secret: t.arg.string({ required: true, description: 'The secret, as it was shown when the token was issued.' }),
    },
    resolve: (_, { secret }, { loaders }) =>
      isWellFormedSecret(secret)
        ? loaders.tokenBySecretHash.load(Buffer.from(hashSecret(secret)).toString('hex'))
        : null,
  }),
}))
