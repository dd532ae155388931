import { useQuery } from '@apollo/client/react'
import { graphql } from '../__generated__/gql'

export const Users = graphql(`
  query Users($search: UserSearch, $after: String) {
    usersConnection(search: $search, first: 10, after: $after) {
      total
      edges { node { id firstname lastname createdBy { ...By } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

export function UserTable() {
  const { data, error, fetchMore } = useQuery(Users)
  if (error) return <p role="alert">{error.message}</p>
  if (!data) return <p>Loading</p>
  const { total, edges, pageInfo } = data.usersConnection
  return (
    <table>
      <caption>{`${edges.length} of ${total} users`}</caption>
      <tbody>
        {edges.map(({ node }) => (
          <tr key={node.id}>
            <td>{`${node.firstname} ${node.lastname}`}</td>
            <td>{node.createdBy?.access?.type ?? 'unknown'}</td>
          </tr>
        ))}
      </tbody>
      <tfoot hidden={!pageInfo.hasNextPage}>
        <tr>
          <td colSpan={2}>
            <button type="button" onClick={() => fetchMore({ variables: { after: pageInfo.endCursor } })}>
              More
            </button>
          </td>
        </tr>
      </tfoot>
    </table>
  )
}
