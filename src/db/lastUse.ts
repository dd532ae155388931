/** When API tokens are used: written now and then, beside the requests, so that none waits for it. */
import type { TokenUse } from '../auth/authenticate.ts'
import type { Observer } from '../observer.ts'
import type { Database } from './client.ts'
import { databaseFailure } from './failure.ts'
import { Prisma } from './generated/prisma/client.ts'
import { everything } from './rowSecurity.ts'

/** Milliseconds for which the use of a token that has been written stands for further ones. */
const resolution = 60_000
/** Milliseconds after which it is tried again to write what could not be written. */
const again = 1_000

export interface LastUses {
  /** Takes note of a use, in milliseconds since the epoch, and returns at once. */
  note(use: TokenUse, now: number): void
  /** Writes what is noted, or gives it up where it can't be; nothing is noted after it. */
  close(): Promise<void>
}

/**
 * Writes at once what has not been written for a minute; what comes meanwhile is written together then, and what could not be
 * written is tried again. So the time in the database is a minute old at most, whichever processes a token is used with and
 * whenever they end, and no token is written twice in one.
 */
export function createLastUses({ write }: Pick<Database, 'write'>, observe: Observer): LastUses {
  const unwritten = new Map<TokenUse, number>()
  let writing: Promise<void> | undefined
  let closed = false
  let goOn = () => {}
  const { signal } = new AbortController()

  const writeOnce = async (uses: readonly (readonly [TokenUse, number])[]) => {
    try {
      const written = await write<Written>(updateLastUses(uses), signal, everything)
      const times = new Map(written.map(({ id, lastUsedAt }) => [id, lastUsedAt.getTime()]))
      // Where another process has written one, the minute is counted from there.
      for (const [use, at] of uses) use.writtenAt = times.get(use.tokenId) ?? at
      return true
    } catch (error) {
      if (databaseFailure(error) === undefined) observe({ kind: 'unexpected', requestId: 'lastUse', error })
      for (const [use, at] of uses) unwritten.set(use, Math.max(at, unwritten.get(use) ?? at))
      return false
    }
  }
  const writeAll = async () => {
    while (unwritten.size > 0) {
      const uses = [...unwritten]
      unwritten.clear()
      if (await writeOnce(uses)) continue
      if (closed) return
      await new Promise<void>((resolve) => {
        goOn = resolve
        setTimeout(resolve, again).unref()
      })
    }
  }
  return {
    note(use, now) {
      if (closed || now - use.writtenAt < resolution) return
      use.writtenAt = now
      unwritten.set(use, now)
      writing ??= writeAll().finally(() => {
        writing = undefined
      })
    },
    async close() {
      closed = true
      goOn()
      await writing
    },
  }
}

interface Written {
  readonly id: number
  readonly lastUsedAt: Date
}

/** Answers when each token was used the last time, as far as is known then. */
function updateLastUses(uses: readonly (readonly [TokenUse, number])[]) {
  const ids = uses.map(([{ tokenId }]) => tokenId)
  const times = uses.map(([, at]) => new Date(at))
  return Prisma.sql`
    WITH used AS (
      SELECT id, max(at) AS at FROM unnest(${ids}::integer[], ${times}::timestamptz[]) AS noted(id, at) GROUP BY id
    ), written AS (
      UPDATE tokens SET last_used_at = used.at, first_used_at = coalesce(tokens.first_used_at, used.at)
      FROM used
      WHERE tokens.id = used.id
        AND (tokens.last_used_at IS NULL OR tokens.last_used_at <= used.at - ${Prisma.raw(`interval '${resolution} milliseconds'`)})
      RETURNING tokens.id, tokens.last_used_at
    )
    SELECT tokens.id, coalesce(written.last_used_at, tokens.last_used_at) AS "lastUsedAt"
    FROM used JOIN tokens ON tokens.id = used.id LEFT JOIN written ON written.id = tokens.id
    WHERE coalesce(written.last_used_at, tokens.last_used_at) IS NOT NULL`
}
