import { authorOf } from '../auth/author.ts'
import { users } from '../db/tables.ts'
import { uuidOf } from '../ids.ts'
import { usersMatching } from '../search/userSearch.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'
import { connectionArguments, connectionType } from './connection.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { AccessType, Language, OrderDirection } from './enums.ts'
import { findConnection, findPage } from './find.ts'
import { must } from './must.ts'
import { Node, nodeIdOf } from './node.ts'
import { Organization } from './organization.ts'
import { personal } from './personal.ts'
import { pageArguments, searchResultType } from './searchResult.ts'

export const User = builder.prismaObject('User', {
  interfaces: [Node],
  scopes: ['users:read'],
  fields: (t) => ({
    nodeId: t.id({ description: "Relay's global id.", resolve: ({ id }) => nodeIdOf('User', id) }),
    id: t.exposeID('id'),
    firstname: t.exposeString('firstname', personal),
    lastname: t.exposeString('lastname', personal),
    email: t.exposeString('email', personal),
    expiresAt: t.expose('expiresAt', { type: 'Date', nullable: true }),
    customerId: t.int({
      description: "The organization's customer number.",
      resolve: async ({ organizationId }, _, { loaders }) =>
        must(await loaders.organization.load(organizationId), 'organization').customerId,
    }),
    organization: t.field({
      type: Organization,
      description: 'The organization that the user belongs to.',
      resolve: async ({ organizationId }, _, { loaders }) =>
        must(await loaders.organization.load(organizationId), 'organization'),
    }),
    phone: t.exposeString('phone', { ...personal, nullable: true }),
    language: t.expose('language', { type: Language }),
    lastLoginAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The latest login over all accesses of the user. Null: never.',
      resolve: ({ id }, _, { loaders }) => loaders.lastLoginByUser.load(id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who created the user. Null where nobody is on record.',
      resolve: ({ createdBy }) => authorOf(createdBy),
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    updatedBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who last changed the user. Null where nobody is on record.',
      resolve: ({ updatedBy }) => authorOf(updatedBy),
    }),
  }),
})

builder.objectField(Author, 'user', (t) =>
  t.field({
    type: User,
    nullable: true,
    description: 'The user who acted. Null once it is gone, or where the caller may not see it.',
    resolve: ({ userId }, _, { loaders }) => loaders.user.load(userId),
  }),
)

const UserSearch = builder.inputType('UserSearch', {
  description: 'Which users to find. All the conditions that are given must hold.',
  fields: (t) => ({
    text: t.string({ description: 'Some part of firstname, lastname, email or phone, whatever its case.' }),
    ids: t.idList({ description: 'One of these ids.' }),
    email: t.string({ description: 'Exactly this mail address, whatever its case.' }),
    customerId: t.int({ description: 'The customer number of the organization.' }),
    language: t.field({ type: Language, description: 'The language the user is addressed in.' }),
    expired: t.boolean({ description: 'Whether the last day of the user is over.' }),
    roleId: t.id({ scopes: ['accesses:read', 'roles:read'], description: 'Some access of the user holds this role.' }),
    permissionId: t.id({
      scopes: ['accesses:read', 'roles:read'],
      description: 'Some access of the user holds a role with this permission.',
    }),
    accessType: t.field({
      type: AccessType,
      scopes: ['accesses:read'],
      description: 'Some access of the user is of this type.',
    }),
    createdAt: t.field({ type: DateTimeRange, description: 'When the user was created.' }),
    lastLoginAt: t.field({ type: DateTimeRange, description: 'The latest login over all accesses of the user.' }),
  }),
})

const orderColumns = {
  ID: { column: users.id, nullable: false },
  LASTNAME: { column: users.column('lastname'), nullable: false },
  FIRSTNAME: { column: users.column('firstname'), nullable: false },
  EMAIL: { column: users.column('email'), nullable: false },
  CREATED_AT: { column: users.column('createdAt'), nullable: false },
  UPDATED_AT: { column: users.column('updatedAt'), nullable: false },
  EXPIRES_AT: { column: users.column('expiresAt'), nullable: true },
} as const

const UserOrderField = builder.enumType('UserOrderField', {
  description: 'What users can be ordered by.',
  values: {
    ID: { description: 'The id.' },
    LASTNAME: { description: 'The family name.' },
    FIRSTNAME: { description: 'The given name.' },
    EMAIL: { description: 'The mail address.' },
    CREATED_AT: { description: 'When the user was created.' },
    UPDATED_AT: { description: 'When the user was last changed.' },
    EXPIRES_AT: { description: 'The last day on which the user works; those without an end come last.' },
  } satisfies Record<keyof typeof orderColumns, object>,
})

const UserOrder = builder.inputType('UserOrder', {
  description: 'The order of users. Ties are broken by id.',
  fields: (t) => ({
    field: t.field({ type: UserOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({
      type: OrderDirection,
      required: true,
      defaultValue: 'ASC',
      description: 'Which end comes first.',
    }),
  }),
})

const UserSearchResult = searchResultType(User, { name: 'UserSearchResult', items: 'users', scopes: ['users:read'] })
const UserConnection = connectionType(User, { item: 'User', items: 'users', scopes: ['users:read'] })
const searchArgument = { type: UserSearch, description: 'Which users to find. Left out: all of them.' } as const

builder.queryFields((t) => ({
  user: t.field({
    type: User,
    nullable: true,
    scopes: ['users:read'],
    description: 'One user by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A UUID.' }) },
    resolve: (_, { id }, { loaders }) => loaders.user.load(uuidOf('id', id)),
  }),
  users: t.field({
    type: UserSearchResult,
    scopes: ['users:read'],
    description: 'Users, by page.',
    args: {
      search: t.arg(searchArgument),
      orderBy: t.arg({ type: UserOrder, description: 'Left out: by id.' }),
      ...pageArguments,
    },
    resolve: (_, { search, orderBy, ...page }, context) =>
      findPage(
        context,
        users,
        usersMatching(search, context.rules),
        page,
        orderBy && { ...orderColumns[orderBy.field], direction: orderBy.direction },
      ),
  }),
  usersConnection: t.field({
    type: UserConnection,
    scopes: ['users:read'],
    description: 'Users, by cursor, in the order of their ids.',
    args: { search: t.arg(searchArgument), ...connectionArguments },
    resolve: (_, { search, ...page }, context) =>
      findConnection(context, users, usersMatching(search, context.rules), page, { name: 'User', idOf: uuidOf }),
  }),
}))
