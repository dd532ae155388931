/** The gateway as an issuer whose JWTs it takes itself, beside the identity provider's. */
import { decodeJwt } from 'jose'
import type { TrustedIssuer } from './authenticate.ts'
import { createJwtVerifier, type JwtRules, type JwtVerifier } from './jwt.ts'
import type { ClaimNames } from './principal.ts'
import type { Signer } from './signer.ts'
import { longestLifetime } from './signingKeys.ts'

export interface OwnIssuer extends TrustedIssuer {
  /** Whether the JWT says that it is by the gateway. Nothing of it is verified. */
  isIssuerOf(jwt: string): boolean
}

interface OwnVerifierOptions {
  readonly signer: Pick<Signer, 'resolve'>
  /** The `iss` of its JWTs: where clients reach it. */
  readonly issuer: () => string
  /** The `aud`; null: any. */
  readonly audience: JwtRules['audience']
  readonly clock: () => Date
}

interface OwnIssuerOptions extends OwnVerifierOptions {
  /** What the claims are called that it shares with the identity provider. */
  readonly claimNames: ClaimNames
}

/** Verifies the gateway's own JWTs: by its own keys alone, which verify nobody else's. None is older than they live at most. */
export function createOwnVerifier({ signer, issuer, audience, clock }: OwnVerifierOptions): JwtVerifier {
  return createJwtVerifier(signer, {
    get issuer() {
      return issuer()
    },
    audience,
    type: 'at+jwt',
    maxAge: longestLifetime,
    clock,
  })
}

/** The issuer that such JWTs are by. */
export function createOwnIssuer({ claimNames, ...options }: OwnIssuerOptions): OwnIssuer {
  return {
    verify: createOwnVerifier(options),
    // Whatever the provider has its scopes in may mean something else here, as `roles` does.
    claimNames: { ...claimNames, scopes: ['scope'] },
    isIssuerOf(jwt) {
      try {
        return decodeJwt(jwt).iss === options.issuer()
      } catch {
        return false
      }
    },
  }
}
