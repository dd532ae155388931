/** A folder with the migrations that were there before another one, for making a database that was written then. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrationsFolder } from '../../src/db/migrate.ts'

export interface EarlierMigrations {
  readonly folder: string
  remove(): Promise<void>
}

export async function migrationsBefore(migration: string): Promise<EarlierMigrations> {
  const folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  const earlier = (await readdir(migrationsFolder)).filter((name) => name < migration)
  await Promise.all(earlier.map((name) => cp(join(migrationsFolder, name), join(folder, name), { recursive: true })))
  return { folder, remove: () => rm(folder, { recursive: true }) }
}
