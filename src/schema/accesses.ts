/** Lists of accesses: how they are searched and ordered, and the links and queries that lead to them. */
import { accesses } from '../db/tables.ts'
import { integerIdOf } from '../ids.ts'
import { accessesOfRole, accessesOfUser, accessOfAuthor } from '../links/graph.ts'
import { accessesMatching, hasType } from '../search/accessSearch.ts'
import { Access } from './access.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { AccessType } from './enums.ts'
import { defineLists } from './lists.ts'
import { Role } from './role.ts'
import { listResultType, pageArguments } from './searchResult.ts'
import { User } from './user.ts'

const AccessSearch = builder.inputType('AccessSearch', {
  description: 'Which accesses to find. All the conditions that are given must hold.',
  fields: (t) => ({
    text: t.string({ weighs: { perRow: 2 }, description: 'Some part of name or ssoId, whatever its case.' }),
    ids: t.idList({ description: 'One of these ids.' }),
    userId: t.id({ scopes: ['users:read'], description: 'The user it belongs to.' }),
    customerId: t.int({ description: 'The customer number of the organization.' }),
    types: t.field({ type: [AccessType], weighs: { perRow: 1 }, description: 'One of these types.' }),
    roleId: t.id({ scopes: ['roles:read'], weighs: { perRow: 2 }, description: 'It holds this role.' }),
    permissionId: t.id({
      scopes: ['roles:read'],
      weighs: { perRow: 3 },
      description: 'It holds a role with this permission.',
    }),
    twoFaEnabled: t.boolean({
      weighs: { perRow: 1 },
      description: 'Whether a second factor is asked for; only UI connections have an answer.',
    }),
    createdAt: t.field({ type: DateTimeRange, weighs: { perRow: 1 }, description: 'When the access was created.' }),
    lastLoginAt: t.field({
      type: DateTimeRange,
      weighs: { perRow: 1 },
      description: 'The last time somebody signed in with it.',
    }),
  }),
})

export const {
  SearchResult: AccessSearchResult,
  Connection: AccessConnection,
  searchArgument: accessSearchArgument,
} = defineLists({
  type: Access,
  table: accesses,
  items: 'accesses',
  scopes: ['accesses:read'],
  search: AccessSearch,
  matching: accessesMatching,
  idOf: integerIdOf,
  orders: {
    TYPE: { by: 'type', description: 'The type, in the order of the enum.' },
    NAME: { by: 'name', description: 'The name; those without one come last.' },
    CREATED_AT: { by: 'createdAt', description: 'When the access was created.' },
    UPDATED_AT: { by: 'updatedAt', description: 'When the access was last changed.' },
    LAST_LOGIN_AT: { by: 'lastLoginAt', description: 'The last login; those never used come last.' },
  },
})

const UserAccessListResult = listResultType(Access, {
  name: 'UserAccessListResult',
  items: 'accesses',
  scopes: ['accesses:read'],
})

builder.prismaObjectField(User, 'accesses', (t) =>
  t.listResult(accessesOfUser, {
    type: UserAccessListResult,
    description: 'The ways in which the user signs in, by id.',
    args: { types: t.arg({ type: [AccessType], description: 'Only accesses of these types.' }) },
    narrow: ({ types }) => (types ? hasType(types) : null),
  }),
)

builder.prismaObjectField(Role, 'accesses', (t) =>
  t.searchResult(accessesOfRole, {
    type: AccessSearchResult,
    description: 'The accesses that hold the role, everywhere or on some resource, by page.',
    args: { search: t.arg(accessSearchArgument), ...pageArguments },
    matching: accessesMatching,
  }),
)

builder.objectField(Author, 'access', (t) =>
  t.one(accessOfAuthor, {
    type: Access,
    nullable: true,
    description: 'The access that was used. Null once it is gone, or where the caller may not see it.',
  }),
)

builder.queryField('access', (t) =>
  t.field({
    type: Access,
    nullable: true,
    scopes: ['accesses:read'],
    description: 'One access by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { id }, { loaders }) => loaders.row(accesses, integerIdOf('id', id)),
  }),
)
