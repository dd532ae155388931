/** Expected failures are data: thrown where they are found, told to clients as part of the answer. */
import type { Issue } from './auth/allowedScopes.ts'
import type { AuthorSnapshot } from './auth/author.ts'
import { type GuardRail, guardRails } from './auth/guardRails.ts'
import { type ErrorCode, GatewayError } from './errors.ts'

/** A failure that a client is told as data. Thrown where it is found, answered by `expected`. */
export abstract class Failure extends Error {
  abstract readonly code: ErrorCode
  /** The object type it is answered as. */
  abstract readonly typeName: string

  /** What tells more than the code, for the audit trail. */
  detail(): object | undefined {
    return undefined
  }
}

export class InvalidInput extends Failure {
  readonly code = 'BAD_USER_INPUT'
  readonly typeName = 'InvalidInputError'
  readonly fields: readonly Issue[]

  constructor(fields: readonly Issue[]) {
    super(`the input has ${fields.length === 1 ? 'a value that is' : 'values that are'} not allowed`)
    this.fields = fields
  }
}

/** The same for what is not there and for what belongs to another organization. */
export class NotFound extends Failure {
  readonly code = 'NOT_FOUND'
  readonly typeName = 'NotFoundError'
}

/** Somebody has changed what the caller takes to be otherwise. */
export interface LastChange {
  readonly changedAt: Date
  /** Null: nobody on record, such as a service. */
  readonly changedBy: AuthorSnapshot | null
}

export class Conflict extends Failure {
  readonly code = 'CONFLICT'
  readonly typeName = 'ConflictError'
  /** Null where it is not about a change by somebody. */
  readonly last: LastChange | null

  constructor(message: string, last: LastChange | null = null) {
    super(message)
    this.last = last
  }
}

/** What nobody may do, whatever scopes they have. */
export class GuardRailHit extends Failure {
  readonly code = 'GUARD_RAIL'
  readonly typeName = 'GuardRailError'
  readonly rule: GuardRail

  constructor(rule: GuardRail) {
    super(guardRails[rule])
    this.rule = rule
  }

  override detail(): object {
    return { rule: this.rule }
  }
}

/** What is not the caller's own; the same change to it would take further scopes. */
export class Forbidden extends Failure {
  readonly code = 'FORBIDDEN'
  readonly typeName = 'ForbiddenError'
  readonly missingScopes: readonly string[]

  constructor(message: string, missingScopes: readonly string[]) {
    super(message)
    this.missingScopes = missingScopes
  }

  override detail(): object {
    return { missingScopes: this.missingScopes }
  }
}

export class TokenPolicyBroken extends Failure {
  readonly code = 'TOKEN_POLICY'
  readonly typeName = 'TokenPolicyError'
  readonly limit: string

  constructor(limit: string, message: string) {
    super(message)
    this.limit = limit
  }

  override detail(): object {
    return { limit: this.limit }
  }
}

export class ScopeNotGranted extends Failure {
  readonly code = 'SCOPE_NOT_GRANTED'
  readonly typeName = 'ScopeNotGrantedError'
  readonly excess: readonly string[]

  constructor(excess: readonly string[], message = 'the token would carry more than its issuer holds') {
    super(message)
    this.excess = excess
  }

  override detail(): object {
    return { excess: this.excess }
  }
}

/**
 * What the work returns, or the failure that it threw, where it is one of the expected kinds. Where the request's signal is
 * aborted, the work is not begun, and the signal's reason is thrown.
 */
export async function expected<T, Kind extends abstract new (...given: never[]) => Failure>(
  kinds: readonly Kind[],
  { signal }: { readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T | InstanceType<Kind>> {
  signal.throwIfAborted()
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure && kinds.some((kind) => error instanceof kind)) {
      return asData(error) as InstanceType<Kind>
    }
    throw error
  }
}

/** The failure as a value: an Error that a resolver returns is taken for one that it threw. */
function asData<F extends Failure>(failure: F): F {
  return { ...failure, name: failure.name, message: failure.message }
}

/** Collects what is wrong with an input, so that everything is told at once. */
export class InputCheck {
  readonly #issues: Issue[] = []

  add(...issues: readonly Issue[]): void {
    this.#issues.push(...issues)
  }

  /** What `read` returns; undefined where it throws BAD_USER_INPUT, which is then told at the path. */
  read<T>(path: readonly string[], read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'BAD_USER_INPUT') throw error
      this.add({ path, message: error.message })
      return undefined
    }
  }

  /** Throws InvalidInput where something has been found. */
  finish(): void {
    if (this.#issues.length > 0) throw new InvalidInput(this.#issues)
  }
}
