import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { Client, fetchExchange } from 'urql'
import { embedded, possibleTypes } from '../__generated__/cacheTypes.json'

const pages = relayPagination()

export function createUrqlClient(url: string, jwt: () => string) {
  const cache = cacheExchange({
    possibleTypes,
    // Nothing has an identity but what is a Node. Not an Author: its id is that of the user who acted.
    keys: Object.fromEntries(embedded.map((name) => [name, () => null])),
    resolvers: {
      Query: {
        usersConnection: pages,
        accessesConnection: pages,
        tokensConnection: pages,
        auditEvents: pages,
        accessesWithPermissionConnection: pages,
      },
      User: { events: pages },
      Token: { events: pages },
    },
  })
  return new Client({
    url,
    // Otherwise the variables of queries are part of the address: search texts, mail addresses, secrets of tokens.
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${jwt()}` } }),
    exchanges: [cache, fetchExchange],
  })
}
