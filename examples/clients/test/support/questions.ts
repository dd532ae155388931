/** What several clients are asked. */

/** The same user acted through different accesses, and so differs as an author. */
export const authors = `query Authors {
  users(limit: 50) {
    results { id createdBy { id firstname access { id type } } updatedBy { id firstname access { id type } } }
  }
}`

export const tokenWithAuthor = `query Token($id: ID!) {
  token(id: $id) { id status deactivatedUpdatedBy { id firstname lastname access { id type } } }
}`

/** A change that selects less of the author than the query above. */
export const deactivateBriefly = `mutation Deactivate($id: ID!) {
  deactivateToken(tokenId: $id) {
    __typename
    ... on DeactivateTokenPayload { token { id status deactivatedUpdatedBy { id firstname lastname } } }
  }
}`

export const deactivateNothing = `mutation DeactivateNothing {
  deactivateToken(tokenId: "999999") { __typename ... on Error { code } }
}`

export const issue = `mutation Issue {
  issueToken(input: { accessId: "2", name: "for a test" }) { ... on IssueTokenPayload { secret token { id } } }
}`
