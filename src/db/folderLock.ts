/** One process at a time in a data folder, by a file with its process id, as PostgreSQL's own postmaster.pid does. */
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
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
    while (!((await createWholeFile(path, ownMark())) || (await takeOver(folder, path))));
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError(`The data folder ${folder} can't be locked with ${path}: ${code}`, 1, error)
  }
  return () => rm(path, { force: true })
}

/**
 * Takes the lock of a process that is gone; false where another process came first, or has let it go meanwhile.
 *
 * No file is removed to make room for the next: between a look at it and its removal it may have become another's. Each
 * mark has one successor instead, a file that one process can make. The last in the line holds the lock, and while it
 * runs nobody else does anything; where it is gone as well, the line goes on behind it.
 */
async function takeOver(folder: string, path: string): Promise<boolean> {
  const first = await readIfThere(path)
  if (first === undefined) return false
  const last = await lastInLine(path, first)
  const holder = runningProcess(last)
  if (holder !== undefined) {
    throw new StartupError(
      `The data folder ${folder} is in use by process ${holder}: stop it, or set DATA_DIR to another folder ` +
        `(if that process is no gateway, remove ${path})`,
    )
  }
  const claim = successorOf(path, last)
  if (!(await createWholeFile(claim, ownMark()))) return false
  // Where the line begins with another by now, the claim stands behind one that had been succeeded before. It never
  // begins with the same one again, because what is gone leaves no mark any more.
  if ((await readIfThere(path)) !== first) {
    await rm(claim, { force: true })
    return false
  }
  await rename(claim, path)
  await removeClaims(folder)
  return true
}

/** The mark at the end of the line that begins with this one. */
async function lastInLine(path: string, mark: string): Promise<string> {
  const next = await readIfThere(successorOf(path, mark))
  return next === undefined ? mark : lastInLine(path, next)
}

const claimName = /^lock\.pid\.after-[0-9a-f]{32}$/

/** Where the process stands that follows the one with the mark. */
export function successorOf(path: string, mark: string): string {
  return `${path}.after-${createHash('sha256').update(mark).digest('hex').slice(0, 32)}`
}

/** Of the line that the lock was taken over from. There can be no other one while this process holds it. */
async function removeClaims(folder: string): Promise<void> {
  const claims = (await readdir(folder)).filter((name) => claimName.test(name))
  await Promise.all(claims.map((name) => rm(join(folder, name), { force: true })))
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}
