/** W4: 1,000 users with accesses, roles and permissions. */
import {
  type GatewayUser,
  type PlainUser,
  type PostgraphileUser,
  type RawUser,
  readGateway,
  readPlain,
  readPostgraphile,
  readRaw,
  selections,
} from './nestedAnswers.ts'
import { nestedPageForms } from './nestedSql.ts'
import type { Workload } from './workload.ts'

export const w4: Workload = {
  name: 'W4',
  title: '1,000 users with accesses, roles and permissions',
  size: 1_000,
  mark: '"lastname"',
  writes: false,
  byLatency: true,
  raw: {
    forms: nestedPageForms({
      name: 'W4',
      text: (columns) => `SELECT ${columns} FROM users AS u
        WHERE u.organization_id = $1::uuid ORDER BY u.id LIMIT $2::integer OFFSET $3::integer`,
      values: ({ organization, size, offset }) => [organization, size, offset],
    }),
    read: (users: readonly RawUser[]) => users.map(readRaw),
  },
  graphql: {
    gateway: {
      query: `query W4($limit: Int!, $offset: Int!) {
        users(limit: $limit, offset: $offset) { results { ${selections.gateway(true)} } }
      }`,
      variables: ({ size, offset }) => ({ limit: size, offset }),
      read: ({ users }: { readonly users: { readonly results: readonly GatewayUser[] } }) =>
        users.results.map(readGateway),
    },
    postgraphile: {
      query: `query W4($organization: UUID!, $first: Int!, $offset: Int!) {
        allUsersList(condition: { organizationId: $organization }, first: $first, offset: $offset) {
          ${selections.postgraphile(true)}
        }
      }`,
      variables: ({ organization, size, offset }) => ({ organization, first: size, offset }),
      read: ({ allUsersList }: { readonly allUsersList: readonly PostgraphileUser[] }) =>
        allUsersList.map(readPostgraphile),
    },
    plain: {
      query: `query W4($organization: String!, $limit: Int!, $offset: Int!) {
        users(organization: $organization, limit: $limit, offset: $offset) { ${selections.plain(true)} }
      }`,
      variables: ({ organization, size, offset }) => ({ organization, limit: size, offset }),
      read: ({ users }: { readonly users: readonly PlainUser[] }) => users.map(readPlain),
    },
  },
}
