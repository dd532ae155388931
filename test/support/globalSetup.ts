/** Makes the databases that each test file starts from: one that is migrated, one with the demo data besides. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { fillDemoData } from '../../examples/data/demo/demoData.ts'
import { openEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { testTime } from './time.ts'

/** Where a test file's database starts: dumps for the embedded database, names of databases on a server. */
export interface Templates {
  readonly server: string | null
  readonly migrated: string
  readonly demo: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    templates: Templates
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.DATABASE_URL
  const { templates, remove } = url ? await templatesOnServer(url) : await embeddedTemplates()
  project.provide('templates', templates)
  return remove
}

async function embeddedTemplates() {
  const folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  const templates = { server: null, migrated: join(folder, 'migrated.tar'), demo: join(folder, 'demo.tar') }
  const embedded = await openEmbedded()
  await connected(embedded.connection, (client) => migrate(client))
  await writeFile(templates.migrated, await embedded.dump())
  await connected(embedded.connection, (client) => fillDemoData(client, testTime))
  await writeFile(templates.demo, await embedded.dump())
  await embedded.close()
  return { templates, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function templatesOnServer(server: string) {
  const name = `iam_graph_test_${process.pid}`
  const templates = { server, migrated: `${name}_migrated`, demo: `${name}_demo` }
  await connected({ connectionString: server }, async (client) => {
    await client.query(`CREATE DATABASE ${templates.migrated}`)
    await connected({ connectionString: onServer(server, templates.migrated) }, (migrated) => migrate(migrated))
    await client.query(`CREATE DATABASE ${templates.demo} TEMPLATE ${templates.migrated}`)
    await connected({ connectionString: onServer(server, templates.demo) }, (demo) => fillDemoData(demo, testTime))
  })
  const remove = () =>
    connected({ connectionString: server }, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${templates.demo} WITH (FORCE)`)
      await client.query(`DROP DATABASE IF EXISTS ${templates.migrated} WITH (FORCE)`)
    })
  return { templates, remove }
}

/** The address of another database on the same server. */
export function onServer(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** Does the work on a connection of its own. */
export async function connected<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
