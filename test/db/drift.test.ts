import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrationsFolder } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'
import { missingMigration } from '../support/schemaEngine.ts'

let shadow: TestDatabase
let folder: string
beforeAll(async () => {
  shadow = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
})
beforeEach(() =>
  connected(shadow.connection, (client) => client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')),
)
afterAll(async () => {
  await shadow.close()
  await rm(folder, { recursive: true })
})

/** The SQL that the migrations lack for what schema.prisma would say after the change. */
async function missingAfter(change: (schema: string) => string): Promise<string | null> {
  const schemaPath = join(folder, 'schema.prisma')
  await writeFile(schemaPath, change(await readFile('schema.prisma', 'utf8')))
  return missingMigration({ schemaPath, migrationsDir: migrationsFolder, shadow: shadow.connection })
}

describe('the migrations', () => {
  it('make the database that schema.prisma describes', async () => {
    expect(await missingAfter((schema) => schema)).toBeNull()
  })

  it.each<[string, (schema: string) => string, string]>([
    [
      'a column',
      (schema) => schema.replace('model Organization {', 'model Organization {\n  motto String?'),
      '"motto" TEXT',
    ],
    ['a table', (schema) => `${schema}\nmodel Motto {\n  id Int @id\n}\n`, 'CREATE TABLE "Motto"'],
    ['an enum value', (schema) => schema.replace(/(enum AccessType \{)/, '$1\n  CARRIER_PIGEON'), 'CARRIER_PIGEON'],
  ])('are found to lack %s that is in schema.prisma only, as SQL', async (_title, change, sql) => {
    expect(await missingAfter(change)).toContain(sql)
  })

  it('are found to have a column that is not in schema.prisma', async () => {
    expect(await missingAfter((schema) => schema.replace(/^ +hint .*\n/m, ''))).toContain('DROP COLUMN "hint"')
  })
})
