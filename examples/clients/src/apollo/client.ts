import { ApolloClient, HttpLink } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { createCache } from './cache'

export function createApolloClient(uri: string, jwt: () => string) {
  const authorize = new SetContextLink(({ headers }) => ({ headers: { ...headers, authorization: `Bearer ${jwt()}` } }))
  return new ApolloClient({ cache: createCache(), link: authorize.concat(new HttpLink({ uri })) })
}
