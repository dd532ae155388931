/** Lists of users: how they are searched and ordered. */
import { users } from '../db/tables.ts'
import { uuidOf } from '../ids.ts'
import { usersMatching } from '../search/userSearch.ts'
import { builder } from './builder.ts'
import { DateTimeRange } from './dateTimeRange.ts'
import { AccessType, Language } from './enums.ts'
import { defineLists } from './lists.ts'
import { User } from './user.ts'

const UserSearch = builder.inputType('UserSearch', {
  description: 'Which users to find. All the conditions that are given must hold.',
  fields: (t) => ({
    text: t.string({
      weighs: { perRow: 4 },
      description: 'Some part of firstname, lastname, email or phone, whatever its case.',
    }),
    ids: t.idList({ description: 'One of these ids.' }),
    email: t.string({ description: 'Exactly this mail address, whatever its case.' }),
    customerId: t.int({ description: 'The customer number of the organization.' }),
    language: t.field({ type: Language, weighs: { perRow: 1 }, description: 'The language the user is addressed in.' }),
    expired: t.boolean({ weighs: { perRow: 1 }, description: 'Whether the last day of the user is over.' }),
    roleId: t.id({
      scopes: ['accesses:read', 'roles:read'],
      weighs: { perRow: 3 },
      description: 'Some access of the user holds this role.',
    }),
    permissionId: t.id({
      weighs: { perRow: 4 },
      scopes: ['accesses:read', 'roles:read'],
      description: 'Some access of the user holds a role with this permission.',
    }),
    accessType: t.field({
      weighs: { perRow: 2 },
      type: AccessType,
      scopes: ['accesses:read'],
      description: 'Some access of the user is of this type.',
    }),
    createdAt: t.field({ type: DateTimeRange, weighs: { perRow: 1 }, description: 'When the user was created.' }),
    lastLoginAt: t.field({
      type: DateTimeRange,
      weighs: { perRow: 3 },
      description: 'The latest login over all accesses of the user.',
    }),
  }),
})

defineLists({
  type: User,
  table: users,
  items: 'users',
  scopes: ['users:read'],
  search: UserSearch,
  matching: usersMatching,
  idOf: uuidOf,
  orders: {
    LASTNAME: { by: 'lastname', description: 'The family name.' },
    FIRSTNAME: { by: 'firstname', description: 'The given name.' },
    EMAIL: { by: 'email', description: 'The mail address.' },
    CREATED_AT: { by: 'createdAt', description: 'When the user was created.' },
    UPDATED_AT: { by: 'updatedAt', description: 'When the user was last changed.' },
    EXPIRES_AT: {
      by: 'expiresAt',
      description: 'The last day on which the user works; those without an end come last.',
    },
  },
})
