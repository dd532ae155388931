import { describe, expect, inject, it } from 'vitest'
import { provisionDatabase } from '../../src/db/provision.ts'
import { requireFit } from '../../src/db/requirements.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'

const remedy = 'make one with "createdb -T template0 -E UTF8 --locale=C.UTF-8 NAME"'

async function withDatabase(made: string | undefined, work: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createTestDatabase(made === undefined ? {} : { made })
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

const fits = ({ connection }: TestDatabase) => connected(connection, requireFit)

async function expectRefusal(refused: Promise<unknown>, message: string): Promise<void> {
  await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1, message })
}

describe('a database', () => {
  it('fits as it is made where nothing is said', () => withDatabase(undefined, fits))

  // The embedded database has one encoding and one locale, and takes no other.
  if (inject('templates').server === null) return

  it.each([
    "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
    "ENCODING 'UTF8' LOCALE 'C.UTF-8'",
    "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de'",
  ])('fits with %s', (made) => withDatabase(made, fits))

  it.each(['SQL_ASCII', 'LATIN1', 'EUC_JIS_2004'])('is refused in %s, with the way to another one', (encoding) =>
    withDatabase(`ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`, (database) =>
      expectRefusal(fits(database), `Expected a database with the encoding UTF8, found ${encoding}: ${remedy}`),
    ),
  )

  it('is refused where I has another lower case than the names are compared by', () =>
    withDatabase("ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'tr'", (database) =>
      expectRefusal(
        fits(database),
        `Expected a database whose locale has i as the lower case of I, found "ı": ${remedy}`,
      ),
    ))

  it('is refused without the collation that names are compared by', () =>
    withDatabase(undefined, async (database) => {
      await connected(database.connection, (client) => client.query('DROP COLLATION pg_catalog."und-x-icu"'))
      await expectRefusal(
        fits(database),
        'Expected the collation und-x-icu in the database, found none: use a server that was built with ICU, or call pg_import_system_collations',
      )
    }))

  it('that does not fit is left as it is', () =>
    withDatabase("ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'", async ({ connection }) => {
      const start = provisionDatabase({
        url: connection.connectionString ?? null,
        folder: '',
        poolSize: 1,
        timeout: 5,
      })
      await expectRefusal(start, `Expected a database with the encoding UTF8, found SQL_ASCII: ${remedy}`)
      const tables = await connected(connection, (client) =>
        client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"),
      )
      expect(tables.rows).toEqual([])
    }))
})
