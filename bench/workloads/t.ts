/** T: the smallest question there is, beside a server that does nothing but answer. */
import type { GraphqlSide, Workload } from './workload.ts'

const side: GraphqlSide = {
  query: '{ __typename }',
  variables: () => ({}),
  read: (data: unknown) => data,
}

export const t: Workload = {
  name: 'T',
  title: '{ __typename }',
  size: 1,
  mark: '"__typename":"Query"',
  writes: false,
  byLatency: false,
  raw: {
    forms: { constant: async () => '{"__typename":"Query"}' },
    read: (data: unknown) => data,
  },
  graphql: { gateway: side, postgraphile: side, plain: side },
}
