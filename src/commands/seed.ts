/** The command that fills the database with a large population. */
import { onDatabase } from './onDatabase.ts'

/** Fills it, and prints how many rows that took. Throws StartupError. */
export async function runSeed({ users, large }: { readonly users: number; readonly large?: number }): Promise<void> {
  const [{ bulkSeed }, { fillIfEmpty }, { createProgress }] = await Promise.all([
    import('../../examples/data/bulk/seed.ts'),
    import('../../examples/data/demo/demoData.ts'),
    import('../progress.ts'),
  ])
  const result = await onDatabase(async (client, _, config) => {
    const clock = () => new Date()
    // The demo first: a database that is no longer empty would never be given it.
    if (config.DEMO_DATA) await fillIfEmpty(client, clock())
    return bulkSeed(client, { users, large, now: clock(), onProgress: createProgress(process.stderr) })
  })
  const rate = Math.round(result.rows / Math.max(result.seconds, 0.001))
  process.stdout.write(
    `${result.users} users are there; ${result.rows} rows inserted in ${result.seconds.toFixed(1)} s` +
      `${result.rows > 0 ? ` (${rate} rows a second)` : ''}.\n`,
  )
}
