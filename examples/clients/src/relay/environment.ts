import { Environment, Network, RecordSource, Store } from 'relay-runtime'

export function createEnvironment(url: string, jwt: () => string) {
  return new Environment({
    // Nothing has an identity but what is a Node. Not an Author: its id is that of the user who acted.
    getDataID: ({ nodeId }) => nodeId,
    store: new Store(new RecordSource()),
    network: Network.create(async ({ text }, variables) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json',
          authorization: `Bearer ${jwt()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ query: text, variables }),
      })
      return response.json()
    }),
  })
}
