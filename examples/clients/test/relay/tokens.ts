/** Documents of the tests, for the compiler. */
import { graphql } from 'relay-runtime'

export const TokensQuery = graphql`
  query tokensQuery($id: ID!) {
    token(id: $id) { id status deactivatedUpdatedBy { id firstname lastname access { id type } } }
  }
`

export const TokensDeactivateMutation = graphql`
  mutation tokensDeactivateMutation($id: ID!) {
    deactivateToken(tokenId: $id) {
      __typename
      ... on DeactivateTokenPayload { token { status deactivatedUpdatedBy { id firstname lastname access { id type } } } }
      ... on Error { code message }
    }
  }
`

/** Selects less of the author than the query. */
export const TokensDeactivateBrieflyMutation = graphql`
  mutation tokensDeactivateBrieflyMutation($id: ID!) {
    deactivateToken(tokenId: $id) {
      ... on DeactivateTokenPayload { token { status deactivatedUpdatedBy { id firstname lastname } } }
    }
  }
`

export const TokensIssueMutation = graphql`
  mutation tokensIssueMutation {
    issueToken(input: { accessId: "2", name: "for a test" }) { ... on IssueTokenPayload { secret token { id } } }
  }
`
