/** Files that other processes see whole or not at all. */
import { randomUUID } from 'node:crypto'
import { link, rm, writeFile } from 'node:fs/promises'

/** Makes the file, for this user only; false where there is one already. Of several processes one succeeds. */
export async function createWholeFile(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, content, { flag: 'wx', mode: 0o600 })
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}
