/** Lists of accesses: how they are searched, and the links and queries that lead to them. */
import { accesses } from '../db/tables.ts'
import { integerIdOf } from '../ids.ts'
import { accessesMatching } from '../search/accessSearch.ts'
import { pageOf } from '../search/page.ts'
import { Access } from './access.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'
import { connectionArguments, connectionType } from './connection.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { AccessType, OrderDirection } from './enums.ts'
import { findConnection, findPage } from './find.ts'
import { Role } from './role.ts'
import { listResultType, pageArguments, searchResultType } from './searchResult.ts'
import { User } from './user.ts'

const AccessSearch = builder.inputType('AccessSearch', {
  description: 'Which accesses to find. All the conditions that are given must hold.',
  fields: (t) => ({
    text: t.string({ description: 'Some part of name or ssoId, whatever its case.' }),
    ids: t.idList({ description: 'One of these ids.' }),
    userId: t.id({ description: 'The user it belongs to.' }),
    customerId: t.int({ description: 'The customer number of the organization.' }),
    types: t.field({ type: [AccessType], description: 'One of these types.' }),
    roleId: t.id({ scopes: ['roles:read'], description: 'It holds this role.' }),
    permissionId: t.id({ scopes: ['roles:read'], description: 'It holds a role with this permission.' }),
    twoFaEnabled: t.boolean({
      description: 'Whether a second factor is asked for; only UI connections have an answer.',
    }),
    createdAt: t.field({ type: DateTimeRange, description: 'When the access was created.' }),
    lastLoginAt: t.field({ type: DateTimeRange, description: 'The last time somebody signed in with it.' }),
  }),
})

const orderColumns = {
  ID: { column: accesses.id, nullable: false },
  TYPE: { column: accesses.column('type'), nullable: false },
  NAME: { column: accesses.column('name'), nullable: true },
  CREATED_AT: { column: accesses.column('createdAt'), nullable: false },
  UPDATED_AT: { column: accesses.column('updatedAt'), nullable: false },
  LAST_LOGIN_AT: { column: accesses.column('lastLoginAt'), nullable: true },
} as const

const AccessOrderField = builder.enumType('AccessOrderField', {
  description: 'What accesses can be ordered by.',
  values: {
    ID: { description: 'The id.' },
    TYPE: { description: 'The type, in the order of the enum.' },
    NAME: { description: 'The name; those without one come last.' },
    CREATED_AT: { description: 'When the access was created.' },
    UPDATED_AT: { description: 'When the access was last changed.' },
    LAST_LOGIN_AT: { description: 'The last login; those never used come last.' },
  } satisfies Record<keyof typeof orderColumns, object>,
})

const AccessOrder = builder.inputType('AccessOrder', {
  description: 'The order of accesses. Ties are broken by id.',
  fields: (t) => ({
    field: t.field({ type: AccessOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({
      type: OrderDirection,
      required: true,
      defaultValue: 'ASC',
      description: 'Which end comes first.',
    }),
  }),
})

const listed = { items: 'accesses', scopes: ['accesses:read'] } as const
const AccessSearchResult = searchResultType(Access, { ...listed, name: 'AccessSearchResult' })
const UserAccessListResult = listResultType(Access, { ...listed, name: 'UserAccessListResult' })
const AccessConnection = connectionType(Access, { ...listed, item: 'Access' })
const searchArgument = { type: AccessSearch, description: 'Which accesses to find. Left out: all of them.' } as const

builder.prismaObjectField(User, 'accesses', (t) =>
  t.field({
    type: UserAccessListResult,
    description: 'The ways in which the user signs in, by id.',
    args: { types: t.arg({ type: [AccessType], description: 'Only accesses of these types.' }) },
    resolve: ({ id }, { types }, { loaders }) => ({
      total: () => loaders.accessCountByUser(types ?? null).load(id),
      results: () => loaders.accessesByUser(types ?? null).load(id),
    }),
  }),
)

builder.prismaObjectField(Role, 'accesses', (t) =>
  t.field({
    type: AccessSearchResult,
    description: 'The accesses that hold the role, everywhere or on some resource, by page.',
    args: { search: t.arg(searchArgument), ...pageArguments },
    resolve: ({ id }, { search = null, ...given }, { loaders, policy }) => {
      const page = pageOf(given, policy.mostRows)
      return {
        page,
        total: async () => loaders.accessCountByRole(search).load(id),
        results: async () => loaders.accessesByRole({ search, page }).load(id),
      }
    },
  }),
)

builder.objectField(Author, 'access', (t) =>
  t.field({
    type: Access,
    nullable: true,
    description: 'The access that was used. Null once it is gone, or where the caller may not see it.',
    resolve: ({ accessId }, _, { loaders }) => (typeof accessId === 'number' ? loaders.access.load(accessId) : null),
  }),
)

builder.queryFields((t) => ({
  access: t.field({
    type: Access,
    nullable: true,
    scopes: ['accesses:read'],
    description: 'One access by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { id }, { loaders }) => loaders.access.load(integerIdOf('id', id)),
  }),
  accesses: t.field({
    type: AccessSearchResult,
    scopes: ['accesses:read'],
    description: 'Accesses, by page.',
    args: {
      search: t.arg(searchArgument),
      orderBy: t.arg({ type: AccessOrder, description: 'Left out: by id.' }),
      ...pageArguments,
    },
    resolve: (_, { search, orderBy, ...page }, context) => {
      const order = orderBy && { ...orderColumns[orderBy.field], direction: orderBy.direction }
      return findPage(context, accesses, accessesMatching(search, context.rules), page, order)
    },
  }),
  accessesConnection: t.field({
    type: AccessConnection,
    scopes: ['accesses:read'],
    description: 'Accesses, by cursor, in the order of their ids.',
    args: { search: t.arg(searchArgument), ...connectionArguments },
    resolve: (_, { search, ...page }, context) =>
      findConnection(context, accesses, accessesMatching(search, context.rules), page, {
        name: 'Access',
        idOf: integerIdOf,
      }),
  }),
}))
