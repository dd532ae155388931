import { graphql } from 'relay-runtime'

export const UsersQuery = graphql`
  query usersQuery($search: UserSearch) { ...usersTable @arguments(search: $search) }
`

/** For usePaginationFragment, which adds page by page. */
export const UsersTable = graphql`
  fragment usersTable on Query
  @refetchable(queryName: "usersTablePageQuery")
  @argumentDefinitions(search: { type: "UserSearch" }, count: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    usersConnection(search: $search, first: $count, after: $after) @connection(key: "users_usersConnection") {
      edges { node { ...usersRow createdBy { ...usersBy } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`

/** For useRefetchableFragment, which asks for the user anew by its nodeId. */
export const UsersRow = graphql`
  fragment usersRow on User @refetchable(queryName: "usersRowQuery") { firstname lastname }
`

export const UsersBy = graphql`
  fragment usersBy on Author { id firstname lastname access { id type } }
`
