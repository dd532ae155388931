/** A database of its own for a test file: embedded, or on the server of DATABASE_URL. */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { inject } from 'vitest'
import { openEmbedded } from '../../src/db/embedded.ts'
import { connected, onServer } from './globalSetup.ts'

export interface TestDatabase {
  readonly kind: 'embedded' | 'server'
  /** The embedded database takes one connection at a time. */
  readonly connection: pg.ClientConfig
  close(): Promise<void>
}

/**
 * An empty database; with `migrated` one with the tables, with `demo` one with the demo data in them. With the locale C one
 * that knows no letters beyond ASCII, and is empty; the embedded database has but one locale, which sorts as C does. On a
 * server, `made` is what CREATE DATABASE is told of an empty one.
 */
export async function createTestDatabase(
  state: { readonly migrated?: boolean; readonly demo?: boolean; readonly locale?: 'C'; readonly made?: string } = {},
): Promise<TestDatabase> {
  const { server, migrated, demo } = inject('templates')
  const withTables = state.migrated ? migrated : undefined
  const made = state.locale === 'C' ? "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" : state.made
  const empty = server === null || made === undefined ? undefined : `template0 ${made}`
  const template = state.demo ? demo : (withTables ?? empty)
  return server === null ? embeddedFrom(template) : serverFrom(server, template)
}

async function embeddedFrom(dump: string | undefined): Promise<TestDatabase> {
  const { connection, close } = await openEmbedded(dump === undefined ? {} : { dump })
  return { kind: 'embedded', connection, close }
}

async function serverFrom(server: string, template: string | undefined): Promise<TestDatabase> {
  const name = `iam_graph_test_${process.pid}_${randomBytes(6).toString('hex')}`
  await connected({ connectionString: server }, (client) =>
    client.query(`CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`),
  )
  return {
    kind: 'server',
    connection: { connectionString: onServer(server, name) },
    async close() {
      await connected({ connectionString: server }, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      )
    },
  }
}
