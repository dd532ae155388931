/** Secret → token, by the hash of the secret. */
import DataLoader from 'dataloader'
import type { Token } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { type LoaderContext, visibleRows } from './batch.ts'

/**
 * The token whose secret has the hash, given in hex; null where there is none that the caller may see. The hash of 256
 * random bits is looked up in an index, so that nothing secret is compared.
 */
export function tokenBySecretHash(context: LoaderContext): DataLoader<string, Token | null> {
  return new DataLoader(async (hashes) => {
    const column = tokens.column('secretHash')
    const rows = await context.prisma.$queryRaw<Token[]>`
      SELECT ${tokens.columns} FROM tokens
      WHERE ${column} = ANY(SELECT decode(hash, 'hex') FROM unnest(${[...hashes]}::text[]) AS given(hash))
      AND ${visibleRows(context, tokens)}`
    const byHash = new Map(rows.map((row) => [Buffer.from(row.secretHash).toString('hex'), row]))
    return hashes.map((hash) => byHash.get(hash) ?? null)
  })
}
