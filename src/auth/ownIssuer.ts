/** The gateway as an issuer whose JWTs it takes itself, beside the identity provider's. */
import { decodeJwt } from 'jose'
import type { TrustedIssuer } from './authenticate.ts'
import { createJwtVerifier } from './jwt.ts'
import type { ClaimNames } from './principal.ts'
import type { Signer } from './signer.ts'
import { longestLifetime } from './signingKeys.ts'

export interface OwnIssuer extends TrustedIssuer {
  /** Whether the JWT says that it is by the gateway. Nothing of it is verified. */
  isIssuerOf(jwt: string): boolean
}

interface OwnIssuerOptions {
  readonly signer: Pick<Signer, 'resolve'>
  /** The `iss` of its JWTs: where clients reach it. */
  readonly issuer: () => string
  readonly audience: string
  /** What the claims are called that it shares with the identity provider. */
  readonly claimNames: ClaimNames
  readonly clock: () => Date
}

/** What verifies the gateway's own JWTs: by its own keys alone, which verify nobody else's. */
export function createOwnIssuer({ signer, issuer, audience, claimNames, clock }: OwnIssuerOptions): OwnIssuer {
  const rules = {
    get issuer() {
      return issuer()
    },
    audience,
    type: 'at+jwt',
    maxAge: longestLifetime,
    clock,
  } as const
  return {
    verify: createJwtVerifier(signer, rules),
    // Whatever the provider has its scopes in may mean something else here, as `roles` does.
    claimNames: { ...claimNames, scopes: ['scope'] },
    isIssuerOf(jwt) {
      try {
        return decodeJwt(jwt).iss === issuer()
      } catch {
        return false
      }
    },
  }
}
