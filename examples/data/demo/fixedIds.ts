/** What looks random in the demo data, as a function of a label: the same in every database and on every day. */
import { createHash } from 'node:crypto'

/** The 32 bytes that stand for `label`. */
export function fixedBytes(label: string): Uint8Array {
  return createHash('sha256').update(`iam-graph demo ${label}`).digest()
}

/** The UUID that stands for `label`, with the version and variant bits of a version 4 one (RFC 9562, section 5.4). */
export function fixedUuid(label: string): string {
  const bytes = Buffer.from(fixedBytes(label).subarray(0, 16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The whole number from 0 to `below` - 1 that stands for `label`. */
export function fixedNumber(label: string, below: number): number {
  return Buffer.from(fixedBytes(label)).readUInt32BE(0) % below
}
