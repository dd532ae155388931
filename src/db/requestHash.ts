/** What tells whether two requests under one idempotency key ask for the same. */
import { createHash } from 'node:crypto'

/**
 * SHA-256 of what a mutation was asked, 32 bytes. Lists are sets: neither order nor repetition counts, and the order of members
 * does not either. `version` changes with the form of the request, so that no hash of an older form is taken for one of it.
 */
export function requestHash(mutation: string, version: number, asked: object): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    createHash('sha256')
      .update(`${mutation} ${version} ${canonicalJson(asked)}`)
      .digest(),
  )
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(canonicalJson))].sort().join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.sort().join(',')}}`
}
