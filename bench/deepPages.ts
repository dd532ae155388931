/** The same page of 50 users near the end of the population, by key and by offset, for a caller of all organizations. */
import type { Server } from './contestants.ts'
import type { Population } from './population.ts'
import { type Callers, createRandom, written } from './requests.ts'

const size = 50

const byKeys = `query DeepKeys($after: String!) { usersConnection(first: ${size}, after: $after) { nodes { id lastname } } }`
const byOffset = `query DeepOffset($offset: Int!) { users(limit: ${size}, offset: $offset) { results { id lastname } } }`

interface DeepPage {
  readonly name: 'deep by keys' | 'deep by offset'
  readonly lists: readonly (readonly string[])[]
  readonly mark: string
}

export function deepPages(
  { everyUser }: Population,
  { port, cursorOf }: Server,
  callers: Callers,
): readonly DeepPage[] {
  const random = createRandom(everyUser.length)
  // In the last tenth, but for the last page.
  const positions = Array.from({ length: 200 }, () => Math.floor((0.9 + random() * 0.09) * everyUser.length))
  const list = (requests: readonly object[]) => [
    requests.map((request) =>
      written({ path: '/graphql', body: JSON.stringify(request), jwt: callers.operator }, port),
    ),
  ]
  const mark = '"lastname"'
  return [
    {
      name: 'deep by keys',
      mark,
      lists: list(
        positions.map((position) => ({
          query: byKeys,
          variables: { after: cursorOf(everyUser[position - 1] as string) },
        })),
      ),
    },
    {
      name: 'deep by offset',
      mark,
      lists: list(positions.map((offset) => ({ query: byOffset, variables: { offset } }))),
    },
  ]
}
