/**
 * What every request goes through, whatever it asks: its credential, its deadline, and what becomes of what it fails by. It
 * knows nothing of HTTP; every adapter comes through here, so that no rule holds on one way only.
 */
import { type Authenticate, type RefusedToken, TokenRefused } from './auth/authenticate.ts'
import { nobody, type Principal } from './auth/principal.ts'
import type { ProvenRequest } from './auth/proof.ts'
import type { Context, ContextOptions } from './context.ts'
import { createDeadline } from './deadline.ts'
import { GatewayError } from './errors.ts'
import type { ObservedOperation, Observer, Tally } from './observer.ts'
import { DocumentRefused } from './operation/prepare.ts'
import { expectedFailure, type OnUnexpectedError, unexpected } from './operation/run.ts'

/** What is known of a request before it says what it asks. */
export interface Arrival {
  /** The value of the Authorization header. */
  readonly authorization: string | null
  /** What the proof speaks of that such a credential needs; null where it needs none. */
  readonly proven: ProvenRequest | null
  /** What the credential is shown for, as the audit trail calls it; left out: to sign in with it. */
  readonly purpose?: 'token.exchange'
  readonly requestId: string
  /**
   * Calls the listener when nobody waits for the answer any more, at once where nobody does already, until what it returns
   * is called.
   */
  whenAbandoned(listener: () => void): () => void
}

/** An answer, or why nothing was executed; and how far the request came. */
export type Outcome<Answer> = { readonly trail: Readonly<Trail> } & (
  | { readonly executed: true; readonly answer: Answer }
  | { readonly executed: false; readonly errors: readonly GatewayError[] }
)

/** What is known of a request, as far as it has come. */
export interface Trail {
  /** Null where no credential was accepted. */
  principal: Principal | null
  /** Null where it is no operation of a graph, and where the document was refused. */
  operation: ObservedOperation | null
  readonly tally: Tally
}

/** A request whose credential has been accepted. */
export interface Entered {
  readonly principal: Principal
  readonly trail: Trail
  /** Does the work with a context of its own until the deadline. */
  within<Result>(needs: Needs, work: (context: Context) => Promise<Result>): Promise<Result>
}

export interface Needs extends Pick<ContextOptions, 'members'> {
  /** Whether the work may change something. */
  readonly changes: boolean
}

export interface Entrance {
  /** Never rejects: what the work, or what comes before it, fails by is part of the outcome. */
  enter<Answer>(arrival: Arrival, work: (entered: Entered) => Promise<Answer>): Promise<Outcome<Answer>>
  /** The same for what takes no credential: whoever asks is `nobody`. */
  enterUnknown<Answer>(arrival: Arrival, work: (entered: Entered) => Promise<Answer>): Promise<Outcome<Answer>>
}

export interface EntranceOptions {
  readonly authenticate: Authenticate
  /** Seconds that an operation may run. */
  readonly timeout: number
  readonly createContext: (
    request: Pick<ContextOptions, 'principal' | 'requestId' | 'tally' | 'members' | 'deadline'>,
  ) => Context
  readonly observe: Observer
  /** Called when the credential of an API token is refused that is known. It returns at once. */
  readonly onTokenRefused: (token: RefusedToken, arrival: Pick<Arrival, 'purpose' | 'requestId'>) => void
  readonly onUnexpectedError: OnUnexpectedError
}

export function createEntrance(options: EntranceOptions): Entrance {
  const { authenticate, timeout, createContext, observe, onTokenRefused, onUnexpectedError } = options

  const observing = async (found: Promise<Principal>, arrival: Arrival): Promise<Principal> => {
    const { requestId } = arrival
    try {
      return await found
    } catch (error) {
      if (error instanceof GatewayError && error.extensions.invalidToken === true) {
        const { message, remedy } = error
        const reason = remedy === undefined ? message : `${message}: ${remedy}`
        observe({ kind: 'credentialRefused', requestId, reason })
        if (error instanceof TokenRefused) onTokenRefused(error.token, arrival)
      }
      throw error
    }
  }
  const identified = async (arrival: Arrival, trail: Trail): Promise<Principal> => {
    const found = authenticate(arrival.authorization, trail.tally, arrival.proven)
    const principal = found instanceof Promise ? await observing(found, arrival) : found
    trail.principal = principal
    return principal
  }
  const enteredBy = (principal: Principal, arrival: Arrival, trail: Trail): Entered => ({
    principal,
    trail,
    async within({ members, changes }, asked) {
      const { tally } = trail
      const deadline = createDeadline({ seconds: timeout, changes, client: arrival })
      try {
        return await asked(createContext({ principal, requestId: arrival.requestId, tally, members, deadline }))
      } finally {
        deadline.end()
      }
    },
  })
  const refusals = (error: unknown, requestId: string): readonly GatewayError[] => {
    if (error instanceof DocumentRefused) return error.errors
    if (error instanceof GatewayError) return [error]
    return [expectedFailure(error) ?? unexpected(error, requestId, onUnexpectedError)]
  }
  const outcomeOf = async <Answer>(
    arrival: Arrival,
    answer: (trail: Trail) => Promise<Answer>,
  ): Promise<Outcome<Answer>> => {
    const trail: Trail = { principal: null, operation: null, tally: { statements: 0 } }
    try {
      return { executed: true, answer: await answer(trail), trail }
    } catch (error) {
      return { executed: false, errors: refusals(error, arrival.requestId), trail }
    }
  }
  return {
    enter: (arrival, work) =>
      outcomeOf(arrival, async (trail) => work(enteredBy(await identified(arrival, trail), arrival, trail))),
    enterUnknown: (arrival, work) => outcomeOf(arrival, (trail) => work(enteredBy(nobody, arrival, trail))),
  }
}
