/** The schemas as SDL, as they are committed. */
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from './index.ts'

/** The public schema, sorted, so that its order says nothing and its diffs are small. */
export function publicSdl(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`
}

/** The subgraph schema with its federation directives, sorted. */
export async function subgraphSdl(): Promise<string> {
  const { createSubgraph } = await import('./subgraph.ts')
  return createSubgraph().sdl
}
