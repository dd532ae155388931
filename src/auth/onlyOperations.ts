/** Tokens that are bound to documents: stolen, they can run nothing else. */
import type { Principal } from './principal.ts'

/** What a token with these hashes of documents may run: nothing else; null, where it has none: anything. */
export function onlyOperationsOf(hashes: readonly string[]): Principal['onlyOperations'] {
  return hashes.length === 0 ? null : new Set(hashes)
}

/** Whether the caller may run a document. Its hash is asked for only where the caller is bound. */
export function mayRun({ onlyOperations }: Pick<Principal, 'onlyOperations'>, hashOf: () => string): boolean {
  return onlyOperations === null || onlyOperations.has(hashOf())
}
