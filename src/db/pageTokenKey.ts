/** The key that page tokens are sealed with: the same for all gateways of a database. */
import { Prisma } from './generated/prisma/client.ts'
import type { Read } from './read.ts'

/** Gives the key, 32 bytes. Read when it is first asked for, then kept. */
export type PageTokenKey = (read: Read) => Promise<Uint8Array>

export function createPageTokenKey(): PageTokenKey {
  let known: Uint8Array | undefined
  return async (read) => {
    if (known !== undefined) return known
    const [row] = await read<{ readonly key: string }>(Prisma.sql`SELECT encode(key, 'hex') AS key FROM page_token_key`)
    if (row === undefined) throw new Error('expected the key of page tokens')
    known = Buffer.from(row.key, 'hex')
    return known
  }
}
