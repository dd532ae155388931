/** The running gateway, asked without any client. */
import { inject } from 'vitest'

const gateway = inject('gateway')

export const origin = gateway.url
export const url = `${gateway.url}/graphql`
export const { jwts } = gateway

/** The data of an answer. Throws where it has errors. */
export async function ask(query: string, variables: object = {}, jwt = jwts.ui): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

/** The id of a new token. It is on, and Ada has switched it last, by her API connection. */
export async function newToken(): Promise<string> {
  const issued = await ask(
    'mutation { issueToken(input: { accessId: "2", name: "for a test" }) { ... on IssueTokenPayload { token { id } } } }',
  )
  const { id } = (issued.issueToken as { token: { id: string } }).token
  const off = 'mutation ($id: ID!) { deactivateToken(tokenId: $id) { __typename } }'
  await ask(off, { id }, jwts.api)
  await ask(off.replace('deactivate', 'reactivate'), { id }, jwts.api)
  return id
}

/** The ids of all users, who are three pages of ten. */
export async function everybody(): Promise<readonly string[]> {
  const { users } = await ask('{ users { results { id } } }')
  return (users as { results: { id: string }[] }).results.map(({ id }) => id)
}

/** What was asked for, without what a client asks for on its own. */
export function asAsked(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data, (key, value) => (key === '__typename' ? undefined : value)))
}
