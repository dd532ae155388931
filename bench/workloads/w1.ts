/** W1: one user by id, with accesses and roles. */
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
import { nestedUserForms } from './nestedSql.ts'
import type { Workload } from './workload.ts'

export const w1: Workload = {
  name: 'W1',
  title: 'one user by id, with accesses and roles',
  size: 1,
  mark: '"lastname"',
  writes: false,
  byLatency: false,
  raw: { forms: nestedUserForms, read: (user: RawUser) => readRaw(user) },
  graphql: {
    gateway: {
      query: `query W1($user: ID!) { user(id: $user) { ${selections.gateway(false)} } }`,
      variables: ({ user }) => ({ user }),
      read: ({ user }: { readonly user: GatewayUser }) => readGateway(user),
    },
    postgraphile: {
      query: `query W1($user: UUID!) { userByRowId(rowId: $user) { ${selections.postgraphile(false)} } }`,
      variables: ({ user }) => ({ user }),
      read: ({ userByRowId }: { readonly userByRowId: PostgraphileUser }) => readPostgraphile(userByRowId),
    },
    plain: {
      query: `query W1($organization: String!, $user: String!) {
        user(organization: $organization, id: $user) { ${selections.plain(false)} }
      }`,
      variables: ({ organization, user }) => ({ organization, user }),
      read: ({ user }: { readonly user: PlainUser }) => readPlain(user),
    },
  },
}
