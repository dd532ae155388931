/** What of a request a proof of possession speaks of (RFC 9449, section 4.2). */
import type { ProvenRequest } from '../auth/proof.ts'
import type { HttpRequest } from './message.ts'

/** Whether the credential is one that comes with a proof. */
export function isDpop(authorization: string | null): boolean {
  return authorization !== null && /^DPoP /i.test(authorization)
}

/** The request, as its proof must be about it. */
export function provenOf(request: HttpRequest): ProvenRequest {
  return { proof: request.header('dpop'), method: request.method, path: request.path }
}
