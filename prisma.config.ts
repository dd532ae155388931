import { defineConfig } from 'prisma/config'

// Prisma fetches its schema engine binary before every command, even before those that never run it.
// Naming a file that exists keeps these three off the network; `prisma migrate` and `prisma studio` are left alone.
if (process.argv.some((argument) => ['generate', 'validate', 'format'].includes(argument))) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
}

export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'src/db/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
