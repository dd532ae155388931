/** The public keys of the gateway's own JWTs, where resource servers ask for them (RFC 7517, section 5; RFC 8414, section 2). */
import type { Signer } from '../auth/signer.ts'
import { keysMaxAge } from '../auth/signingKeys.ts'
import { refusal } from './answer.ts'
import type { Endpoint } from './handler.ts'
import { checkMethod } from './method.ts'

export const keySetPath = '/.well-known/jwks.json'

/** The endpoint by its path; none where nothing is signed. */
export function createKeySetEndpoint(
  signer: Pick<Signer, 'published'> | null,
): readonly (readonly [string, Endpoint])[] {
  if (signer === null) return []
  const endpoint: Endpoint = {
    async answer({ request }) {
      checkMethod(request, ['GET', 'HEAD'])
      return {
        status: 200,
        headers: { 'content-type': 'application/jwk-set+json', 'cache-control': `public, max-age=${keysMaxAge}` },
        body: JSON.stringify(signer.published()),
      }
    },
    refuse: (error) => refusal([error], 'application/json'),
  }
  return [[keySetPath, endpoint]]
}
