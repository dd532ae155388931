/** The bytes as a value of a statement that takes a text: PostgreSQL's hex format of a bytea. */
export function byteaText(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes).toString('hex')}`
}
