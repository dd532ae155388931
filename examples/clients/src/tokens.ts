import { graphql } from './__generated__/gql'
import type { DeactivateTokenMutation } from './__generated__/graphql'

export const DeactivateToken = graphql(`
  mutation DeactivateToken($tokenId: ID!) {
    deactivateToken(tokenId: $tokenId) {
      __typename
      ... on DeactivateTokenPayload { token { id status deactivatedUpdatedBy { ...By } } }
      ... on Error { code message }
    }
  }
`)

/** The token as it is now. Throws what went wrong. */
export function deactivated(result: DeactivateTokenMutation['deactivateToken']) {
  if (result.__typename === 'DeactivateTokenPayload') return result.token
  throw new Error(result.message, { cause: result.code })
}
