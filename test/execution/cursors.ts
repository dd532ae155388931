/** Cursors, which only answers tell, in a vocabulary. */
import type { Ask } from '../support/bothWays.ts'
import { callers } from './callers.ts'
import type { Vocabulary } from './vocabulary.ts'

const orders: Readonly<Record<string, readonly string[]>> = {
  usersConnection: ['ID', 'LASTNAME', 'EXPIRES_AT'],
  accessesConnection: ['ID', 'LAST_LOGIN_AT', 'NAME'],
  tokensConnection: ['ID', 'NAME', 'LAST_USED_AT'],
}

/** The vocabulary with cursors of every connection, in several orders, by a caller that sees all rows. */
export async function withCursors(vocabulary: Vocabulary, ask: Ask): Promise<Vocabulary> {
  const caller = callers[2] ?? null
  const places: Record<string, readonly unknown[]> = {}
  for (const [field, names] of Object.entries(orders)) {
    const inOrder = names.map(
      (name) => `${name}: ${field}(first: 60, orderBy: { field: ${name} }) { edges { cursor } }`,
    )
    const { body } = await ask({ document: `{ ${inOrder.join(' ')} }`, caller })
    const { data } = JSON.parse(body) as { data: Record<string, { edges: readonly { cursor: string }[] }> }
    const cursors = Object.values(data).flatMap(({ edges }) =>
      edges.filter((_, index) => index % 15 === 4).map(({ cursor }) => cursor),
    )
    for (const argument of ['after', 'before']) places[`Query.${field}(${argument}:)`] = [...cursors, 'no cursor']
  }
  return { ...vocabulary, ...places }
}
