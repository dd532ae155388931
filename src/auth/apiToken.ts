/**
 * The secret of an API token: `iamt_`, 43 base62 characters (256 random bits) and 6 base62 characters of CRC-32 over
 * what stands before them. Scanners can spot one, and a mistyped one never reaches the database. No I/O here.
 */
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { secretPrefix as prefix } from '../withoutSecrets.ts'

const bodyLength = 43
const checksumLength = 6
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const pattern = new RegExp(`^${prefix}[0-9A-Za-z]{${bodyLength + checksumLength}}$`)

/** A new secret with what is stored of it: the hash (SHA-256, 32 bytes) and the hint (its last four characters). */
export interface MintedSecret {
  readonly secret: string
  readonly hash: Uint8Array<ArrayBuffer>
  readonly hint: string
}

/** Makes a secret from 256 bits of the system's random source. */
export function mintSecret(): MintedSecret {
  const secret = formatSecret(randomBytes(32))
  return { secret, hash: hashSecret(secret), hint: secretHint(secret) }
}

/** The secret that 32 random bytes make. */
export function formatSecret(random: Uint8Array): string {
  const body = prefix + base62(BigInt(`0x${Buffer.from(random).toString('hex')}`), bodyLength)
  return body + checksum(body)
}

/** Whether the text begins as a secret does, which no JWT does: those begin with the Base64 of a brace. */
export function isSecretLike(text: string): boolean {
  return text.startsWith(prefix)
}

/** Whether the text has the form of a secret and its checksum holds. It says nothing about whether a token has it. */
export function isWellFormedSecret(text: string): boolean {
  if (!pattern.test(text)) return false
  return checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
}

/** What is stored in place of a secret. 256 random bits need no slow hash: there is nothing to guess. */
export function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}

/** The last four characters, for telling tokens apart. They belong to the checksum, so they give nothing away. */
export function secretHint(secret: string): string {
  return secret.slice(-4)
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength)
}

function base62(value: bigint, length: number): string {
  let rest = value
  let text = ''
  while (text.length < length) {
    text = alphabet[Number(rest % 62n)] + text
    rest /= 62n
  }
  return text
}
