import { users } from '../db/tables.ts'
import { uuidOf } from '../ids.ts'
import { reading } from '../links/columns.ts'
import { accessesOfUser, organizationOfUser, userOfAuthor } from '../links/graph.ts'
import { rowLink } from '../links/questions.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'
import { Language } from './enums.ts'
import { Node } from './node.ts'
import { personal } from './personal.ts'
import type { ResolveAll } from './resolveAll.ts'
import { authorField, customerIdField, nodeIdField, organizationField } from './shared.ts'

export const User = builder.prismaObject('User', {
  interfaces: [Node],
  scopes: ['users:read'],
  fields: (t) => ({
    nodeId: nodeIdField(t, users),
    id: t.exposeID('id'),
    firstname: t.exposeString('firstname', personal),
    lastname: t.exposeString('lastname', personal),
    email: t.exposeString('email', personal),
    expiresAt: t.expose('expiresAt', { type: 'Date', nullable: true }),
    customerId: customerIdField(t, organizationOfUser),
    organization: organizationField(t, organizationOfUser, 'user'),
    phone: t.exposeString('phone', { ...personal, nullable: true }),
    language: t.expose('language', { type: Language }),
    lastLoginAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The latest login over all accesses of the user. Null: never.',
      reads: [reading(users, 'id')],
      extensions: { link: accessesOfUser },
      resolve: (user, _, { loaders }) => loaders.largest(accessesOfUser, 'lastLoginAt', user),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: authorField(t, users, 'createdBy', 'Who created the user.'),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    updatedBy: authorField(t, users, 'updatedBy', 'Who last changed the user.'),
  }),
})

builder.objectField(Author, 'user', (t) =>
  t.one(userOfAuthor, {
    type: User,
    nullable: true,
    description: 'The user who acted. Null once it is gone, or where the caller may not see it.',
  }),
)

const keyOf = ({ id }: { readonly id: string }) => ({ id: uuidOf('id', id) })
const findUser: ResolveAll<object, object | null> = (_, args, { loaders }) =>
  loaders.ones(rowLink(users), [keyOf(args)])

builder.queryField('user', (t) =>
  t.field({
    type: User,
    nullable: true,
    scopes: ['users:read'],
    description: 'One user by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A UUID.' }) },
    extensions: { idOf: keyOf, resolveAll: findUser },
    resolve: (_, args, { loaders }) => loaders.row(users, keyOf(args).id),
  }),
)
