/** How an endpoint of OAuth answers behind the entrance, as an operation of the graph is by `core`. */
import type { ProvenRequest } from '../auth/proof.ts'
import type { Context } from '../context.ts'
import type { Arrival, Entered, Entrance, Outcome } from '../entrance.ts'
import { type Client, failed } from './client.ts'
import type { Form } from './form.ts'

/** A request to an endpoint, once it has been read. */
export interface Asked {
  readonly form: Form
  readonly client: Client
  /** Its authorization is that of the HTTP request, which the client's takes the place of. */
  readonly arrival: Arrival
  /** What a proof of possession speaks of that came with it, whatever its credential. */
  readonly proven: ProvenRequest
}

/** Answers a request. Rejects with an OAuthError for one that can't be read; what else goes wrong is part of the outcome. */
export type Operation = (asked: Asked) => Promise<Outcome<object>>

const nothingRead = new Map()

/** Lets a client in that has authenticated itself, and does the work. Never rejects. */
export async function enterAsClient(
  entrance: Entrance,
  { client, arrival }: Asked,
  work: (entered: Entered) => Promise<object>,
): Promise<Outcome<object>> {
  const authorization = client.kind === 'none' ? null : client.authorization
  const outcome = await entrance.enter({ ...arrival, authorization }, async (entered) => {
    if (client.kind !== 'secret' || entered.principal.tokenId === client.tokenId) return work(entered)
    return entered.within({ members: nothingRead, changes: false }, (context) => refuseAsAnother(client, context))
  })
  if (outcome.executed || client.kind !== 'secret' || outcome.errors[0]?.code !== 'UNAUTHENTICATED') return outcome
  return { ...outcome, errors: [failed(client.byBasic)] }
}

/** A secret that works, with the id of another token or of none: it is refused, and that is on record as where it does not work. */
async function refuseAsAnother(
  { byBasic }: Client & { readonly kind: 'secret' },
  { principal, changes, requestId, now }: Context,
): Promise<never> {
  changes.refusals.note({
    action: 'token.signIn',
    outcome: 'REFUSED',
    reason: 'INVALID_CLIENT',
    target: { type: 'Token', id: String(principal.tokenId) },
    organizationId: principal.organizationId,
    by: principal,
    requestId,
    at: now,
  })
  throw failed(byBasic)
}
