/** When API tokens are used: written now and then, beside the requests, so that none waits for it. */
import type { TokenUse } from '../auth/authenticate.ts'
import type { Observer } from '../observer.ts'
import type { Database } from './client.ts'
import { databaseFailure } from './failure.ts'
import { Prisma } from './generated/prisma/client.ts'
import { everything } from './rowSecurity.ts'

/** Milliseconds for which the use of a token that has been written stands for further ones. */
const resolution = 60_000

/**
 * Writes at once what has not been written for a minute; what comes meanwhile is written together then. So no more than a
 * minute of use is lost, whenever the process ends, and no token is written twice in one, by whatever process. What it
 * returns takes note of a use, in milliseconds since the epoch, and returns at once.
 */
export function createLastUses(
  { write }: Pick<Database, 'write'>,
  observe: Observer,
): (use: TokenUse, now: number) => void {
  const unwritten = new Map<TokenUse, number>()
  let writing = false
  const { signal } = new AbortController()

  const writeAll = async () => {
    writing = true
    while (unwritten.size > 0) {
      const uses = [...unwritten]
      unwritten.clear()
      try {
        await write(updateLastUses(uses), signal, everything)
      } catch (error) {
        // The next use of each is written.
        for (const [use] of uses) use.writtenAt = Number.NEGATIVE_INFINITY
        if (databaseFailure(error) === undefined) observe({ kind: 'unexpected', requestId: 'lastUse', error })
      }
    }
    writing = false
  }
  return (use, now) => {
    if (now - use.writtenAt < resolution) return
    use.writtenAt = now
    unwritten.set(use, now)
    if (!writing) void writeAll()
  }
}

function updateLastUses(uses: readonly (readonly [TokenUse, number])[]) {
  const ids = uses.map(([{ tokenId }]) => tokenId)
  const times = uses.map(([, at]) => new Date(at))
  return Prisma.sql`
    UPDATE tokens SET last_used_at = used.at, first_used_at = coalesce(tokens.first_used_at, used.at)
    FROM unnest(${ids}::integer[], ${times}::timestamptz[]) AS used(id, at)
    WHERE tokens.id = used.id
      AND (tokens.last_used_at IS NULL OR tokens.last_used_at <= used.at - ${Prisma.raw(`interval '${resolution} milliseconds'`)})`
}
