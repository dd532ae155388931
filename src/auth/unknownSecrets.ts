/** Secrets that no API token had a moment ago, so that who comes with the same one again and again costs no statement each time. */
import { LRUCache } from 'lru-cache'

/**
 * Milliseconds for which that is remembered. A token that is issued meanwhile has a secret that nobody can have tried; one that an
 * import brings, or a restored backup, works after so long at the latest.
 */
const remembered = 5_000
const mostSecrets = 10_000

export interface UnknownSecrets {
  /** Whether there was no such token a moment ago in the organization; null: in any. */
  has(secretHash: Uint8Array, organizationId?: string | null): boolean
  /** There is none. */
  add(secretHash: Uint8Array, organizationId?: string | null): void
}

/** Milliseconds come from a clock that can't be set. */
export function createUnknownSecrets(monotonic: () => number): UnknownSecrets {
  /** By the hash, until when: the secrets themselves are not kept. */
  const unknown = new LRUCache<string, number>({ max: mostSecrets })
  return {
    has: (...secret) => monotonic() < (unknown.get(nameOf(...secret)) ?? Number.NEGATIVE_INFINITY),
    add: (...secret) => void unknown.set(nameOf(...secret), monotonic() + remembered),
  }
}

function nameOf(secretHash: Uint8Array, organizationId: string | null = null): string {
  return `${Buffer.from(secretHash).toString('latin1')}${organizationId}`
}
