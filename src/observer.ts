/**
 * What happens in the gateway, told to one listener: the log is the first. Nothing secret or personal is ever told: no
 * credential, no document, no variable, no name and no mail address.
 */
import type { ErrorCode } from './errors.ts'

/** A request that has been answered, or that its client has left. */
export interface RequestObserved {
  readonly kind: 'request'
  readonly requestId: string
  readonly method: string
  /** The path without the query string, which may hold a document. */
  readonly path: string
  /** The HTTP status; null where the client went away before there was one. */
  readonly status: number | null
  /** The code of the first error, whether anything was executed or not; null where there was none. */
  readonly code: ErrorCode | null
  /** Milliseconds. */
  readonly duration: number
  /** SQL statements that the request took. */
  readonly statements: number
  /** Null where the request came to none. */
  readonly operation: ObservedOperation | null
  /** Null where no credential was accepted. */
  readonly principal: ObservedPrincipal | null
}

/** What a request has taken so far. It counts while the request runs. */
export interface Tally {
  statements: number
}

export interface ObservedPrincipal {
  /** The JWT's `sub`; the beginning of its SHA-256 where it looks like a mail address. */
  readonly subject: string
  readonly organizationId: string | null
}

export interface ObservedOperation {
  readonly type: 'query' | 'mutation' | 'subscription'
  readonly name: string | null
  /** The first 16 hexadecimal digits of the SHA-256 of the document: the same documents have the same one. */
  readonly hash: string
}

/** A credential that was refused: what was expected, never what came, and what to do where the gateway lacks something. */
export interface CredentialRefused {
  readonly kind: 'credentialRefused'
  readonly requestId: string
  readonly reason: string
}

/** An error that clients do not see. */
export interface UnexpectedError {
  readonly kind: 'unexpected'
  readonly requestId: string
  readonly error: unknown
}

/** A statement that has been answered. Its text has places for its values, which are not told. */
export interface StatementObserved {
  readonly kind: 'statement'
  readonly text: string
  /** Milliseconds. */
  readonly duration: number
}

/** The database can be used from now on, or can't, or is short of something that it needs: told once for each change. */
export interface DatabaseState {
  readonly kind: 'database'
  readonly state: 'reachable' | 'unreachable' | 'readOnly' | 'impaired'
  /** Why it can't be used, and what to do; null where it can. */
  readonly reason: string | null
}

/** The key set is fresh, is old but still used, or is too old to be used: told once for each change. */
export interface KeySetState {
  readonly kind: 'keySet'
  readonly state: 'fresh' | 'stale' | 'unavailable'
  /** Why it could not be loaded, and what to do; null where it was. */
  readonly reason: string | null
}

/** The gateway's own signing keys could be read, or can't any more and the last ones are used on: told once for each change. */
export interface SigningKeysState {
  readonly kind: 'signingKeys'
  readonly state: 'fresh' | 'stale'
  /** Why they can't be read; null where they can. */
  readonly reason: string | null
}

/** The start of the gateway waits for something for longer than it should. */
export interface StartWaits {
  readonly kind: 'startWaits'
  readonly what: string
}

/** The role of the gateway owns the audit trail, or could change it otherwise: told at the start, in production. */
export interface TrailIsOpen {
  readonly kind: 'trailIsOpen'
}

/** Refusals that could not be kept until they were written: the audit trail lacks them. */
export interface RefusalsLost {
  readonly kind: 'refusalsLost'
  readonly count: number
}

/** An API token that is in use ends soon: told once for each distance, by one of the gateways of a database. */
export interface TokenExpiring {
  readonly kind: 'tokenExpiring'
  readonly tokenId: string
  readonly organizationId: string
  /** So many days are left at most. */
  readonly days: number
  /** An instant as RFC 3339 writes it. */
  readonly endsAt: string
  /** Whether its time is over then, or it stops where nobody uses it until then. */
  readonly because: 'EXPIRED' | 'UNUSED'
}

export type Observation =
  | RequestObserved
  | CredentialRefused
  | UnexpectedError
  | StatementObserved
  | DatabaseState
  | KeySetState
  | SigningKeysState
  | StartWaits
  | TrailIsOpen
  | RefusalsLost
  | TokenExpiring

/** Is told of everything, on the request's path: it returns at once and throws nothing. */
export type Observer = (observation: Observation) => void

/** The same observer, whose own failures reach nobody: what it is told of goes on. */
export function unfailing(observe: Observer): Observer {
  return (observation) => {
    try {
      // A function that returns a promise is an Observer, too.
      const told: unknown = observe(observation)
      if (told instanceof Promise) told.catch(() => {})
    } catch {}
  }
}
