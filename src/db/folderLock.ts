/** One process at a time in a data folder, by a file with its process id, as PostgreSQL's own postmaster.pid does. */
import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openDataFolder } from '../dataFolder.ts'
import { StartupError } from '../errors.ts'
import { createWholeFile } from '../wholeFile.ts'
import { ownMark, runningProcess } from './processMark.ts'

/**
 * Takes the folder for this process, making it where it is missing, and returns what frees it again.
 * A file left behind by a process that is gone is taken over. Throws StartupError where another process holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await openDataFolder(folder)
  const path = join(folder, 'lock.pid')
  try {
    while (!(await createWholeFile(path, ownMark()))) await removeStale(folder, path)
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError(`The data folder ${folder} can't be locked with ${path}: ${code}`, 1, error)
  }
  return () => rm(path, { force: true })
}

async function removeStale(folder: string, path: string): Promise<void> {
  const mark = await readFile(path, 'utf8').catch(unlessMissing)
  if (mark === undefined) return
  const holder = runningProcess(mark)
  if (holder !== undefined) {
    throw new StartupError(
      `The data folder ${folder} is in use by process ${holder}: stop it, or set DATA_DIR to another folder ` +
        `(if that process is no gateway, remove ${path})`,
    )
  }
  // Renamed before it is removed: another process may have taken it over since it was read, and then gets it back.
  const aside = `${path}.${randomUUID()}`
  if ((await rename(path, aside).then(() => true, unlessMissing)) === undefined) return
  if ((await readFile(aside, 'utf8')) !== mark) await link(aside, path)
  await rm(aside, { force: true })
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
