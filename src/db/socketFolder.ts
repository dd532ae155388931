/** The folder of the embedded database's socket: one for each start, in the system's folder for temporary files. */
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownMark, runningProcess } from './processMark.ts'

const prefix = 'iam-graph-'
/** What `mkdtemp` adds. */
const named = new RegExp(`^${prefix}[A-Za-z0-9]{6}$`)
const markFile = 'owner.pid'

/** The host stands with it: to another container that shares the folder, our process ids say nothing. */
const fullMark = () => `${ownMark().trim()} ${hostname()}\n`

/**
 * Makes a folder that is closed to other users, because the embedded server asks for no password, and removes those
 * that killed processes have left behind.
 */
export async function createSocketFolder(parent = tmpdir()): Promise<string> {
  await removeAbandoned(parent)
  const folder = await mkdtemp(join(parent, prefix))
  await writeFile(join(folder, markFile), fullMark(), { mode: 0o600 })
  return folder
}

/** What can't be read or removed is left where it is: it holds nothing up. */
async function removeAbandoned(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  const folders = names.filter((name) => named.test(name)).map((name) => join(parent, name))
  await Promise.all(
    folders.map(async (folder) => {
      if (await isAbandoned(folder).catch(() => false))
        await rm(folder, { recursive: true, force: true }).catch(() => {})
    }),
  )
}

/** Whether it is this user's, and of a process that ran here and is gone. A folder without a mark is somebody else's. */
async function isAbandoned(folder: string): Promise<boolean> {
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) return false
  const [pid, started, host] = (await readFile(join(folder, markFile), 'utf8')).trim().split(' ')
  return host === hostname() && runningProcess(`${pid} ${started}\n`) === undefined
}
