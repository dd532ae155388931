/** The commands that rotate, remove and list the keys that exchanged JWTs are signed with. */
import { keptKeysOf } from '../assemble.ts'
import { changeKeptKeys, type KeptKeys, listKeptKeys } from '../auth/keptKeys.ts'
import { rotated, type SigningAlgorithm, withoutKey } from '../auth/signingKeys.ts'
import { readConfig } from '../config.ts'
import { StartupError } from '../errors.ts'

interface Rotation {
  readonly lead: number
  readonly algorithm: SigningAlgorithm
}

/** Adds a key, and prints what became of all. Throws StartupError where no file of keys is configured. */
export async function rotateKeys({ lead: seconds, algorithm: alg }: Rotation): Promise<void> {
  const now = new Date()
  process.stdout.write(await changeKeptKeys(keptKeys(), now, (keys) => rotated(keys, { now, lead: seconds, alg })))
}

/** Takes the key away, and prints what became of the others. Throws StartupError where none has the id. */
export async function removeKey(kid: string): Promise<void> {
  const now = new Date()
  process.stdout.write(await changeKeptKeys(keptKeys(), now, (keys) => withoutKey(keys, kid, now)))
}

/** Prints a line for each. Throws StartupError where no file of keys is configured. */
export async function listKeys(): Promise<void> {
  process.stdout.write(await listKeptKeys(keptKeys(), new Date()))
}

function keptKeys(): KeptKeys {
  const kept = keptKeysOf(readConfig(process.env))
  if (kept !== null) return kept
  throw new StartupError('SIGNING_KEYS_FILE: expected the file that the keys are in, or are to be in, received none', 2)
}
