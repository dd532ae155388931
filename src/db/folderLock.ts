/** One process at a time in a data folder, by a file with its process id, as PostgreSQL's own postmaster.pid does. */
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../errors.ts'

/**
 * Takes the folder for this process, making it where it is missing, and returns what frees it again.
 * A file left behind by a process that is gone is taken over. Throws StartupError where another process holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw new StartupError(`The data folder ${folder} can't be made: ${cause.code}`, 1, cause)
  })
  const path = join(folder, 'lock.pid')
  for (;;) {
    const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined
      throw new StartupError(`The data folder ${folder} can't be written to: ${error.code}`, 1, error)
    })
    if (file !== undefined) {
      await file.writeFile(`${process.pid}\n`)
      await file.close()
      return () => rm(path, { force: true })
    }
    const holder = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
    if (isRunning(holder)) {
      throw new StartupError(
        `The data folder ${folder} is in use by process ${holder}: stop it, or set DATA_DIR to another folder ` +
          `(if that process is no gateway, remove ${path})`,
      )
    }
    await rm(path, { force: true })
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
