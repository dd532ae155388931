/** The data folder: the keys for development and the embedded database, none of which other users may see. */
import type { Stats } from 'node:fs'
import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { StartupError } from './errors.ts'

/** What the gateway puts into it, and what a file system of its own has by itself. */
const expectedIn = /^((development-key\.jwk|signing-keys\.json|lock\.pid)(\..+)?|postgres|lost\+found)$/

/**
 * Makes the folder where it is missing, closed to other users, and closes one that is open to them. Throws StartupError
 * where it can't be made, and where it is open but not the gateway's alone: somebody else may need it as it is.
 */
export async function openDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const found = await stat(folder)
    // Where there are no user ids, the mode says nothing.
    if (process.getuid === undefined || (found.mode & 0o077) === 0) return
    const owner = await otherOwner(folder, found)
    if (owner !== undefined) throw openToOthers(folder, found, owner)
    await chmod(folder, 0o700)
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError(`The data folder ${folder} can't be made, or closed to other users: ${code}`, 1, error)
  }
}

/** Why the folder is not the gateway's alone; undefined where it is. */
async function otherOwner(folder: string, { uid }: Stats): Promise<string | undefined> {
  if (uid !== process.getuid?.()) return 'belongs to another user'
  const other = (await readdir(folder)).find((name) => !expectedIn.test(name))
  return other === undefined ? undefined : `holds other things (${JSON.stringify(other)})`
}

function openToOthers(folder: string, { mode }: Stats, why: string): StartupError {
  return new StartupError(
    `The data folder ${folder} is open to other users (mode ${(mode & 0o777).toString(8)}) and ${why}: ` +
      'close it with "chmod 700", or set DATA_DIR to a folder of its own',
  )
}
