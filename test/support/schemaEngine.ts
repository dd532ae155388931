/** Prisma's schema engine in its wasm build, so that drift can be found without the engine binary, which is downloaded. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

const charOid = 18
const textOid = 25

/** The SQL that is missing in the migrations for them to give the database of `schemaPath`; null where nothing is. */
export async function missingMigration(options: {
  readonly schemaPath: string
  readonly migrationsDir: string | undefined
  /** An empty database, which the migrations are tried on. */
  readonly shadow: pg.PoolConfig
}): Promise<string | null> {
  const { schemaPath, migrationsDir, shadow } = options
  const content = readFileSync(schemaPath, 'utf8')
  // The engine connects twice at once; the embedded database is used by one connection at a time.
  const pool = new pg.Pool({ ...shadow, max: 1 })
  try {
    const engine = await loadEngine(content, schemaPath, () => connectAdapter(pool))
    const from =
      migrationsDir === undefined ? { tag: 'empty' } : { tag: 'migrations', ...migrationsList(migrationsDir) }
    const result = await engine.diff({
      from,
      to: { tag: 'schemaDatamodel', files: [{ path: schemaPath, content }] },
      script: true,
      shadowDatabaseUrl: null,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    })
    return result.exitCode === 0 ? null : (result.stdout ?? '')
  } finally {
    await pool.end()
  }
}

function migrationsList(baseDir: string) {
  const folders = readdirSync(baseDir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return {
    baseDir,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(baseDir, 'migration_lock.toml'), 'utf8') },
    migrationDirectories: folders
      .map((folder) => folder.name)
      .sort()
      .map((path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok', value: readFileSync(join(baseDir, path, 'migration.sql'), 'utf8') },
        },
      })),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the engine's own interface is internal to Prisma and has no types.
type Untyped = any

/** Instantiated once: the engine's own module keeps what belongs to one instance. */
let instantiated: Promise<void> | undefined

async function instantiate(): Promise<void> {
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'))
  const { WebAssembly } = globalThis as Untyped
  ;(globalThis as Untyped).PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message: (message: string) => {
      throw new Error(message)
    },
  }
  const bytes = readFileSync(join(folder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue })
  ;(glue as Untyped).__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
}

async function loadEngine(content: string, schemaPath: string, connect: () => Promise<Untyped>): Promise<Untyped> {
  instantiated ??= instantiate()
  await instantiated
  const factory = { provider: 'postgres', adapterName: '@prisma/adapter-pg', connect, connectToShadowDb: connect }
  const adapter = bindMigrationAwareSqlAdapterFactory(factory as Untyped)
  return (glue as Untyped).SchemaEngine.new({ datamodels: [[schemaPath, content]] }, () => {}, adapter)
}

/** Prisma's adapter, with what the engine needs beyond it: pg_catalog's "char", and scripts that are sent whole. */
async function connectAdapter(pool: pg.Pool): Promise<Untyped> {
  const adapter: Untyped = await new PrismaPg(pool, { disposeExternalPool: false }).connect()
  const performIO = adapter.performIO.bind(adapter)
  const queryRaw = adapter.queryRaw.bind(adapter)
  const charColumns = new WeakMap<object, number[]>()
  adapter.performIO = async (query: unknown) => {
    const result = await performIO(query)
    const columns: number[] = []
    for (const [index, field] of result.fields.entries()) {
      if (field.dataTypeID !== charOid) continue
      field.dataTypeID = textOid
      columns.push(index)
    }
    charColumns.set(result.rows, columns)
    return result
  }
  adapter.queryRaw = async (query: unknown) => {
    const result = await queryRaw(query)
    for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character
    return result
  }
  adapter.executeScript = async (script: string) => {
    await pool.query(script).catch((error) => {
      throw new DriverAdapterError({ kind: 'postgres', ...error, message: error.message })
    })
  }
  return adapter
}
