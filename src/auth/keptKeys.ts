/** Where signing keys are kept, and how they get there: a file, which may change while gateways run, or a setting. */
import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDataFolder } from '../dataFolder.ts'
import { StartupError } from '../errors.ts'
import { createWholeFile } from '../wholeFile.ts'
import {
  formatSigningKeys,
  makeSigningKey,
  NoSigningKeys,
  NotRotated,
  readSigningKeys,
  type SigningKey,
  signingKeysText,
} from './signingKeys.ts'

export type KeptKeys =
  | { readonly kind: 'file'; readonly path: string; readonly setting: 'SIGNING_KEYS_FILE' | 'DATA_DIR' }
  | { readonly kind: 'text'; readonly text: string }

/** Where the keys of a gateway for development are: in its data folder. */
export function keptInFolder(folder: string): KeptKeys & { readonly kind: 'file' } {
  return { kind: 'file', path: join(folder, 'signing-keys.json'), setting: 'DATA_DIR' }
}

/** What is kept, as it was written. Rejects as the file system does. */
export function readKept(kept: KeptKeys): Promise<string> {
  return kept.kind === 'text' ? Promise.resolve(kept.text) : readFile(kept.path, 'utf8')
}

/** Why keys can't be read, in words that repeat nothing of them. */
export function reasonOf(error: unknown): string {
  if (error instanceof NoSigningKeys) return error.message
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? 'they are no keys' : `the file can't be read (${code})`
}

/** What ends a start, or a command, that can't do without the keys. */
export function unusableKeys(kept: KeptKeys, error: unknown): StartupError {
  if (kept.kind === 'text') return new StartupError(`SIGNING_KEYS: ${reasonOf(error)}`, 2, error)
  const { setting, path } = kept
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  const reason = isMissing ? 'there is no such file, make it with "npm run keys -- rotate"' : reasonOf(error)
  return new StartupError(`${setting}: expected signing keys in ${path}: ${reason}`, 2, error)
}

/**
 * Changes the keys that are kept. Returns what is to be printed: how those of a file stand then; of a setting, which can't be
 * written, what it is to be set to. Throws StartupError where they can't be read, changed or written.
 */
export async function changeKeptKeys(
  kept: KeptKeys,
  now: Date,
  change: (keys: readonly SigningKey[]) => Promise<readonly SigningKey[]>,
): Promise<string> {
  const before = await readKeptKeys(kept)
  const changed = await change(before).catch((error: unknown) => {
    throw error instanceof NotRotated ? new StartupError(error.message, 1, error) : error
  })
  if (kept.kind === 'text') return formatSigningKeys(changed)
  await writeKeys(kept.path, changed)
  return signingKeysText(changed, now)
}

/** A line for each key that is kept. Throws StartupError. */
export async function listKeptKeys(kept: KeptKeys, now: Date): Promise<string> {
  return signingKeysText(await readKeptKeys(kept), now)
}

/** None where there is no file yet. */
async function readKeptKeys(kept: KeptKeys): Promise<readonly SigningKey[]> {
  try {
    return await readSigningKeys(await readKept(kept))
  } catch (error) {
    if (kept.kind === 'file' && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unusableKeys(kept, error)
  }
}

/** Puts the keys into the place of those of the file, for this user only: who reads it sees all of them, as they were or are. */
async function writeKeys(path: string, keys: readonly SigningKey[]): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, formatSigningKeys(keys), { flag: 'wx', mode: 0o600 })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw unwritable(path, error)
  }
}

/** Makes a key in the data folder where there is none. Of processes that do so at once, one does. Throws StartupError. */
export async function makeKeysInFolder(folder: string, now: Date): Promise<void> {
  await openDataFolder(folder)
  const { path } = keptInFolder(folder)
  try {
    await createWholeFile(path, formatSigningKeys([await makeSigningKey(Math.floor(now.getTime() / 1_000))]))
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, error: unknown): StartupError {
  const { code } = error as NodeJS.ErrnoException
  return new StartupError(`The signing keys can't be written to ${path}: ${code}`, 1, error)
}
