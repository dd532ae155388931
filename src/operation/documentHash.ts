/** What a document is told by, however it is laid out. */
import { createHash } from 'node:crypto'
import { type DocumentNode, print } from 'graphql'

const hashes = new WeakMap<DocumentNode, string>()

/**
 * SHA-256, 64 hexadecimal digits, of the document as graphql-js prints it: the same whatever its white space, commas and
 * comments are; another one for anything else, the order of its parts among it.
 */
export function documentHash(document: DocumentNode): string {
  const known = hashes.get(document) ?? createHash('sha256').update(print(document)).digest('hex')
  hashes.set(document, known)
  return known
}
