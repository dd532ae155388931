/** What the gateway needs of a database before it touches it. */
import type pg from 'pg'
import { StartupError } from '../errors.ts'

/** The first version with everything that the migrations use. */
const oldestServer = 15

/** What a database is that meets the requirements. C.UTF-8 is on every system that has UTF-8 locales at all. */
const remedy = 'make one with "createdb -T template0 -E UTF8 --locale=C.UTF-8 NAME"'

interface Found {
  readonly major: number
  readonly encoding: string
  readonly collation: boolean
  /** How the database's own locale writes I in lower case. */
  readonly lower: string
}

/**
 * Throws StartupError where the server is too old, and where the database can't keep or compare names as the gateway
 * does: it stores any text, sorts and folds by `und-x-icu`, and finds texts by trigrams, which PostgreSQL takes from
 * letters in the lower case of the database's locale. That is ICU's lower case in all locales but those whose I
 * without a dot is a letter of its own: there the index would miss rows that the condition matches.
 */
export async function requireFit(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Found>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major, getdatabaseencoding()::text AS encoding,
      lower('I') AS lower, EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu'
        AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))) AS collation`,
  )
  const problem = rows[0] && problemOf(rows[0])
  if (problem !== undefined) throw new StartupError(problem)
}

function problemOf({ major, encoding, collation, lower }: Found): string | undefined {
  if (major < oldestServer) return `Expected PostgreSQL ${oldestServer} or later, found ${major}`
  if (encoding !== 'UTF8') return `Expected a database with the encoding UTF8, found ${encoding}: ${remedy}`
  if (!collation) {
    return 'Expected the collation und-x-icu in the database, found none: use a server that was built with ICU, or call pg_import_system_collations'
  }
  if (lower !== 'i') {
    return `Expected a database whose locale has i as the lower case of I, found ${JSON.stringify(lower)}: ${remedy}`
  }
  return undefined
}
