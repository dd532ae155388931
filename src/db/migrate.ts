/**
 * Applies the migrations at start. It keeps Prisma's own books (`_prisma_migrations`, the same checksums and the same
 * advisory lock), so that `prisma migrate` sees what it expects, but needs no engine binary.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { StartupError } from '../errors.ts'
import { type OnWait, withPatience } from './patience.ts'

/** The lock that Prisma's own tooling takes. */
const advisoryLock = 72_707_369

/** Where the gateway's migrations stand. */
export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

interface Migration {
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file, in hex, as Prisma keeps it. */
  readonly checksum: string
}

interface Applied {
  readonly migration_name: string
  readonly checksum: string
  readonly finished_at: Date | null
}

/**
 * Brings the database up to date and returns the names of the migrations that it took, in order; empty where none was
 * missing. Gateways that start at once wait for each other. Each migration is one transaction.
 *
 * Throws StartupError where a migration was edited after it had been applied, was left half applied, fails, or is
 * unknown to this version.
 */
export async function migrate(client: pg.ClientBase, folder = migrationsFolder): Promise<readonly string[]> {
  const migrations = await readMigrations(folder)
  return underLock(client, async () => {
    await client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id varchar(36) PRIMARY KEY,
      checksum varchar(64) NOT NULL,
      finished_at timestamptz,
      migration_name varchar(255) NOT NULL,
      logs text,
      rolled_back_at timestamptz,
      started_at timestamptz NOT NULL DEFAULT now(),
      applied_steps_count integer NOT NULL DEFAULT 0
    )`)
    const { rows } = await client.query<Applied>(
      'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    )
    refuseContradictions(migrations, rows)
    const applied = new Set(rows.map((row) => row.migration_name))
    const missing = migrations.filter((migration) => !applied.has(migration.name))
    for (const migration of missing) await apply(client, migration)
    return missing.map((migration) => migration.name)
  })
}

export interface LockOptions {
  /** Seconds that the lock is waited for. */
  readonly lockTimeout?: number | undefined
  readonly onWait?: OnWait | undefined
}

/**
 * Does the work while no other gateway migrates or fills the database. May be nested. Throws StartupError where the lock
 * does not become free; the client is waiting for it then, and of no use any more.
 */
export async function underLock<T>(
  client: pg.ClientBase,
  work: () => Promise<T>,
  { lockTimeout = 60, onWait }: LockOptions = {},
): Promise<T> {
  await withPatience(client.query('SELECT pg_advisory_lock($1)', [advisoryLock]), {
    what: 'the lock of the migrations, which another session holds',
    atMost: lockTimeout,
    remedy:
      'start again when the gateway, or the "prisma migrate", that has it is done, or end its session ' +
      `(in pg_locks it has the locktype advisory and the objid ${advisoryLock})`,
    onWait,
  })
  try {
    return await work()
  } finally {
    // With a broken connection the lock is gone as well.
    await client.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).catch(() => {})
  }
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

function refuseContradictions(migrations: readonly Migration[], applied: readonly Applied[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of applied) {
    const migration = known.get(row.migration_name)
    if (row.finished_at === null) {
      throw new StartupError(
        `Migration ${row.migration_name} was left half applied: repair the database, then tell it with "npx prisma migrate resolve"`,
      )
    }
    if (migration === undefined) {
      throw new StartupError(
        `The database has migration ${row.migration_name}, which this version does not know: start a newer version`,
      )
    }
    if (migration.checksum !== row.checksum) {
      throw new StartupError(
        `Migration ${row.migration_name} was edited after it had been applied: bring its file back as it was`,
      )
    }
  }
}

async function apply(client: pg.ClientBase, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(migration.sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       VALUES ($1, $2, now(), $3, 1)`,
      [randomUUID(), migration.checksum, migration.name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartupError(`Migration ${migration.name} failed, nothing of it was kept: ${reason}`, 1, error)
  }
}
