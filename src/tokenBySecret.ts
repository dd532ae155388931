/** API tokens by their secrets, for who asks about them. Nothing secret is compared: the hash of 256 random bits is looked up in an index. */
import { hashSecret, isWellFormedSecret } from './auth/apiToken.ts'
import type { UnknownSecrets } from './auth/unknownSecrets.ts'
import { type Visibility, visibilityColumns } from './auth/visibility.ts'
import { byteaText } from './db/bytea.ts'
import type { Token } from './db/generated/prisma/client.ts'
import { tokens } from './db/tables.ts'
import type { Loaders } from './links/loaders.ts'

interface Asking {
  readonly loaders: Loaders
  readonly visibility: Visibility
  readonly unknownSecrets: UnknownSecrets
}

/**
 * The token that has the secret; null where there is none that the caller sees. A malformed secret never reaches the database, and
 * one that was not found not again and again: the same for one that nobody has and one of another organization.
 */
export async function tokenBySecret(
  secret: string,
  { loaders, visibility, unknownSecrets }: Asking,
): Promise<Token | null> {
  if (!isWellFormedSecret(secret)) return null
  const secretHash = hashSecret(secret)
  const { sees } = visibilityColumns(visibility)
  if (unknownSecrets.has(secretHash, sees)) return null
  const token = await loaders.rowBy(tokens, 'secretHash', byteaText(secretHash))
  if (token === null) unknownSecrets.add(secretHash, sees)
  return token
}
