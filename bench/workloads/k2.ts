/** K2: a page of 50 users by key, with accesses, roles and permissions. */
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

export const k2: Workload = {
  name: 'K2',
  title: 'a page of 50 users by key, with accesses, roles and permissions',
  size: 50,
  mark: '"lastname"',
  writes: false,
  byLatency: false,
  raw: {
    forms: nestedPageForms({
      name: 'K2',
      text: (columns) => `SELECT ${columns} FROM users AS u
        WHERE u.organization_id = $1::uuid AND u.id > $2::uuid ORDER BY u.id LIMIT $3::integer`,
      values: ({ organization, after, size }) => [organization, after, size],
    }),
    read: (users: readonly RawUser[]) => users.map(readRaw),
  },
  graphql: {
    gateway: {
      query: `query K2($first: Int!, $after: String!) {
        usersConnection(first: $first, after: $after) { nodes { ${selections.gateway(true)} } }
      }`,
      variables: ({ after, size }, cursorOf) => ({ first: size, after: cursorOf(after) }),
      read: ({ usersConnection }: { readonly usersConnection: { readonly nodes: readonly GatewayUser[] } }) =>
        usersConnection.nodes.map(readGateway),
    },
    postgraphile: {
      query: `query K2($organization: UUID!, $first: Int!, $after: Cursor!) {
        allUsers(condition: { organizationId: $organization }, first: $first, after: $after) {
          nodes { ${selections.postgraphile(true)} }
        }
      }`,
      variables: ({ organization, after, size }, cursorOf) => ({ organization, first: size, after: cursorOf(after) }),
      read: ({ allUsers }: { readonly allUsers: { readonly nodes: readonly PostgraphileUser[] } }) =>
        allUsers.nodes.map(readPostgraphile),
    },
    plain: {
      query: `query K2($organization: String!, $first: Int!, $after: String!) {
        usersAfter(organization: $organization, first: $first, after: $after) { ${selections.plain(true)} }
      }`,
      variables: ({ organization, after, size }) => ({ organization, first: size, after }),
      read: ({ usersAfter }: { readonly usersAfter: readonly PlainUser[] }) => usersAfter.map(readPlain),
    },
  },
}
